"""How a value is written in a message: on one line, and shortened where it is long."""

from telos.core.text import printable

#: A longer value is not read by anybody; its beginning tells which one it is.
MOST_SHOWN = 100


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
