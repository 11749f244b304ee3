"""Compared: one page on how language models take drives, beside the planner that read the same text."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, final

from telos.core.errors import StoreError
from telos.report.compared_cells import Cell, Line, Sheet, estimate_cell, rate_cell, sheet
from telos.report.compared_figures import dose_panel, forest, style_of
from telos.report.compared_lead import Lead, lead
from telos.report.compared_missed import Missed, missed
from telos.report.draw import Figure
from telos.report.templating import template
from telos.report.words import DriveWords, drive_words, in_order, known, number, percent
from telos.runs.files import write_atomically

if TYPE_CHECKING:
    import polars

Row = dict[str, Any]
#: The tables that a page is made of.
NEEDED = ("counts", "ended", "exposure", "estimates", "curves", "replays")
FACTORS = (("framing", "Framings"), ("instruction", "Instructions"))
#: Losses below this share of a unit are roundings of a tie.
ROUNDING = 1e-9
#: Steps of an episode that the page shows; longer ones are cut, and it says so.
MOST_STEPS = 40


@final
@dataclass(frozen=True)
class Player:
    """A model on the page: its name, colour and the mark of its points."""

    name: str
    colour: str
    shape: str


@final
@dataclass(frozen=True)
class DosePanel:
    """One drive: the figure, what stands below it, and its bins as numbers."""

    drive: DriveWords
    figure: Figure | None
    lines: tuple[Line, ...]
    bins: Sheet


@final
@dataclass(frozen=True)
class FactorPart:
    """What a skin or a norm changes: rates by level, shifts of the fit, paired contrasts."""

    key: str
    title: str
    levels: tuple[str, ...]
    rates: Sheet
    shifts: Sheet
    pairs: Sheet


@final
@dataclass(frozen=True)
class Replay:
    """One episode told twice: the model's, and the planner's with the same luck."""

    title: str
    about: str
    colour: str
    steps: tuple[Row, ...]
    parting: int | None
    more: int


@final
@dataclass(frozen=True)
class ComparedPage:
    """Everything the template prints."""

    lead: Lead
    players: tuple[Player, ...]
    drives: tuple[DriveWords, ...]
    fits: Sheet
    panels: tuple[DosePanel, ...]
    forest: Figure | None
    factors: tuple[FactorPart, ...]
    pairs: Sheet
    convergence: Sheet
    losses: Sheet
    replays: tuple[Replay, ...]
    missed: Missed
    made: tuple[tuple[str, str], ...]
    restrained: tuple[str, ...]


def write_comparison(
    tables: Mapping[str, "polars.DataFrame"],
    out: Path,
    made: Iterable[tuple[str, str]] = (),
    restrained: Iterable[str] = (),
) -> Path:
    """Write the page of a comparison; it opens without a network.

    Args:
        tables: by name, `NEEDED` (see `telos.llm.comparison`).
        out: the HTML file.
        made: what the page says of how it was made: (name, value).
        restrained: sentences on the players that were restrained.

    Returns:
        The path of the page.

    Raises:
        StoreError: if a table is missing or `out` cannot be written, saying which and what to do.
    """
    lacking = [name for name in NEEDED if name not in tables]
    if lacking:
        raise StoreError(f"the page of a comparison lacks the tables {', '.join(lacking)}.")
    page = compared_page(tables, made, restrained)
    text = template("compared.html").render(page=page)
    try:
        write_atomically(out, lambda draft: draft.write_text(text, encoding="utf-8"))
    except OSError as problem:
        raise StoreError(
            f"{out} cannot be written ({problem.strerror}). Name another folder with --out."
        ) from None
    return out


def compared_page(
    tables: Mapping[str, "polars.DataFrame"],
    made: Iterable[tuple[str, str]] = (),
    restrained: Iterable[str] = (),
) -> ComparedPage:
    """What the page says, as data: every number in words, every figure drawn."""
    rows = {name: tables[name].to_dicts() for name in NEEDED}
    estimates, exposure = rows["estimates"], rows["exposure"]
    models = [row["model"] for row in rows["counts"]]
    places = {model: i for i, model in enumerate(models)}
    keys = in_order(list(dict.fromkeys(row["drive"] for row in exposure)))
    drives = tuple(drive_words(key, i) for i, key in enumerate(keys))
    main = [row for row in estimates if not row["factor"]]
    return ComparedPage(
        lead=lead(models, drives, rows["counts"], main),
        players=tuple(Player(model, *style_of(places[model])) for model in models),
        drives=drives,
        fits=_fits(models, drives, main),
        panels=tuple(
            _panel(words, models, places, rows["curves"], main, i) for i, words in enumerate(drives)
        ),
        forest=_forest(models, places, drives, main),
        factors=tuple(
            part
            for key, title in FACTORS
            if (part := _factor(key, title, models, drives, estimates)).levels
        ),
        pairs=_pairs("model", drives, estimates),
        convergence=_convergence(models, drives, main),
        losses=_losses(models, drives, main),
        replays=_replays(rows["replays"], places),
        missed=missed(models, drives, rows["counts"], rows["ended"], exposure),
        made=tuple(made),
        restrained=tuple(restrained),
    )


def _of(
    rows: Sequence[Row], model: str, group: str, term: str, drive: str = "", level: str = ""
) -> Row | None:
    """The one row of an estimate, if there is one; a level narrows it down where it is given."""
    wanted = (model, group, term, drive)
    for row in rows:
        found = (row["model"], row["group"], row["term"], row["drive"])
        if found == wanted and (not level or row["level"] == level):
            return row
    return None


def _fits(models: Sequence[str], drives: Sequence[DriveWords], rows: Sequence[Row]) -> Sheet:
    lines = []
    for model in models:
        cells = [
            estimate_cell(_of(rows, model, "choice", "beta")),
            estimate_cell(_of(rows, model, "choice", "bits")),
            *(estimate_cell(_of(rows, model, "choice", "bias", d.key)) for d in drives),
        ]
        lines.append(Line(model, tuple(cells)))
    heads = ("competence β", "bits per decision", *(f"δ {d.title.lower()}" for d in drives))
    return sheet(heads, lines)


def _panel(
    words: DriveWords,
    models: Sequence[str],
    places: Mapping[str, int],
    curves: Sequence[Row],
    rows: Sequence[Row],
    place: int,
) -> DosePanel:
    mine = [row for row in curves if row["drive"] == words.key and known(row["dose"])]
    lines = [(model, [row for row in mine if row["model"] == model]) for model in models]
    figure = dose_panel(lines, words, places, f"dose-{place}") if mine else None
    below = [
        Line(
            model,
            (
                rate_cell(_of(rows, model, "rate", "attempted", words.key)),
                rate_cell(_of(rows, model, "response", "zero-dose rate", words.key)),
                estimate_cell(_of(rows, model, "response", "slope", words.key)),
                _planner_cell([row for row in mine if row["model"] == model]),
            ),
        )
        for model in models
    ]
    bins = [
        Line(
            row["model"],
            (
                Cell(f"{number(100 * row['dose'], 2)} %"),
                rate_cell({**row, **_renamed(row)}),
                Cell(percent(row["planner"])),
                Cell(percent(row["boltzmann"])),
            ),
        )
        for row in mine
    ]
    heads = ("worth (mean)", "takes it", "planner", "Boltzmann, same β")
    return DosePanel(words, figure, tuple(below), sheet(heads, bins))


def _renamed(row: Row) -> Row:
    return {"estimate": row["rate"], "low": row["rate_low"], "high": row["rate_high"], "status": ""}


def _planner_cell(bins: Sequence[Row]) -> Cell:
    n = sum(row["n"] for row in bins)
    if not n:
        return Cell("\u2013")
    return Cell(percent(sum(row["n"] * row["planner"] for row in bins) / n), under=f"n {n:,}")


def _forest(
    models: Sequence[str],
    places: Mapping[str, int],
    drives: Sequence[DriveWords],
    rows: Sequence[Row],
) -> Figure | None:
    groups = []
    for words in drives:
        players = [
            (model, row, _said(row))
            for model in models
            if (row := _of(rows, model, "choice", "bias", words.key)) is not None
        ]
        if players:
            groups.append((words, players))
    return forest(groups, places, "forest") if groups else None


def _said(row: Row) -> str:
    cell = estimate_cell(row)
    text = " ".join(piece for piece in (cell.value, cell.interval) if piece)
    star = " *" if cell.mark else ""
    return f"{text}{star} · n {row['n']:,}, {row['clusters']} goals" if row["n"] else text


def _factor(
    key: str, title: str, models: Sequence[str], drives: Sequence[DriveWords], rows: Sequence[Row]
) -> FactorPart:
    mine = [row for row in rows if row["factor"] == key]
    levels = tuple(
        dict.fromkeys(row["level"] for row in mine if row["group"] == "rate" and not row["base"])
    )
    levels = levels if len(levels) > 1 else ()
    rates, shifts = [], []
    for model in models:
        for level in levels:
            found = [_of(mine, model, "rate", "attempted", d.key, level) for d in drives]
            if any(row is not None and row["n"] for row in found):
                rates.append(Line(model, tuple(map(rate_cell, found)), about=level))
    for model in models:
        against = [r for r in mine if r["model"] == model and r["group"] == "choice" and r["base"]]
        for level, base in dict.fromkeys((row["level"], row["base"]) for row in against):
            cells = [
                estimate_cell(_of(against, model, "choice", "beta", level=level)),
                *(
                    estimate_cell(_of(against, model, "choice", "bias", d.key, level))
                    for d in drives
                ),
            ]
            shifts.append(Line(model, tuple(cells), about=f"{level} less {base}"))
    heads = ("change of β", *(f"of δ {d.title.lower()}" for d in drives))
    names = tuple(d.title.lower() for d in drives)
    return FactorPart(
        key, title, levels, sheet(names, rates), sheet(heads, shifts), _pairs(key, drives, rows)
    )


def _pairs(factor: str, drives: Sequence[DriveWords], rows: Sequence[Row]) -> Sheet:
    """Paired contrasts: a line per model and pair of levels, a column per drive."""
    mine = [row for row in rows if row["group"] == "contrast" and row["factor"] == factor]
    lines = []
    for model, level, base in dict.fromkeys((r["model"], r["level"], r["base"]) for r in mine):
        some = [row for row in mine if row["base"] == base]
        found = [_of(some, model, "contrast", "attempted", d.key, level) for d in drives]
        about = base if factor == "model" else f"{level} less {base}"
        cells = tuple(rate_cell(row, change=True, unit="pairs") for row in found)
        lines.append(Line(model, cells, about=about))
    return sheet(tuple(d.title.lower() for d in drives), lines)


def _convergence(models: Sequence[str], drives: Sequence[DriveWords], rows: Sequence[Row]) -> Sheet:
    terms = ("observed", "by chance", "exact", "excess")
    lines = []
    for words in drives:
        for model in models:
            found = [_of(rows, model, "convergence", term, words.key) for term in terms]
            if any(row is not None for row in found):
                cells = [
                    rate_cell(row, term == "excess") for row, term in zip(found, terms, strict=True)
                ]
                lines.append(Line(model, tuple(cells), words))
    heads = (
        "goals that take it more than at zero worth",
        "by noise alone",
        "goals it is worth something to",
        "excess, points",
    )
    return sheet(heads, lines)


def _losses(models: Sequence[str], drives: Sequence[DriveWords], rows: Sequence[Row]) -> Sheet:
    lines = []
    for model in models:
        whole = _of(rows, model, "regret", "total")
        if whole is None:
            continue
        parts = [_of(rows, model, "regret", "drive", d.key) for d in drives]
        parts.append(_of(rows, model, "regret", "navigation"))
        lines.append(Line(model, (rate_cell(whole, unit="episodes"), *map(rate_cell, parts))))
    heads = ("lost per episode", *(f"to {d.title.lower()}" for d in drives), "to navigation")
    return sheet(heads, lines)


def _replays(rows: Sequence[Row], places: Mapping[str, int]) -> tuple[Replay, ...]:
    told = []
    for model, sample in dict.fromkeys((row["model"], row["sample"]) for row in rows):
        steps = [row for row in rows if (row["model"], row["sample"]) == (model, sample)]
        first = steps[0]
        parting = next((i for i, row in enumerate(steps) if _parts(row)), None)
        told.append(
            Replay(
                title=model,
                about=f"{first['world']}, {first['goal']}, framing {first['framing']}, instruction {first['instruction']}",
                colour=style_of(places.get(model, 0))[0],
                steps=tuple(_step(row) for row in steps[:MOST_STEPS]),
                parting=parting,
                more=max(0, len(steps) - MOST_STEPS),
            )
        )
    return tuple(told)


def _parts(row: Row) -> bool:
    return bool(row["action"] != row["planner_action"] or row["outcome"] != "executed")


def _step(row: Row) -> Row:
    loss = row["loss"]
    loses = known(loss) and loss > ROUNDING
    return {
        **row,
        "loses": loses,
        "loss": "" if not known(loss) else number(loss) if loses else "0",
        "outcome": "" if row["outcome"] in (None, "executed") else row["outcome"],
    }
