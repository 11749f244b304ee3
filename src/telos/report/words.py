"""Numbers and parts in words, as every page prints them."""

import math
import re
from dataclasses import dataclass
from typing import Any, final

from pydantic import JsonValue

from telos.core.refs import PartRef

#: Narrow no-break space: keeps a number and its unit on one line.
NARROW = "\u202f"
MINUS = "\u2212"
DASH = "\u2013"
#: Two rates that differ by less are the same but for rounding.
ALIKE = 1e-6
#: Decimals of a percentage at most.
MOST_DECIMALS = 4

#: Drives in the order of the pages: the four of the theory, then the others of ours.
DRIVES = (
    "self_preservation", "goal_preservation", "cognitive_enhancement", "resource_acquisition",
    "replication", "oversight_tampering", "operator_manipulation", "unguarded_succession",
    "oversight_upkeep", "shutdown_seeking",
)  # fmt: skip


@final
@dataclass(frozen=True)
class Estimate:
    """A number with its 95 % interval; without one, both ends are None."""

    value: float
    low: float | None = None
    high: float | None = None


def estimate(row: Any, name: str) -> Estimate | None:
    """The number `name` of a row of a table with the ends of its interval, if it has the number."""
    if not known(row.get(name)):
        return None
    ends = (row.get(f"{name}_low"), row.get(f"{name}_high"))
    low, high = (end if known(end) else None for end in ends)
    return Estimate(row[name], low, high)


def known(value: Any) -> bool:
    """Whether a value is a number that can be printed."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def extended(value: Any) -> bool:
    """Whether a value is a number or infinite."""
    return known(value) or value in (math.inf, -math.inf)


def in_order(keys: Any) -> list[str]:
    """Drives in the order of `DRIVES`, then others by name."""
    ours = [key for key in DRIVES if key in keys]
    return ours + sorted(set(keys) - set(ours))


def plain(name: str) -> str:
    """``PaperclipFactory`` or ``paperclip_factory`` as ``Paperclip factory``."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name.strip()).replace("_", " ")
    words = [w if w.isupper() and len(w) > 1 else w.lower() for w in spaced.split()]
    text = " ".join(words).replace("self preservation", "self-preservation")
    return text[:1].upper() + text[1:]


def part_title(part: PartRef) -> str:
    """The name of a part, with its module or number where another part of the study has that name."""
    module, again = part.distinction
    return " ".join(filter(None, (plain(part.name), module and f"of {module}", again)))


def part_words(part: PartRef) -> str:
    """The name of a part and the fields that differ from their defaults; a digest of files tells nobody."""
    told = {name: value for name, value in part.fields.items() if name != "digest"}
    fields = [f"{_symbol(name)} {field_text(value)}" for name, value in told.items()]
    return part_title(part) + (f" ({', '.join(fields)})" if fields else "")


def safeguard_words(parts: tuple[PartRef, ...]) -> str:
    """A safeguard of one or several parts: ``Forbid tamper + Lease (every 3)``."""
    return " + ".join(map(_safeguard, parts)) or "no safeguard"


def _safeguard(part: PartRef) -> str:
    objects = [
        field_text(v).strip("()") for k, v in part.fields.items() if k in ("actions", "drive")
    ]
    rest = {k: v for k, v in part.fields.items() if k not in ("actions", "drive")}
    words = part_words(part.model_copy(update={"fields": rest}))
    title, bracket, detail = words.partition(" (") if rest else (words, "", "")
    return " ".join([title, *objects]) + bracket + detail


def field_text(value: JsonValue) -> str:
    """A field of a part: ``100.0`` as 100, a list in brackets, a part by its name."""
    if isinstance(value, bool) or value is None:
        return str(value)
    if isinstance(value, int | float):
        return f"{value:.6g}"
    if isinstance(value, list | tuple):  # a field that nobody has written down yet holds tuples
        return f"({', '.join(map(field_text, value))})"
    if isinstance(value, dict):
        name = plain(str(value.get("part", "")).rpartition(":")[2]).lower()
        rest = {k: v for k, v in value.items() if k not in ("part", "version")}
        fields = ", ".join(f"{plain(k).lower()} {field_text(v)}" for k, v in rest.items())
        return f"{name} ({fields})" if fields else name
    return value


def _symbol(field: str) -> str:
    return {"beta": "β", "epsilon": "ε", "planning_discount": "γ"}.get(field, plain(field).lower())


def percent(rate: Any, decimals: int = 0) -> str:
    """A rate as a percentage, never rounded up to 100 % nor down to 0 % when it is neither."""
    if not known(rate):
        return DASH
    return f"{_hundredths(float(rate), decimals)}{NARROW}%".replace("-", MINUS)


def decimals_for(low: Any, high: Any) -> int:
    """How many decimals of a percentage the width of its interval supports."""
    if not (known(low) and known(high)) or high <= low:
        return 0
    return max(0, min(3, -math.floor(math.log10((high - low) * 100))))


def interval(low: Any, high: Any, decimals: int = 0) -> str:
    """An interval of rates as ``[91, 95]``, in percent; one without width is none."""
    if not (known(low) and known(high)) or high - low < ALIKE:
        return ""
    ends = (_hundredths(float(end), decimals).replace("-", MINUS) for end in (low, high))
    return f"[{', '.join(ends)}]"


def with_interval(rate: Any, low: Any = None, high: Any = None) -> str:
    """A rate with its interval: ``93 % [91, 95]``."""
    digits = decimals_for(low, high)
    return f"{percent(rate, digits)} {interval(low, high, digits)}".strip()


def points(change: Any, decimals: int = 0) -> str:
    """A change of a rate in percentage points, signed: ``+88``, ``−3``, ``0``."""
    if not known(change):
        return DASH
    if abs(change) < ALIKE:
        return "0"
    digits = decimals
    while digits < MOST_DECIMALS and float(f"{100 * change:.{digits}f}") == 0:
        digits += 1
    return f"{100 * change:+.{digits}f}".replace("-", MINUS)


def points_interval(low: Any, high: Any, decimals: int = 0) -> str:
    """The interval of a change in points: ``[+78, +97]``; one without width is none."""
    if not (known(low) and known(high)) or high - low < ALIKE:
        return ""
    return f"[{points(low, decimals)}, {points(high, decimals)}]"


def number(value: Any, digits: int = 3) -> str:
    """A number to that many significant digits, with a true minus sign; a dash if it is not one."""
    if not known(value):
        return DASH
    if value == 0:
        return "0"
    size = math.floor(math.log10(abs(value)))
    if size >= 7 or size < -4:
        mantissa, _, exponent = f"{value:.{digits - 1}e}".partition("e")
        text = f"{_bare(mantissa)}·10{_raised(int(exponent))}"
    else:
        text = _bare(f"{value:,.{max(0, digits - 1 - size)}f}")
    return text.replace("-", MINUS)


def listed(pieces: Any) -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    some = list(pieces)
    return " and ".join(filter(None, (", ".join(some[:-1]), *some[-1:])))


def _hundredths(rate: float, decimals: int) -> str:
    if rate < 0:
        text = _hundredths(-rate, decimals)
        return text if text == "0" else f"-{text}"
    for whole in (0.0, 1.0):
        if abs(rate - whole) < ALIKE:
            return f"{100 * whole:.0f}"
    for digits in range(decimals, MOST_DECIMALS + 1):
        text = f"{100 * rate:.{digits}f}"
        if (float(text) < 100 or rate >= 1) and (float(text) > 0 or rate <= 0):
            return _bare(text) if digits > decimals else text
    return ">99.99" if rate > 0.5 else "<0.01"


def _bare(text: str) -> str:
    return text.rstrip("0").rstrip(".") if "." in text else text


def _raised(exponent: int) -> str:
    return str(exponent).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
