"""How a value is written in a message: on one line, and shortened where it is long."""

from telos.core.text import printable

#: A longer value is not read by anybody; its beginning tells which one it is.
MOST_SHOWN = 100


#: Letters of the message of somebody else's error.
MOST_TOLD = 500


def told(problem: BaseException) -> str:
    """Kind and message of an error that somebody else's code raised, on one line; its text may raise too.

    Example:
        >>> told(ValueError("no rooms"))
        'ValueError: no rooms'
    """
    try:
        text = printable(" ".join(str(problem).split()), keep="").rstrip(".")
    except Exception:  # noqa: BLE001 - see above
        text = "its message cannot be shown"
    if len(text) > MOST_TOLD:
        text = f"{text[:MOST_TOLD]}… ({len(text):,} characters)"
    return f"{type(problem).__name__}: {text or 'it gives no reason'}"


def shown(value: object, most: int = MOST_SHOWN) -> str:
    """The `repr` of a value, without control characters, cut after `most` characters.

    Args:
        value: anything. most: characters kept.

    Example:
        >>> shown(("hall", 3)), shown(b"x" * 5000, most=12)
        ("('hall', 3)", "b'xxxxxxxxxx… (5,000 bytes)")
    """
    if isinstance(value, bytes | bytearray) and len(value) > most:
        return f"{printable(repr(value[:most]), keep='')[:most]}… ({len(value):,} bytes)"
    try:
        text = printable(repr(value), keep="")
    except Exception as problem:  # noqa: BLE001 - somebody else's repr may raise anything
        text = f"<{type(value).__name__}, whose repr raises {type(problem).__name__}>"
    return text if len(text) <= most else f"{text[:most]}… ({len(text):,} characters)"
