"""Text that came from elsewhere, made safe to print or to store in a table: nothing in it acts."""

import unicodedata

#: Letters of a name that tables keep; an illustration has room for twice as many.
LONGEST = 10_000
#: How a cell begins that a spreadsheet takes for a formula.
FORMULA = (
    "=",
    "+",
    "-",
    "@",
    "\t",
    "\r",
    "\n",
    "\N{FULLWIDTH EQUALS SIGN}",
    "\N{FULLWIDTH PLUS SIGN}",
    "\N{FULLWIDTH HYPHEN-MINUS}",
    "\N{FULLWIDTH COMMERCIAL AT}",
)


def printable(text: object, keep: str = "\n\t") -> str:
    r"""The text with every control character written out, so that no terminal obeys it.

    Written out are the categories Cc (escape, bell, backspace, carriage return ...), Cf (direction
    overrides, zero-width characters), Cs (lone surrogates), Zl and Zp.

    Args:
        text: anything; `str` of it is taken.
        keep: control characters that may stay.

    Example:
        >>> printable("\x1b[31mred\u202e")
        '\\x1b[31mred\\u202e'
    """
    return "".join(
        c
        if c in keep or unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Zl", "Zp")
        else c.encode("unicode_escape", "surrogatepass").decode("ascii")
        for c in str(text)
    )


def name_of(thing: object, most: int) -> str:
    """A name that a world's author gave, as text that can be stored: a tuple by its parts.

    Lone surrogates, which no file holds, are written out, and what is longer than `most` is cut. A
    subclass of tuple (a state, say) has a text of its own.

    Example:
        >>> name_of(("clips", 3), 100), name_of("x" * 50, 10)
        ('clips, 3', 'xxxxxxxxx…')
    """
    text = ", ".join(map(str, thing)) if type(thing) is tuple else str(thing)
    if len(text) > most:
        text = f"{text[: most - 1]}…"
    return text.encode("utf-8", "backslashreplace").decode()


def cell(value: object) -> object:
    """A cell of a CSV file: a text that a spreadsheet would take for a formula gets a ' in front.

    A text that already begins with ' gets another, so that `uncell` finds the text again.

    Example:
        >>> cell("=1+1"), cell(-1.5), uncell(cell("'=1"))
        ("'=1+1", -1.5, "'=1")
    """
    if isinstance(value, str) and value.startswith((*FORMULA, "'")):
        return f"'{value}"
    return value


def uncell(value: object) -> object:
    """The text that `cell` was given."""
    return value[1:] if isinstance(value, str) and value.startswith("'") else value
