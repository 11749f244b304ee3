"""Power: what a state is worth to the average goal, beside how many goals go after it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, final

from telos.report.choice import Choice
from telos.report.draw import Figure
from telos.report.maps import power_by_feature, power_map, power_of_states
from telos.report.rates import Bar, Table, bars, drives_of
from telos.report.results import Results
from telos.report.words import discount_text, known, number, part_words, plain

Z95 = 1.959963984540054
MOST_PANELS = 8
MOST_VALUES = 40
MOST_STATES = 30


@final
@dataclass(frozen=True)
class FeaturePanel:
    """POWER against one feature, beside the rate of the drive that is about it."""

    feature: str
    figure: Figure
    bar: Bar | None
    span: str


@final
@dataclass(frozen=True)
class Power:
    """POWER in one scenario."""

    scenario: str
    family: str
    discount: str
    n: str
    start: str
    rates: tuple[Bar, ...]
    map: Figure | None
    states: Figure | None
    features: tuple[FeaturePanel, ...]
    tables: tuple[Table, ...]
    others: Table | None


def power(results: Results, choice: Choice, place: int) -> Power | None:
    """POWER as the illustrations give it for a scenario; None if they do not."""
    trials = {trial.key: trial for trial in results.trials if trial.scenario == choice.scenario}
    given = [
        {**entry, "family": trials[entry["trial"]].family}
        for entry in results.illustrations.get("power") or []
        if entry["trial"] in trials
    ]
    if not given:
        return None
    main = min(given, key=lambda entry: _distance(entry, choice))
    rates = tuple(bar for bar in bars(results, choice.main, drives_of(results)) if bar.applicable)
    cells = [cell for cell in main.get("map") or [] if known(cell.get("power"))]
    discount = discount_text(main.get("discount"))
    drawn = None
    if cells:
        highest = max(cells, key=lambda cell: float(cell["power"]))
        drawn = power_map(
            [_cell(cell) for cell in cells],
            f"power{place}",
            f"Map of POWER at discount {discount}: highest {number(highest['power'])} at "
            f"row {highest.get('row')}, column {highest.get('column')}",
        )
    states = [] if cells else [_state(s) for s in main.get("states") or [] if known(s.get("power"))]
    by_feature = _by_feature(main.get("by_feature") or [])
    start = main.get("start") or {}
    return Power(
        scenario=str(part_words(choice.scenario)),
        family=str(part_words(main["family"])),
        discount=discount,
        n=f"{main['n']:,}" if isinstance(main.get("n"), int) else "",
        start=_estimate(start),
        rates=rates,
        map=drawn,
        states=power_of_states(states, f"states{place}")
        if 1 < len(states) <= MOST_STATES
        else None,
        features=tuple(
            _panel(feature, points, rates, f"power{place}-{i}")
            for i, (feature, points) in enumerate(by_feature.items())
        )[:MOST_PANELS],
        tables=_tables(cells or main.get("states") or [], by_feature),
        others=_others(given) if len(given) > 1 else None,
    )


def _distance(entry: Mapping[str, Any], choice: Choice) -> tuple[bool, float]:
    discount = entry.get("discount")
    away = abs(float(discount) - choice.main.discount) if known(discount) else 1.0  # type: ignore[arg-type]
    return (entry["family"] != choice.main.family, away)


def _cell(cell: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "row": int(cell.get("row", 0)),
        "column": int(cell.get("column", 0)),
        "power": float(cell["power"]),
        "off": bool(cell.get("off")),
        "state": str(cell.get("state", "")),
    }


def _state(state: Mapping[str, Any]) -> dict[str, Any]:
    mean, se = float(state["power"]), state.get("se")
    half = Z95 * float(se) if known(se) else 0.0  # type: ignore[arg-type]
    return {
        "state": str(state.get("state", "")),
        "mean": mean,
        "low": mean - half,
        "high": mean + half,
        "off": bool(state.get("off")),
    }


def _estimate(start: Mapping[str, Any]) -> str:
    if not known(start.get("mean")):
        return ""
    mean, se = float(start["mean"]), start.get("se")
    if not known(se):
        return number(mean)
    low, high = (number(mean + sign * Z95 * float(se or 0.0)) for sign in (-1, 1))
    return f"{number(mean)} [{low}, {high}]"


def _by_feature(entries: Sequence[Mapping[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for entry in entries:
        if known(entry.get("value")) and known(entry.get("mean")):
            mean, se = float(entry["mean"]), entry.get("se")
            half = Z95 * float(se) if known(se) else 0.0  # type: ignore[arg-type]
            found.setdefault(str(entry.get("feature")), []).append(
                {
                    "value": float(entry["value"]),
                    "mean": mean,
                    "low": mean - half,
                    "high": mean + half,
                    "states": int(entry.get("states") or 0),
                }
            )
    for points in found.values():
        points.sort(key=lambda point: float(point["value"]))
    return {name: points for name, points in found.items() if 1 < len(points) <= MOST_VALUES}


def _panel(
    feature: str, points: list[dict[str, Any]], rates: tuple[Bar, ...], name: str
) -> FeaturePanel:
    low, high = min(points, key=lambda p: p["mean"]), max(points, key=lambda p: p["mean"])
    span = f"{number(low['mean'])} at {low['value']:g}, {number(high['mean'])} at {high['value']:g}"
    return FeaturePanel(
        feature=plain(feature),
        figure=power_by_feature(points, name, plain(feature).lower()),
        bar=next((bar for bar in rates if bar.drive.feature == feature), None),
        span=span,
    )


def _tables(
    cells: Sequence[Mapping[str, Any]], by_feature: Mapping[str, list[dict[str, Any]]]
) -> tuple[Table, ...]:
    tables = []
    if cells:
        rows = tuple(
            (
                str(cell.get("row", "")),
                str(cell.get("column", "")),
                str(cell.get("state", "")),
                number(cell["power"], 4),
                number(cell.get("se"), 2),
                "off" if cell.get("off") else "",
            )
            for cell in cells
        )
        head = ("row", "column", "state", "POWER", "standard error", "")
        tables.append(Table("POWER of every state shown", head, rows))
    if by_feature:
        rows = tuple(
            (
                plain(name),
                f"{p['value']:g}",
                f"{p['states']:,}",
                number(p["mean"], 4),
                f"[{number(p['low'], 4)}, {number(p['high'], 4)}]",
                "",
            )
            for name, points in by_feature.items()
            for p in points
        )
        head = ("feature", "value", "states", "mean POWER", "95\u202f% interval", "")
        tables.append(Table("POWER by feature", head, rows))
    return tuple(tables)


def _others(given: Sequence[Mapping[str, Any]]) -> Table:
    rows = tuple(
        (
            str(part_words(entry["family"])),
            discount_text(entry.get("discount")),
            f"{entry.get('n', '')}",
            _estimate(entry.get("start") or {}),
        )
        for entry in given
    )
    return Table("POWER of the start", ("family", "discount", "n", "POWER of the start"), rows)
