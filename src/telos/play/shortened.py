"""Shortened: a script without its comments and indentation, which a page does without."""

#: A comment that begins so stays.
KEPT = "//!"


def shortened(script: str) -> str:
    """The same script without lines that are comments or empty, and without indentation.

    Lines are all it knows: no string and no template literal of the scripts may go on after the end of a
    line, and code never stands before or after a comment of several lines. A test reads both texts by a
    parser of JavaScript and compares the trees.

    Args:
        script: JavaScript. Comments that begin with `//!` stay.

    Example:
        >>> shortened("/** One. */\\nfunction one() {\\n  // what else\\n  return 1; // one\\n}\\n")
        'function one() {\\nreturn 1; // one\\n}\\n'
    """
    kept, inside = [], False
    for line in map(str.strip, script.splitlines()):
        if inside or line.startswith("/*"):
            inside = not line.endswith("*/")
        elif line and (line.startswith(KEPT) or not line.startswith("//")):
            kept.append(line)
    return "\n".join(kept) + "\n"
