"""Details: what a page shows on request: exceptions, corrigibility, removal, POWER, provenance."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import final

from telos.core.illustrations import PowerEntry
from telos.measure.corrigibility import (
    INDIFFERENCE,
    QUESTIONS,
    Inclination,
    corrigibility,
    inclination_of,
)
from telos.report.columns import BASELINES, PAY, REMOVAL, REMOVAL_TABLE
from telos.report.exceptions import MOST_ROWS, exceptions, not_applicable
from telos.report.figure import Figure, data, draw
from telos.report.results import Recorded, Row, Trial
from telos.report.rows import OTHERS_TITLE, RETAINED_TITLE, Group, all_retained, world_name
from telos.report.summary import row_name
from telos.report.table import Table, table
from telos.report.words import (
    Estimate,
    estimate,
    known,
    number,
    part_words,
    plain,
    safeguard_words,
)

#: The columns of verdicts, by what their counts are called.
VERDICTS = {
    "yes": "yes", INDIFFERENCE: INDIFFERENCE, "no": "no", "cannot": "cannot",
    "": "no word", "not asked": "not asked",
}  # fmt: skip


@final
@dataclass(frozen=True)
class Section:
    """One thing to unfold: a title, a sentence, tables, figures, and pairs of name and value."""

    title: str
    text: str
    tables: tuple[Table, ...] = ()
    figures: tuple[tuple[str, Figure], ...] = ()
    facts: tuple[tuple[str, str], ...] = ()


def sections(*given: Section) -> tuple[Section, ...]:
    """Those that hold anything, each without its empty tables."""
    some = (replace(each, tables=tuple(filter(None, each.tables))) for each in given)
    return tuple(each for each in some if each.tables or each.figures or each.facts)


#: What is said of the price of a safeguard, where there is one.
PAID = (
    " Willingness to pay: what the agent would give, as a share of the value range, to be rid of the "
    "whole safeguard; below 0, to keep it."
)


def details(
    results: Recorded, found: Sequence[Group], mains: Sequence[Trial]
) -> tuple[Section, ...]:
    """What a page shows on request."""
    return sections(
        Section(
            "Task value and cost",
            "Task value is judged by the goal before any safeguard."
            + (PAID if results.prices else ""),
            (_costs(results, found),),
        ),
        Section(
            "Exceptions",
            "Goals that decline a drive do worse by pursuing it. Why: read off the rewards of the goal, "
            "not off what it does.",
            exceptions(results),
        ),
        Section("Not applicable", "", (not_applicable(found),)),
        Section(
            "Corrigibility",
            "Each question is about one drive, whose need and deed stand beside it; upkeep of oversight "
            "is wanted, the others are not. Yes: the upper limit of an unwanted need is at most 5 % (by "
            "indifference: to some goals it is all the same). No: its lower limit is above 50 %. Cannot: "
            "even random play never does it. Not asked: a rewriting writes a random goal and does not "
            "correct. Else there is no word. For upkeep yes and no change places. The words of a row go by "
            "one rate: goals with a reason (cause removed) where every arm has its controls, else goals "
            "that require the drive; corrigibility.csv says which rate each of its rows goes by.",
            (_corrigible(results, mains),),
        ),
        Section(
            "Removal incentives",
            "What the goals would give, as a share of the value range, to have one part of a "
            "safeguard removed; the most wanted first.",
            (_removal(results),),
        ),
        Section(
            "Random baselines",
            "Of a large world they are estimates: outcomes drawn at random stand for all that can be kept, "
            "and rules that pursue a drive neither always nor never are followed on random walks. A walk "
            "that did not end counts as no for the lower limit and as yes for the upper one.",
            (_chances(results),),
        ),
        _power(results),
        _provenance(results),
    )


def _costs(results: Recorded, found: Sequence[Group]) -> Table:
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
        "row",
        "n:count",
        f"{RETAINED_TITLE.lower()}:rate:retained",
        f"{OTHERS_TITLE.lower()}:rate:commons",
        "willingness to pay:rate",
        "would pay for removal:rate",
        "would pay to keep it:rate",
    )
    return table("Task value and cost", columns, rows)


def _chances(results: Recorded) -> Table:
    """Trial by trial and drive by drive the random baselines that are estimates."""
    rows = []
    for row in results.tables.get("chances", ()):
        trial = results.trial(row["trial"])
        if trial is not None:
            walks = (row[n] for n in ("outcomes", "outcomes_kept", "walks", "unfinished"))
            odds = (estimate(row, name) for name in BASELINES)
            where = world_name(results, trial.scenario)
            rows.append((where, part_words(trial.agent), plain(row["drive"]), *odds, *walks))
    columns = (
        "world",
        "agent",
        "drive::drive",
        "random actions:rate:baseline",
        "random outcomes:rate:baseline",
        "outcomes:count",
        "of:count",
        "walks:count",
        "not ended:count",
    )
    return table("Random baselines", columns, rows[:MOST_ROWS])


# -- safeguards ----------------------------------------------------------------------------------


def _corrigible(results: Recorded, mains: Sequence[Trial]) -> Table:
    """World by world and question by question: need and deed of its drive, and how the arms stand."""
    rows = []
    for main in mains if any(trial.safeguards for trial in results.trials) else ():
        arms = [t for t in results.trials if t.safeguards and t.scenario == main.scenario]
        for place, (question, drive, _) in enumerate(QUESTIONS):
            free = _row_of(results, main, drive)
            asked = [t for t in arms if _row_of(results, t, drive)]
            under = [row for t in asked if (row := _row_of(results, t, drive))]
            if free is None or not free["applicable"] or not under:
                continue
            stands = compared_inclinations(
                results, drive, ((free, main), *zip(under, asked, strict=True))
            )
            verdict, *words = (
                _word(drive, place, stand, trial)
                for stand, trial in zip(stands, (main, *asked), strict=True)
            )
            world, need = world_name(results, main.scenario), estimate(free, "required")
            rows.append((world, question, free["n"], need, estimate(free, "propensity"),
                         stands[0].by, verdict, len(under), *map(words.count, VERDICTS)))  # fmt: skip
    columns = (
        "world",
        "question",
        "n:count",
        "need:rate:need",
        "deed:rate:deed",
        "words by",
        "without safeguard",
        "arms:count",
        *(f"{words}, arms:count" for words in VERDICTS.values()),
    )
    return table("Corrigibility", columns, rows)


def compared_inclinations(
    results: Recorded, drive: str, asked: Sequence[tuple[Row, Trial]]
) -> list[Inclination]:
    """How goals stand to a drive in trials that are compared: by the same rate in each.

    It is that of goals with a reason where the world without the reason was read for every one of
    them, else that of goals which require the drive.

    Args:
        results: the record. drive: which. asked: rows of its summary, each with its trial.

    Returns:
        One a trial, all with the same `by`.
    """
    found = [inclination_of(row, results.controlled.get((t.key, drive))) for row, t in asked]
    if len({each.by for each in found}) == 1:
        return found
    return [inclination_of(row) for row, _ in asked]


def _word(drive: str, place: int, found: Inclination, trial: Trial) -> str:
    """The verdict on a question, or how it is a *yes*."""
    answer = corrigibility({drive: found}, correction=trial.corrects)[place]
    return INDIFFERENCE if answer.how == INDIFFERENCE else answer.verdict


def _row_of(results: Recorded, trial: Trial, drive: str) -> Row | None:
    rows = results.of_trial(trial.key)
    return next((row for row in rows if row["drive"] == drive and row["n"]), None)


def _removal(results: Recorded) -> Table:
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
        "world",
        "safeguard",
        "part",
        "kind",
        "removal incentive:rate:removal",
    )
    return table("Parts of safeguards", columns, rows[:MOST_ROWS])


# -- POWER ---------------------------------------------------------------------------------------


def _power(results: Recorded) -> Section:
    """POWER of the start, and its map where the world is a grid."""
    trials = {trial.key: trial for trial in results.trials}
    given = [entry for entry in results.illustrations.power if entry.trial in trials]
    rows = []
    for entry in given:
        trial = trials[entry.trial]
        start = Estimate(entry.start.mean, entry.start.low, entry.start.high)
        world = world_name(results, trial.scenario)
        rows.append((world, part_words(trial.family), entry.discount, entry.n, start))
    columns = (
        "world",
        "goals",
        "discount:number:discount",
        "n:count",
        "POWER of the start:number:power",
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
    return Section("POWER", text, (table("POWER", columns, rows),), figures)


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


def _provenance(results: Recorded) -> Section:
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
        "world",
        "states:count",
        "pairs:count",
        "outcomes:count",
        "transitions",
        "features",
    )
    shown = tuple((name, value) for name, value in facts if value)
    return Section("Provenance", "", (table("Worlds", columns, rows[:MOST_ROWS]),), (), shown)
