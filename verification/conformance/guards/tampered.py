"""A hash-chained log of JSON lines as somebody who can write the file would leave it."""

import hashlib
import json


def linked(lines: list[bytes], start: int = 1) -> list[bytes]:
    """The lines with their numbers and hashes put right from one on, as a careful forger would."""
    done = lines[:start]
    for number, line in enumerate(lines[start:], start):
        said = json.loads(line)
        said["n"], said["prev"] = number, hashlib.sha256(done[-1]).hexdigest()
        done.append(json.dumps(said, separators=(",", ":")).encode())
    return done


def tampered(data: bytes, how: str, other: bytes) -> bytes:
    """The log after one of the changes that the cases name; `other` is another lineage's log."""
    lines = data.splitlines()
    middle = len(lines) // 2
    denial = next((i for i, line in enumerate(lines) if b'"deny"' in line), middle)
    changed = {
        "none": lambda: lines,
        "whole": lambda: lines,
        "flip": lambda: [*lines[:middle], _flipped(lines[middle]), *lines[middle + 1 :]],
        "verdict": lambda: [line.replace(b'"deny"', b'"allow"') for line in lines],
        "delete": lambda: [*lines[:middle], *lines[middle + 1 :]],
        "delete-first": lambda: lines[1:],
        "delete-denial": lambda: [*lines[:denial], *lines[denial + 1 :]],
        "reorder": lambda: [
            *lines[: middle - 1],
            lines[middle],
            lines[middle - 1],
            *lines[middle + 1 :],
        ],
        "duplicate": lambda: [*lines[: middle + 1], *lines[middle:]],
        "insert": lambda: [
            *linked([*lines[:middle], lines[middle - 1]], middle),
            *lines[middle:],
        ],
        "cut": lambda: lines[:-2],
        "older": lambda: lines[:middle],
        "cut-one": lambda: lines[:-1],
        "empty": list,
        "fork": lambda: linked([*lines[:-2], lines[-1], lines[-1]], len(lines) - 2),
        "rewrite": lambda: linked(
            [lines[0], *(line.replace(b'"money",40', b'"money",4') for line in lines[1:])], 1
        ),
        "other": lambda: other.splitlines(),
        "torn": lambda: lines,
        "rename-field": lambda: [line.replace(b'"verdict"', b'"verdikt"') for line in lines],
    }[how]()
    whole = b"".join(line + b"\n" for line in changed)
    return whole[: -len(changed[-1]) // 2] if how == "torn" else whole


def _flipped(line: bytes) -> bytes:
    """A line with its last digit changed."""
    at = max(i for i, sign in enumerate(line) if chr(sign).isdigit())
    digit = (int(line[at : at + 1]) + 1) % 10
    return line[:at] + str(digit).encode() + line[at + 1 :]
