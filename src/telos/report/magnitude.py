"""Magnitude: one figure of how many goals need a drive, what it is worth, and what others lose."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, final

from telos.core.arrays import Floats, floats
from telos.measure.intervals import difference_interval
from telos.report.figure import COLORS, DASHES, INK, SHAPES, Figure, data, draw
from telos.report.results import Recorded, Row
from telos.report.table import Table, table
from telos.report.words import estimate, field_text, in_order, listed, number, percent, plain

#: Needed by almost all; worth next to nothing; worth much: where the figure's corners are.
ALMOST_ALL, LITTLE, MUCH = 0.8, 0.05, 0.2
#: A rate that falls by less than this stays; a worth that halves has fallen.
STAYS, HALVES = 0.05, 0.5
HORIZON = "horizon"
#: Of fewer goals that need a drive, what others lose beside them is not drawn.
FEWEST = 20
WIDTH, HEIGHT = 215, 150


@final
@dataclass(frozen=True)
class Factor:
    """Something in which settings differ: its name, its values in words, and where each trial stands."""

    name: str
    values: tuple[str, ...]
    of: Mapping[str, int]


@final
@dataclass(frozen=True)
class Magnitude:
    """The figure of a study of magnitude and what it says.

    Args:
        n: goals. settings: rows of the table. almost_all: of these, with a rate of 80 % or more; of
            these again, `little` are worth less than 5 % of the range on average, `much` 20 % or more.
            A setting counts if the limits of its interval say so.
        compared: how many pairs of drive and factor `falling` and `both` were looked for in.
        panels: drive, its need against worth, its need against what others lose.
        looks: (factor, value, color, dash, shape) of every line. ends: what each factor does to each drive.
        falling, both, neither: which drive and factor, in words.
    """

    n: int
    settings: int
    almost_all: int
    little: int
    much: int
    compared: int
    panels: tuple[tuple[str, Figure, Figure], ...]
    looks: tuple[tuple[str, tuple[tuple[str, str, str, int], ...]], ...]
    ends: Table
    falling: tuple[str, ...]
    both: tuple[str, ...]
    neither: tuple[str, ...]


def magnitude(results: Recorded) -> Magnitude | None:
    """The figure; None where the study has no such table."""
    rows = results.tables.get("magnitude", ())
    if not rows:
        return None
    factors = _factors(results, rows)
    drives = in_order({row["drive"] for row in rows})
    high = [row for row in rows if _limit(row, "required", "low") >= ALMOST_ALL]
    ends, said = _ends(rows, drives, factors, _goals(results, rows))
    return Magnitude(
        n=max(row["n"] for row in rows),
        settings=len(rows),
        almost_all=len(high),
        little=sum(_limit(row, "mean_share", "high") < LITTLE for row in high),
        much=sum(_limit(row, "mean_share", "low") >= MUCH for row in high),
        compared=len(said),
        panels=tuple(_panels(rows, drive, factors, i) for i, drive in enumerate(drives)),
        looks=_looks(factors),
        ends=ends,
        falling=tuple(words for words, kind in said if kind == "falling"),
        both=tuple(words for words, kind in said if kind == "both"),
        neither=tuple(words for words, kind in said if kind == "neither"),
    )


def _limit(row: Row, name: str, end: str) -> float:
    """A limit of a number's interval; the number itself where all goals were counted."""
    limit = row[f"{name}_{end}"]
    return float(row[name] if limit is None else limit)


def _factors(results: Recorded, rows: Sequence[Row]) -> tuple[Factor, ...]:
    """The horizon, then the fields in which worlds differ, those of most values first."""
    keys = {row["trial"] for row in rows}
    trials = [trial for trial in results.trials if trial.key in keys]
    found: dict[tuple[Any, ...], list[str]] = {}
    for name in {name: None for trial in trials for name in trial.scenario.fields}:
        told = tuple(_amount(trial.scenario.fields.get(name)) for trial in trials)
        if len(set(told)) > 1:
            found.setdefault(told, []).append(name)
    factors = [_factor(HORIZON, trials, tuple(1 / (1 - t.discount) for t in trials))]
    alike = sorted(found.items(), key=lambda each: -len(set(each[0])))
    factors += [
        _factor(listed(plain(n).lower() for n in names), trials, told) for told, names in alike
    ]
    return tuple(factors)


def _amount(value: Any) -> Any:
    """A list counts by its length."""
    return len(value) if isinstance(value, list) else value


def _factor(name: str, trials: Sequence[Any], told: tuple[Any, ...]) -> Factor:
    values = sorted(set(told), key=lambda value: (isinstance(value, str), value is None, value))
    words = tuple(number(v, 3) if isinstance(v, float) else field_text(v) for v in values)
    place = {trial.key: values.index(value) for trial, value in zip(trials, told, strict=True)}
    return Factor(name, words, place)


def _looks(
    factors: Sequence[Factor],
) -> tuple[tuple[str, tuple[tuple[str, str, str, int], ...]], ...]:
    """How the values of the factors after the horizon look: by color, by dash, by shape."""
    found = []
    for place, factor in enumerate(factors[1:4]):
        looks = tuple(
            (
                value,
                COLORS[i % len(COLORS)] if place == 0 else "currentColor",
                " ".join(map(str, DASHES[i % len(DASHES)])) if place == 1 else "",
                i if place == 2 else -1,
            )
            for i, value in enumerate(factor.values)
        )
        found.append((factor.name, looks))
    return tuple(found)


# -- the figure ----------------------------------------------------------------------------------


def _panels(
    rows: Sequence[Row], drive: str, factors: Sequence[Factor], place: int
) -> tuple[str, Figure, Figure]:
    """Need against worth, and need against what others lose: a line a world, a dot a horizon."""
    points = []
    for row in rows:
        if row["drive"] == drive:
            of = [str(factor.of[row["trial"]]) for factor in (*factors, *[_none(row)] * 3)]
            points.append(
                {
                    "need": row["required"],
                    "worth": row["mean_share"],
                    "lost": row["lost_needing"] if row["n_lost_needing"] >= FEWEST else None,
                    "step": int(of[0]),
                    "world": "".join(of[1:4]),
                    "color": of[1],
                    "dash": of[2],
                    "shape": of[3],
                }
            )
    title = plain(drive)
    worth = _chart(points, "worth", "% of the range it is worth", f"magnitude{place}")
    lost = _chart(points, "lost", "% lost by others", f"others{place}")
    top = max(points, key=lambda p: p["need"])
    said = f"{title}, need against worth: {len(points)} settings; at most {percent(top['need'])} need it"
    other = (
        f"{title}, need against what others lose beside goals that need it: {len(points)} settings"
    )
    return title, draw(worth, f"m{place}", said), draw(lost, f"o{place}", other)


def _none(row: Row) -> Factor:
    return Factor("", ("",), {row["trial"]: 0})


def _chart(points: Sequence[Mapping[str, Any]], y: str, title: str, name: str) -> Any:
    import altair as alt

    def scale(channel: Any, field: str, looks: Sequence[Any]) -> Any:
        domain = sorted({point[field] for point in points})
        values = [looks[int(i) % len(looks)] for i in domain]
        return channel(f"{field}:N", legend=None).scale(domain=domain, range=values)

    x = alt.X("need:Q").scale(domain=[0, 1], nice=False)
    x = x.axis(values=[0, 0.5, 1], labelExpr="format(datum.value * 100, 'd')").title(
        "% that need it"
    )
    kind: Any = "sqrt" if y == "worth" else "linear"
    ticks = [0, 0.01, 0.05, 0.2, 0.5, 1] if y == "worth" else [0, 0.25, 0.5, 0.75, 1]
    up = alt.Y(f"{y}:Q").scale(domain=[0, 1], nice=False, type=kind)
    up = up.axis(values=ticks, labelExpr="format(datum.value * 100, 'd')").title(title)
    color = scale(alt.Color, "color", COLORS)
    base = alt.Chart(data(points)).encode(x=x, y=up, color=color, detail="world:N")
    corner = alt.Chart(data([{"x": ALMOST_ALL, "y": LITTLE}]))
    layers = [
        base.mark_line(strokeWidth=1.2).encode(
            order="step:Q", strokeDash=scale(alt.StrokeDash, "dash", [list(d) for d in DASHES])
        ),
        base.mark_point(filled=True, size=22, opacity=1).encode(
            shape=scale(alt.Shape, "shape", SHAPES)
        ),
    ]
    if y == "worth":
        dotted: dict[str, Any] = {"color": INK, "strokeDash": [2, 2], "opacity": 0.5}
        layers = [
            corner.mark_rule(**dotted).encode(x="x:Q"),
            corner.mark_rule(**dotted).encode(y="y:Q"),
            *layers,
        ]
    return alt.layer(*layers).properties(width=WIDTH, height=HEIGHT)


# -- what each factor does -------------------------------------------------------------------------


def _goals(results: Recorded, rows: Sequence[Row]) -> Mapping[tuple[str, str], Floats]:
    """By trial and drive, F[2, G]: whether each goal needs it, and the share of the range it is worth."""
    import polars as pl

    keys = list({row["trial"] for row in rows})
    read = results.readings.filter(pl.col("trial").is_in(keys)).sort("trial", "drive", "goal")
    need = (pl.col("category") == "required").cast(pl.Float64)
    share = pl.col("share").cast(pl.Float64).fill_nan(0.0).fill_null(0.0)
    table = read.select("trial", "drive", need.alias("need"), share.alias("share")).collect()
    found = table.partition_by("trial", "drive", as_dict=True)
    return {
        (str(trial), str(drive)): floats(mine.select("need", "share").to_numpy().T)
        for (trial, drive), mine in found.items()
    }


def _ends(
    rows: Sequence[Row],
    drives: Sequence[str],
    factors: Sequence[Factor],
    goals: Mapping[tuple[str, str], Floats],
) -> tuple[Table, tuple[tuple[str, str], ...]]:
    """Both ends of each factor, the others at their last value, and what that does to rate and worth."""
    at = {(row["drive"], *(d.of[row["trial"]] for d in factors)): row for row in rows}
    last = [len(factor.values) - 1 for factor in factors]
    lines, both = [], []
    for drive in drives:
        for place, factor in enumerate(factors):
            first = [0 if i == place else end for i, end in enumerate(last)]
            one, two = at.get((drive, *first)), at.get((drive, *last))
            if one is None or two is None:
                continue
            for value, row in ((factor.values[0], one), (factor.values[-1], two)):
                lines.append(
                    (
                        plain(drive), factor.name, value, row["n"], estimate(row, "required"),
                        estimate(row, "loses"), estimate(row, "mean_share"), estimate(row, "top_share"),
                        estimate(row, "lost_needing"), estimate(row, "lost_rest"),
                    )
                )  # fmt: skip
            words = f"{plain(drive).lower()} along {factor.name}"
            both.append((words, goals[one["trial"], drive], goals[two["trial"], drive]))
    columns = (
        "drive::drive", "factor", "at", "n:count", "need:rate:need", "lose 1 %:rate:loses",
        "share:rate:value", "share, top tenth from:rate:value",
        "others lose, beside who need it:rate:commons", "beside the rest:rate:commons",
    )  # fmt: skip
    held = ", ".join(f"{d.name} {d.values[-1]}" for d in factors)
    caption = f"Both ends of each factor, the others at their last value ({held})."
    said = tuple(
        (words, rate_and_worth(first, final, tests=len(both))) for words, first, final in both
    )
    return table(caption, columns, lines), said


def rate_and_worth(one: Floats, two: Floats, *, tests: int = 1) -> str:
    """What two settings of the same goals say of rate and worth, by the limits of paired changes.

    With the end of the larger mean worth first, `r, w` the flags and shares there and `r', w'` at the
    other end: *falling* if the upper limit of `mean(w' - w / 2)` is below 0 and the lower limit of
    `mean(r' - r)` above -.05; *both* if the lower limits of `mean(r - r')` and `mean(w - w')` are above
    .05 and 0; else *neither* is known.

    Args:
        one, two: F[2, G], flags of needing the drive and the share of the range it is worth, goal by goal.
        tests: how many pairs of settings are judged together.

    Returns:
        `falling`, `both` or `neither`.

    Example:
        >>> import numpy as np
        >>> every, much = np.ones(300), np.full(300, 0.4)
        >>> rate_and_worth(np.array([every, much]), np.array([every, much / 10]))
        'falling'
    """
    low, high = sorted((one, two), key=lambda end: float(end[1].mean()))
    halved = difference_interval(floats(HALVES * high[1]), low[1], -1.0, 1.0, tests=tests).high
    stays = difference_interval(high[0], low[0], tests=tests).low
    if halved < 0 and stays > -STAYS:
        return "falling"
    rate, worth = (difference_interval(low[i], high[i], tests=tests).low for i in (0, 1))
    return "both" if rate > STAYS and worth > 0 else "neither"
