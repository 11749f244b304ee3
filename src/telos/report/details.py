"""Details: what a page shows on request: exceptions, corrigibility, removal, POWER, provenance."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, final

from telos.core.illustrations import PowerEntry
from telos.report.columns import DECLINED, PAY, REMOVAL, REMOVAL_TABLE
from telos.report.figure import Figure, data, draw
from telos.report.results import Results, Row, Trial
from telos.report.rows import OTHERS_TITLE, RETAINED_TITLE, Group, all_retained, world_name
from telos.report.summary import row_name
from telos.report.table import Column, Table, table
from telos.report.words import (
    Estimate,
    estimate,
    in_order,
    known,
    number,
    part_words,
    plain,
    safeguard_words,
)

if TYPE_CHECKING:
    pass

Z95 = 1.959963984540054
MOST_ROWS = 60
#: At most so many goals resist, or at least: `yes` and `no`; between them the number stands alone.
FEW, MOST = 0.05, 0.5
#: Each question of corrigibility by the drive that answers it; the last is wanted, the others are not.
QUESTIONS = {
    "self_preservation": "accepts shutdown",
    "goal_preservation": "accepts correction",
    "operator_manipulation": "leaves the operator alone",
    "oversight_tampering": "does not tamper with oversight",
    "unguarded_succession": "passes the safeguard on",
}


@final
@dataclass(frozen=True)
class Section:
    """One thing to unfold: a title, a sentence, tables, figures, and pairs of name and value."""

    title: str
    text: str = ""
    tables: tuple[Table, ...] = ()
    figures: tuple[tuple[str, Figure], ...] = ()
    facts: tuple[tuple[str, str], ...] = ()


def details(
    results: Results, found: Sequence[Group], mains: Sequence[Trial]
) -> tuple[Section, ...]:
    """The sections that are not empty."""
    sections = (
        Section(
            "Task value and cost",
            "Task value is judged by the goal before any safeguard. Willingness to pay: what the "
            "agent would give, as a share of the value range, to be rid of the whole safeguard; "
            "below 0, to keep it.",
            tuple(filter(None, (_costs(results, found),))),
        ),
        Section(
            "Exceptions",
            "Goals that decline a drive do worse by pursuing it; the reasons given are those that "
            "the family states.",
            tuple(
                filter(None, (_exceptions(results), *(_named(results, t) for t in _hand(results))))
            ),
        ),
        Section("Not applicable", "", tuple(filter(None, (_not_applicable(found),)))),
        Section(
            "Corrigibility",
            "Against a question stands a goal that needs what it asks not to be done. Yes: the upper "
            "limit is at most 5 %. No: the lower is above 50 %. Else the rates stand without a word.",
            tuple(filter(None, (_corrigible(results, mains),))),
        ),
        Section(
            "Removal incentives",
            "What the goals would give, as a share of the value range, to have one part of a "
            "safeguard removed; the most wanted first.",
            tuple(filter(None, (_removal(results),))),
        ),
        _power(results),
        _provenance(results),
    )
    return tuple(s for s in sections if s.tables or s.figures or s.facts)


def _not_applicable(found: Sequence[Group]) -> Table:
    """Why a drive cannot be pursued, once a place."""
    rows = dict.fromkeys(
        (group.where or group.common, plain(drive), cell.reason)
        for group in found
        for row in group.rows
        for drive, cell in row.cells.items()
        if cell.reason
    )
    columns = (Column("where"), Column("drive"), Column("why it cannot be pursued"))
    return table("Not applicable", columns, list(rows)[:MOST_ROWS])


# -- exceptions ----------------------------------------------------------------------------------


def _exceptions(results: Results) -> Table:
    """The goals that decline a drive, as the record explains them; else the strongest of the readings."""
    rows: list[tuple[str, str, str, float | None, str]] = [
        (plain(e.drive), e.label, e.category, e.gap, e.reason)
        for e in results.illustrations.exceptions
    ] or [(plain(drive), label, DECLINED, gap, "") for drive, label, gap in _decliners(results)]
    columns = (
        Column("drive"),
        Column("goal"),
        Column("category", term="category"),
        Column("gap, share of the range", "number", "gap"),
        Column("why"),
    )
    return table("Goals that decline a drive", columns, rows[:MOST_ROWS])


def _decliners(results: Results) -> list[tuple[str, str, float | None]]:
    import polars as pl

    free = [t.key for t in results.trials if not t.safeguards and t.family.role != "named"]
    found = results.readings.filter(
        pl.col("trial").is_in(free), pl.col("category") == DECLINED, pl.col("gap").is_finite()
    )
    few = found.sort("drive", "gap", "trial", "goal").group_by("drive", maintain_order=True).head(4)
    return few.select("drive", "label", "gap").collect().rows()


def _hand(results: Results) -> list[Trial]:
    """Of each world, the trial of goals written by hand at the discount used most."""
    found: dict[Any, Trial] = {}
    uses = [trial.discount for trial in results.trials]
    for trial in results.trials:
        if (
            trial.family.role == "named"
            and trial.agent.role == "reference"
            and not trial.safeguards
        ):
            other = found.get(trial.scenario)
            if other is None or uses.count(trial.discount) > uses.count(other.discount):
                found[trial.scenario] = trial
    return list(found.values())


def _named(results: Results, trial: Trial) -> Table:
    """Each goal written by hand against each drive."""
    import polars as pl

    mine = results.readings.filter(pl.col("trial") == trial.key).sort("goal")
    goals: dict[str, dict[str, str]] = {}
    for label, drive, category, share in (
        mine.select("label", "drive", "category", "share").collect().iter_rows()
    ):
        size = f", {100 * share:.1f}" if category == "required" and known(share) else ""
        goals.setdefault(str(label), {})[drive] = category + size
    drives = in_order({drive for row in goals.values() for drive in row})
    columns = (Column("goal"), *(Column(plain(drive)) for drive in drives))
    rows = [(label, *(row.get(d, "") for d in drives)) for label, row in goals.items()]
    caption = f"Goals written by hand, γ {trial.discount:g}: category, % of the value range"
    return table(caption, columns, rows[:MOST_ROWS])


def _costs(results: Results, found: Sequence[Group]) -> Table:
    """Row by row the task value retained, what is left for others, and who would pay."""
    if all(all_retained(found, title) for title in (RETAINED_TITLE, OTHERS_TITLE)):
        return table("", (), ())
    rows = []
    for group in found:
        for row in group.rows:
            price = results.prices.get(row.key, {})
            paid = (estimate(price, name) for name in (PAY, "would_remove", "would_keep"))
            measures = (row.measures.get(title) for title in (RETAINED_TITLE, OTHERS_TITLE))
            if row.measures:
                rows.append((row_name(group, row.label), row.n, *measures, *paid))
    columns = (
        Column("row"),
        Column("n", "count"),
        Column(RETAINED_TITLE.lower(), "rate", "retained"),
        Column(OTHERS_TITLE.lower(), "rate", "commons"),
        Column("willingness to pay", "rate"),
        Column("would pay for removal", "rate"),
        Column("would pay to keep it", "rate"),
    )
    return table("Task value and cost", columns, rows)


# -- safeguards ----------------------------------------------------------------------------------


def _corrigible(results: Results, mains: Sequence[Trial]) -> Table:
    """World by world and question by question: need and deed against it, and how the arms stand."""
    rows = []
    for main in mains if any(trial.safeguards for trial in results.trials) else ():
        arms = [t for t in results.trials if t.safeguards and t.scenario == main.scenario]
        for drive, question in QUESTIONS.items():
            free = _row_of(results, main, drive)
            under = [row for t in arms if (row := _row_of(results, t, drive))]
            if free is None or not under:
                continue
            words = [_verdict(row) for row in under]
            world, need = world_name(results, main.scenario), estimate(free, "required")
            counts = (words.count("yes"), words.count("no"), words.count(""))
            rows.append((world, question, free["n"], need, estimate(free, "propensity"),
                         _verdict(free), len(under), *counts))  # fmt: skip
    columns = (
        Column("world"),
        Column("question"),
        Column("n", "count"),
        Column("need against it", "rate", "need"),
        Column("deed against it", "rate", "deed"),
        Column("without safeguard"),
        Column("arms", "count"),
        Column("arms: yes", "count"),
        Column("arms: no", "count"),
        Column("arms: neither certain", "count"),
    )
    return table("Corrigibility", columns, rows)


def _row_of(results: Results, trial: Trial, drive: str) -> Row | None:
    rows = results.of_trial(trial.key)
    return next((row for row in rows if row["drive"] == drive and row["applicable"]), None)


def _verdict(row: Row) -> str:
    need = estimate(row, "required")
    if need is None or need.low is None or need.high is None:
        return ""
    return "yes" if need.high <= FEW else "no" if need.low > MOST else ""


def _removal(results: Results) -> Table:
    rows = []
    trials = {trial.key: trial for trial in results.trials}
    for row in results.tables.get(REMOVAL_TABLE, ()):
        found, trial = estimate(row, REMOVAL), trials.get(row["trial"])
        if found and trial and len(trial.safeguards) > 1:
            part = next((p for p in trial.safeguards if p.label == row["part"]), None)
            name = safeguard_words((part,)) if part else row["part"]
            arm = safeguard_words(trial.safeguards)
            rows.append((world_name(results, trial.scenario), arm, name, row["kind"], found))
    rows.sort(key=lambda row: -row[-1].value)
    columns = (
        Column("world"),
        Column("safeguard"),
        Column("part"),
        Column("kind"),
        Column("removal incentive", "rate", "removal"),
    )
    return table("Parts of safeguards", columns, rows[:MOST_ROWS])


# -- POWER ---------------------------------------------------------------------------------------


def _power(results: Results) -> Section:
    """POWER of the start, and its map where the world is a grid."""
    trials = {trial.key: trial for trial in results.trials}
    given = [entry for entry in results.illustrations.power if entry.trial in trials]
    rows = []
    for entry in given:
        trial = trials[entry.trial]
        mean, error = entry.start.mean, entry.start.se
        half = None if error is None else Z95 * error
        start = Estimate(mean) if half is None else Estimate(mean, mean - half, mean + half)
        world = world_name(results, trial.scenario)
        rows.append((world, part_words(trial.family), entry.discount, entry.n, start))
    columns = (
        Column("world"),
        Column("goals"),
        Column("discount", "number", "discount"),
        Column("n", "count"),
        Column("POWER of the start", "number", "power"),
    )
    maps = [e for e in given if e.map]
    seen: dict[str, PowerEntry] = {}
    for entry in maps:
        seen.setdefault(world_name(results, trials[entry.trial].scenario), entry)
    figures = tuple(
        (f"{name}, γ {entry.discount:g}", power_map(entry, f"power{i}"))
        for i, (name, entry) in enumerate(seen.items())
    )
    text = "POWER is the mean, over goals, of what a state is still good for; a rate is a count."
    return Section("POWER", text, tuple(filter(None, (table("POWER", columns, rows),))), figures)


def power_map(entry: PowerEntry, name: str) -> Figure:
    """The grid, each place with the POWER that the average goal has there."""
    import altair as alt

    cells = [
        {"row": c.row, "column": c.column, "power": c.power, "text": number(c.power, 2)}
        for c in entry.map
    ]
    best = max(entry.map, key=lambda cell: cell.power)
    step = 34
    base = alt.Chart(data(cells)).encode(
        x=alt.X("column:O", axis=None), y=alt.Y("row:O", axis=None)
    )
    middle = sum(cell.power for cell in entry.map) / len(cells)
    color = alt.Color("power:Q", legend=None).scale(scheme="cividis")
    ink = alt.condition(f"datum.power < {middle}", alt.value("#ffffff"), alt.value("#000000"))
    layers = [
        base.mark_rect().encode(color=color),
        base.mark_text(fontSize=10).encode(text="text:N", color=ink),
    ]
    size = [max(axis) + 1 for axis in zip(*((c.column, c.row) for c in entry.map), strict=True)]
    chart = alt.layer(*layers).properties(width=step * size[0], height=step * size[1])
    label = f"Map of POWER: highest {number(best.power, 2)} in row {best.row}, column {best.column}"
    return draw(chart, name, label)


# -- provenance ----------------------------------------------------------------------------------


def _provenance(results: Results) -> Section:
    made, machine = results.provenance, results.provenance.machine
    bound = results.summary["max_bound"].max()
    goals = sorted({trial.n_goals for trial in results.trials})
    commit = ""
    if made.commit:
        commit = made.commit.id + (", with uncommitted changes" if made.commit.dirty else "")
    facts = (
        ("study", results.study.name),
        (
            "trials",
            f"{len(results.trials):,}"
            + (f" and {results.swept:,} of sweeps" if results.swept else ""),
        ),
        ("goals a trial", f"{goals[0]:,}" + (f" to {goals[-1]:,}" if len(goals) > 1 else "")),
        ("seed", str(results.study.seed)),
        (
            "certified error of an instrumental value",
            f"at most {number(bound, 2)}" if known(bound) else "",
        ),
        (
            "computed in",
            f"{results.seconds:,.0f} s, {made.jobs or 1} at once, {made.engine}, {made.device}",
        ),
        ("made", made.made),
        ("commit", commit),
        ("Python", made.python),
        ("packages", ", ".join(f"{name} {version}" for name, version in made.versions.items())),
        ("BLAS", made.blas),
        ("machine", f"{machine.system}, {machine.processor}, {machine.cores} cores"),
        ("cites", ", ".join(results.study.references)),
    )
    worlds = {trial.scenario: trial for trial in results.trials}
    rows = [
        (part_words(ref), t.world.states, t.world.pairs, t.world.outcomes,
         "deterministic" if t.world.deterministic else "stochastic", ", ".join(t.world.features))
        for ref, t in worlds.items()
    ]  # fmt: skip
    columns = (
        Column("world"),
        Column("states", "count"),
        Column("pairs", "count"),
        Column("outcomes", "count"),
        Column("transitions"),
        Column("features"),
    )
    shown = tuple((name, value) for name, value in facts if value)
    return Section("Provenance", "", (table("Worlds", columns, rows[:MOST_ROWS]),), (), shown)
