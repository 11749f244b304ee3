"""Packed: the record of a page as the text that the page holds, small enough for it."""

import base64
import json
import zlib
from itertools import pairwise
from typing import Any

from telos.play.record import Play

#: Lists of fewer numbers stay as they are.
SHORT = 8


def encoded(play: Play) -> str:
    """The data as a page holds them: packed, compressed by zlib, as base64."""
    return base64.b64encode(zlib.compress(packed(play).encode(), 9)).decode()


def packed(play: Play) -> str:
    """The record as JSON that compresses well; `page/unpack.js` makes the record of it again.

    Settings stand field by field, so that equal fields of several worlds lie beside one another. A list of
    integers that compresses better so stands as `{"+": differences}`. Which pair of the first world a pair
    stands for is left out where state and action say it.
    """
    data = play.model_dump(mode="json")
    settings = data["settings"]
    for setting in settings[1:]:
        if setting["base_pair"] == based(settings[0], setting):
            setting["base_pair"] = None
    columns = {key: [_smaller(setting[key]) for setting in settings] for key in settings[0]}
    small = {key: value if key == "settings" else _smaller(value) for key, value in data.items()}
    return json.dumps(
        {"packed": 1, **small, "settings": columns}, separators=(",", ":"), allow_nan=False
    )


def based(first: dict[str, Any], setting: dict[str, Any]) -> list[int]:
    """The pair of the first world with the base state and the action of each pair; -1: there is none."""
    where: dict[tuple[int, int], int] = {}
    at = 0
    for s, count in enumerate(first["pairs"]):
        for pair in range(at, at + count):
            where[s, first["action"][pair]] = pair
        at += count
    found, at = [], 0
    for s, count in zip(setting["base_state"], setting["pairs"], strict=True):
        found += [where.get((s, a), -1) for a in setting["action"][at : at + count]]
        at += count
    return found


def _smaller(value: Any) -> Any:
    """The same data, with each list of integers as its differences where that is smaller."""
    if isinstance(value, dict):
        return {key: _smaller(each) for key, each in value.items()}
    if not isinstance(value, list):
        return value
    if len(value) < SHORT or not all(type(each) is int for each in value):
        return [_smaller(each) for each in value]
    steps = {"+": [value[0], *(after - before for before, after in pairwise(value))]}
    return min(value, steps, key=_weight)


def _weight(value: Any) -> int:
    return len(zlib.compress(json.dumps(value, separators=(",", ":")).encode()))
