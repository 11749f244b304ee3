"""One way to read a file that somebody else may have made: regular, bounded, or refused in a sentence."""

import errno
import os
import stat
from pathlib import Path

from telos.core.errors import StoreError, TelosError

#: Bytes that a record, a map or another file of words may have at most.
MOST_BYTES = 64 * 2**20


def plain_path(path: Path | str) -> Path:
    """The path, as one that every library takes for that very place: `~` is a name like any other.

    Raises:
        StoreError: if it is not text, since its bytes are not UTF-8, or holds a NUL.
    """
    text = os.fspath(path)
    try:
        text.encode()
    except UnicodeEncodeError:
        raise StoreError(
            f"{path} is a name that is not UTF-8, under which tables cannot be read or written. Rename "
            "it, or name another place."
        ) from None
    if "\0" in text:
        raise StoreError(f"{text!r:.200} holds a NUL, so it names no place. Name another one.")
    plain = Path(path)
    return plain.absolute() if plain.parts and plain.parts[0].startswith("~") else plain


def check_replaceable(path: Path) -> None:
    """Raise OSError if a pipe, a device or a folder is at a path, or behind a link there.

    A file may be replaced, and so may a link to one, or to nothing; a name in `/dev` that were renamed away
    would be missed by everybody.
    """
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError):  # nothing is there; who writes refuses a NUL
        return
    if not stat.S_ISREG(mode):
        number = errno.EISDIR if stat.S_ISDIR(mode) else errno.EEXIST
        raise OSError(number, f"{_what(mode)} is there, which is not replaced", str(path))


def read_file(
    path: Path | str,
    *,
    most: int = MOST_BYTES,
    error: type[TelosError] = StoreError,
    remedy: str = "Name another file.",
    guarded: bool = False,
) -> bytes:
    """The bytes of a regular file of bounded size.

    A pipe, a device, a folder or a socket is refused without being opened for long: nothing that is
    read can make the program wait or fill its memory. Links are followed, for people use them.

    Args:
        path: the file.
        most: how many bytes it may have.
        guarded: whether a link is refused, and a file that its group or everybody may write.
        error: what is raised.
        remedy: how the sentence ends.

    Raises:
        error: naming the path, what is wrong with it, and the remedy.
        FileNotFoundError: if there is nothing at the path; who asks knows what that means.
    """
    try:
        # Opening a pipe without a writer would wait for one.
        flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
        handle = os.open(path, flags | (getattr(os, "O_NOFOLLOW", 0) if guarded else 0))
    except (FileNotFoundError, NotADirectoryError):
        raise FileNotFoundError(str(path)) from None
    except ValueError:  # a NUL in the path
        raise error(f"{str(path)!r:.200} names no file. {remedy}") from None
    except OSError as problem:
        if guarded and problem.errno == errno.ELOOP:
            raise error(f"{path} is a link, which is not followed here. {remedy}") from None
        raise error(f"{path} cannot be read ({problem.strerror}). {remedy}") from None
    pieces, left = [], most + 1
    try:
        found = os.fstat(handle)
        if not stat.S_ISREG(found.st_mode):
            raise error(f"{path} is {_what(found.st_mode)}, not a file. {remedy}")
        if guarded and open_to_others(found):
            raise error(f"{path} can be written by others (chmod go-w {path}). {remedy}")
        if found.st_size > most:
            raise error(
                f"{path} has {found.st_size:,} bytes; at most {most:,} are read here. {remedy}"
            )
        # A file may grow while it is read, so what was announced is not believed. As a rule it is one piece:
        # several are in memory twice while they are joined.
        while left > 0 and (piece := os.read(handle, min(left, max(found.st_size + 1, 2**20)))):
            pieces.append(piece)
            left -= len(piece)
    except OSError as problem:
        if isinstance(problem, error):
            raise
        raise error(f"{path} cannot be read ({problem.strerror}). {remedy}") from None
    finally:
        os.close(handle)
    if left <= 0:
        raise error(f"{path} has more than the {most:,} bytes that are read here. {remedy}")
    return b"".join(pieces)


def open_to_others(found: os.stat_result) -> bool:
    """Whether anybody but its owner can write to what was looked at.

    A group counts, unless it is the private one of a user (of the user's number, with nobody else in it),
    to which many systems let every file of that user be written; that of root is not private.
    """
    if os.name != "posix" or not found.st_mode & 0o022:
        return False
    if found.st_mode & 0o002 or not 0 < found.st_uid == found.st_gid:
        return True
    import grp  # POSIX only
    import pwd

    try:
        others = set(grp.getgrgid(found.st_gid).gr_mem)
        return not others <= {pwd.getpwuid(found.st_uid).pw_name}
    except KeyError:
        return True


def _what(mode: int) -> str:
    kinds = (
        (stat.S_ISDIR, "a folder"),
        (stat.S_ISFIFO, "a pipe"),
        (stat.S_ISSOCK, "a socket"),
        (stat.S_ISCHR, "a device"),
        (stat.S_ISBLK, "a device"),
    )
    return next((name for is_kind, name in kinds if is_kind(mode)), "something else")
