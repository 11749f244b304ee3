"""Text that came from elsewhere, made safe to print or to store in a table: nothing in it acts."""

import unicodedata

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
