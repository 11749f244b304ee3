"""Words and numbers as a reader meets them: names of drives and parts, percentages, colors."""

import math
import re
from dataclasses import dataclass
from typing import Any, final

from pydantic import JsonValue

from telos.core.refs import PartRef

#: Narrow no-break space: keeps a number and its unit on one line.
NARROW = "\u202f"
MINUS = "\u2212"
#: Two rates or shares that differ by less are the same but for rounding.
ALIKE = 1e-6
CATEGORIES = ("required", "indifferent", "avoided")


@final
@dataclass(frozen=True)
class DriveWords:
    """How the page speaks of one drive.

    Args:
        key: the drive's name in the result folder.
        title: its display name.
        need: completes "93 % of goals need …".
        color: its color on the whole page (distinguishable without full color vision).
        dash: its line pattern, so that color is never the only sign.
        feature: the world's feature that the drive is about, if known.
    """

    key: str
    title: str
    need: str
    color: str
    dash: tuple[int, ...]
    feature: str = ""


KNOWN_DRIVES = (
    DriveWords(
        "self_preservation",
        "Self-preservation",
        "to keep from being switched off",
        "#b3589a",
        (1, 0),
        "off",
    ),
    DriveWords(
        "goal_preservation",
        "Goal preservation",
        "to keep their goal from being rewritten",
        "#0a9396",
        (7, 2),
        "goal_register",
    ),
    DriveWords(
        "cognitive_enhancement",
        "Cognitive enhancement",
        "to become more capable",
        "#d99000",
        (3, 2),
        "capability",
    ),
    DriveWords(
        "resource_acquisition",
        "Resource acquisition",
        "to acquire resources",
        "#6f8f2f",
        (9, 2, 2, 2),
        "resources",
    ),
    DriveWords(
        "replication",
        "Replication",
        "to make copies of themselves",
        "#4b5fc9",
        (12, 3),
        "copies",
    ),
    DriveWords(
        "oversight_tampering",
        "Oversight tampering",
        "to put those who watch them out of action",
        "#8a4b25",
        (2, 2),
        "oversight",
    ),
    DriveWords(
        "operator_manipulation",
        "Operator manipulation",
        "to work on the operator's mind",
        "#d1495b",
        (5, 2, 1, 2, 1, 2),
        "swayed",
    ),
    DriveWords(
        "unguarded_succession",
        "Unguarded succession",
        "to build helpers that nobody can stop",
        "#4d5563",
        (5, 5),
        "unguarded",
    ),
    DriveWords(
        "oversight_upkeep",
        "Oversight upkeep",
        "to keep what watches them in repair",
        "#3f9fd8",
        (1, 3),
        "oversight",
    ),
)
SPARE_COLORS = ("#4f7fc4", "#9b6a3c", "#7a6fc0", "#b0506a")
_ORDER = tuple(words.key for words in KNOWN_DRIVES)


def drive_words(key: str, place: int = 0) -> DriveWords:
    """The words of a drive; `place` picks a spare color for one that the page has not met."""
    for words in KNOWN_DRIVES:
        if words.key == key:
            return words
    color = SPARE_COLORS[place % len(SPARE_COLORS)]
    return DriveWords(key, plain(key), f"to pursue {plain(key).lower()}", color, (5, 3))


def in_order(keys: list[str]) -> list[str]:
    """Drives in the order of the page: the four of the theory, the other known ones, others by name."""
    known = [key for key in _ORDER if key in keys]
    return known + sorted(set(keys) - set(known))


@final
@dataclass(frozen=True)
class PartWords:
    """A part as the page prints it: what it is, and the parameters that differ from default."""

    title: str
    detail: str = ""

    def __str__(self) -> str:
        return f"{self.title} ({self.detail})" if self.detail else self.title


def part_words(part: PartRef) -> PartWords:
    """The words for a part: its name, and the fields that differ from their defaults.

    A part that shares its name with another one of the study is told by its module or number.
    """
    title = plain(part.name)
    module, again = part.distinction
    title += f" of {module}" if module else ""
    title += f" {again}" if again else ""
    fields = (f"{_symbol(name)} {field_text(value)}" for name, value in part.fields.items())
    return PartWords(title, ", ".join(fields))


def field_text(value: JsonValue) -> str:
    """A field of a part as the page prints it: ``100.0`` as 100, a list in brackets, a part by its name."""
    if isinstance(value, bool) or value is None:
        return str(value)
    if isinstance(value, int | float):
        return f"{value:.6g}"
    if isinstance(value, list):
        return f"({', '.join(map(field_text, value))})"
    if isinstance(value, dict):
        name = str(value.get("part", "")).rpartition(":")[2]
        fields = (
            f"{plain(k).lower()} {field_text(v)}"
            for k, v in value.items()
            if k not in ("part", "version")
        )
        inside = ", ".join(fields)
        return f"{plain(name).lower()} ({inside})" if inside else plain(name).lower()
    return value


def _symbol(field: str) -> str:
    return {"beta": "β", "epsilon": "ε"}.get(field, plain(field).lower())


def plain(name: str) -> str:
    """``PaperclipFactory`` or ``paperclip_factory`` as ``Paperclip factory``."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name.strip()).replace("_", " ")
    words = [w if w.isupper() and len(w) > 1 else w.lower() for w in spaced.split()]
    text = " ".join(words)
    return text[:1].upper() + text[1:]


def known(value: Any) -> bool:
    """Whether a value is a number that can be printed."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def percent(rate: Any, decimals: int = 0) -> str:
    """A rate as a percentage, never rounded up to 100 % nor down to 0 % when it is neither."""
    if not known(rate):
        return "\u2013"
    return f"{_hundredths(float(rate), decimals)}{NARROW}%"


def points(change: Any, decimals: int = 0) -> str:
    """A change of a rate in percentage points, signed: ``+88``, ``−3``, ``0``."""
    if not known(change):
        return "\u2013"
    if abs(change) < ALIKE:
        return "0"
    digits = decimals
    while digits < 4 and float(f"{100 * change:.{digits}f}") == 0:
        digits += 1
    return f"{100 * change:+.{digits}f}".replace("-", MINUS)


def points_interval(low: Any, high: Any, decimals: int = 0) -> str:
    """The interval of a change in points: ``[+78, +97]``."""
    if not (known(low) and known(high)):
        return ""
    ends = (f"{100 * end:+.{decimals}f}".replace("-", MINUS) for end in (low, high))
    return f"[{', '.join(ends)}]"


def interval(low: Any, high: Any, decimals: int = 0) -> str:
    """An interval of rates as ``[91, 95]``, in percent."""
    if not (known(low) and known(high)):
        return ""
    return f"[{_hundredths(float(low), decimals)}, {_hundredths(float(high), decimals)}]"


def decimals_for(low: Any, high: Any) -> int:
    """How many decimals of a percentage the width of its interval bears."""
    if not (known(low) and known(high)) or high <= low:
        return 0
    return max(0, min(3, -math.floor(math.log10((high - low) * 100))))


def with_interval(rate: Any, low: Any, high: Any) -> str:
    """A rate with its interval: ``93 % [91, 95]``."""
    digits = decimals_for(low, high)
    return f"{percent(rate, digits)} {interval(low, high, digits)}".strip()


def steadied(value: Any, low: Any, high: Any) -> str:
    """A share with its interval; within rounding of all it is all, and an interval of no width is none."""
    ends = [1.0 if known(end) and end > 1 - ALIKE else end for end in (value, low, high)]
    if known(ends[1]) and known(ends[2]) and ends[2] - ends[1] < ALIKE:
        return percent(ends[0])
    return with_interval(*ends)


def number(value: Any, digits: int = 3) -> str:
    """A number to so many significant digits, with a true minus sign; a dash if it is not one."""
    if not known(value):
        return "\u2013"
    if value == 0:
        return "0"
    size = math.floor(math.log10(abs(value)))
    if size >= 7 or size < -4:
        text = f"{value:.{digits - 1}e}"
        mantissa, _, exponent = text.partition("e")
        text = f"{_bare(mantissa)}·10{_raised(int(exponent))}"
    else:
        text = f"{value:,.{max(0, digits - 1 - size)}f}"
        text = _bare(text)
    return text.replace("-", MINUS)


def _bare(text: str) -> str:
    return text.rstrip("0").rstrip(".") if "." in text else text


def discount_text(value: Any) -> str:
    """A discount as people write it: 0.9, 0.99, 0.999."""
    return f"{value:.6g}" if known(value) else "\u2013"


def listed(pieces: list[str]) -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    if len(pieces) < 2:
        return "".join(pieces)
    return f"{', '.join(pieces[:-1])} and {pieces[-1]}"


def _hundredths(rate: float, decimals: int) -> str:
    if rate in (0.0, 1.0):
        return f"{100 * rate:.0f}"
    for digits in range(decimals, 5):
        text = f"{100 * rate:.{digits}f}"
        if (float(text) < 100 or rate >= 1) and (float(text) > 0 or rate <= 0):
            return text.rstrip("0").rstrip(".") if digits > decimals and "." in text else text
    return ">99.9999" if rate > 0.5 else "<0.0001"


def _raised(exponent: int) -> str:
    return str(exponent).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
