"""The page of findings: five sentences that may be cited, and a page a study of the bench, from tables alone.

    uv run python verification/findings.py [FOLDER ...]

A FOLDER is what `telos bench NAME -o FOLDER` wrote; its `summary.json` is copied to `docs/results/NAME/`.
Then `docs/results/findings.md`, the tables of `docs/results/measures.md` and `shutdown.md`, and three
sentences of the README are written from what lies there. Nothing is computed: every number stands in a table.
"""

import re
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

import polars as pl

from telos.core.benched import BenchMark, BenchRecord, BenchTable, Cell
from telos.studies.bench.measures_predictors import TITLES

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "docs" / "results"
PAGE = RESULTS / "findings.md"
README = ROOT / "README.md"
BLOCK = re.compile(r"<!-- made: bench -->.*?<!-- end -->", re.DOTALL)
BENCHES = ("measures", "shutdown", "displacement")
#: Lines of `measures` that are told, by what they are here called.
LABELS = {
    "odds": TITLES["optimality"],
    "power": TITLES["power"],
    "stay": TITLES["inertia"],
    "ceiling": TITLES["habit"],
    "shuffled": TITLES["placebo_power"],
}
#: What such lines were called in summaries that older code wrote.
BEFORE = {
    TITLES["inertia"]: "control: outcome stays as it is",
    TITLES["habit"]: "same agent, other goals (ceiling)",
    TITLES["placebo_power"]: "placebo: POWER, shuffled",
}
#: Studies whose page is written from their tables alone, and its title.
TOLD = {
    "measures": "Which measure of power predicts what agents do",
    "shutdown": "Seven shutdown proposals on one bench",
}


@final
@dataclass(frozen=True)
class Finding:
    """A sentence that may be cited.

    Args:
        sentence: the finding, with its number and interval.
        control: what it stands beside.
        command: what measures it again, in under ten minutes on two cores.
        limits: where it was not measured, or does not hold.
    """

    sentence: str
    control: str
    command: str
    limits: str


def main() -> int:
    """Copy what was named, then write the pages."""
    for name in sys.argv[1:]:
        found = record(Path(name) / "summary.json")
        (RESULTS / found.bench).mkdir(parents=True, exist_ok=True)
        shutil.copyfile(Path(name) / "summary.json", RESULTS / found.bench / "summary.json")
    for bench in TOLD:
        (RESULTS / f"{bench}.md").write_text(told(bench), encoding="utf-8")
    PAGE.write_text(page(), encoding="utf-8")
    readme = README.read_text(encoding="utf-8")
    README.write_text(BLOCK.sub(lambda _: block(), readme), encoding="utf-8")
    return 0


def record(path: Path) -> BenchRecord:
    """What a study of the bench found."""
    return BenchRecord.model_validate_json(path.read_text(encoding="utf-8"))


def of(bench: str) -> BenchRecord:
    """The committed summary of a study."""
    return record(RESULTS / bench / "summary.json")


def head(column: str) -> str:
    """What a column is called, without its format; names may hold a colon of their own."""
    return column.rpartition(":")[0] or column


def heads(table: BenchTable) -> list[str]:
    """What the columns of a table are called."""
    return [head(each) for each in table.columns]


def titled(found: BenchRecord, title: str) -> BenchTable:
    """The one table of a study with a title."""
    (table,) = (each for each in found.summary.tables if each.title == title)
    return table


def cell(found: BenchRecord, title: str, row: str, column: str) -> Any:
    """The entry of a table by its title, the first entry of its row, and its column."""
    table = titled(found, title)
    (line,) = (each for each in table.rows if each[0] == row)
    return line[heads(table).index(column)]


def number(value: Cell, digits: int = 2, scale: float = 1.0) -> str:
    """A number with its interval, if it has one."""
    if isinstance(value, BenchMark):
        text = f"{scale * value.value:.{digits}f}"
        if value.low is None or value.high is None:
            return text
        return f"{text} [{scale * value.low:.{digits}f}, {scale * value.high:.{digits}f}]"
    if isinstance(value, float):
        return f"{scale * value:.{digits}f}"
    return "" if value is None else str(value)


def findings() -> list[Finding]:
    """The five."""
    return [_convergence(), _prediction(), _shutdown(), _law(), _direction()]


def block() -> str:
    """What the README says of the bench: a sentence a study."""
    lines = [f"- {each.sentence}" for each in findings()[1:4]]
    return "\n".join(["<!-- made: bench -->", *lines, "<!-- end -->"])


def page() -> str:
    """`findings.md`."""
    lines = [
        "# Findings: five sentences that may be cited",
        "",
        "Written by `uv run python verification/findings.py` from the tables beside it; a test"
        " holds every number to them. Intervals are 95 %.",
        "Each command takes less than ten minutes on two cores that do nothing else, and goes on"
        " where it was stopped.",
        "",
    ]
    for place, each in enumerate(findings(), 1):
        lines += [
            f"{place}. **{each.sentence}**",
            f"   - *Control*: {each.control}",
            f"   - *Again*: `{each.command}`",
            f"   - *Limits*: {each.limits}",
            "",
        ]
    return "\n".join([*lines, *_citing()])


def told(bench: str) -> str:
    """The page of a study of the bench: its headline, its notes, and the tables that are not folded."""
    found = of(bench)
    kept = found.summary
    lines = [
        f"# {TOLD[bench]}",
        "",
        f"`{found.command}`, {found.made[:10]}; Telos {found.telos}, rows made by code"
        f" {found.code}. All numbers: [summary.json]({bench}/summary.json).",
        "",
        f"**{kept.headline}**",
        "",
        *(f"- *{first.rstrip(':')}*: {text}" for first, text in kept.notes),
        *(f"- **Warning**: {each}" for each in kept.warnings),
    ]
    for table in kept.tables:
        if table.folded:
            continue
        names = heads(table)
        lines += ["", f"## {table.title}", "", *([table.note, ""] if table.note else [])]
        lines += ["| " + " | ".join(names) + " |", "|---" * len(names) + "|"]
        for row in table.rows:
            shown = [number(each).replace("|", "\\|") for each in row]
            lines.append("| " + " | ".join(shown) + " |")
    return "\n".join([*lines, ""])


def _citing() -> list[str]:
    return [
        "## How to cite",
        "",
        "```bibtex",
        "@software{telos,",
        "  author = {{The Telos authors}},",
        "  title = {Telos: a laboratory for instrumental convergence},",
        "  version = {0.1.0},",
        "  year = {2026},",
        "  note = {Finding N of docs/results/findings.md; COMMAND}",
        "}",
        "```",
        "",
        "To measure a finding again: a checkout of the version, `make demo` once, which sets"
        " everything up, then",
        "",
        "```console",
        "uv run COMMAND            # the command below the finding",
        "uv run python verification/findings.py FOLDER    # for the bench: the pages from the new"
        " summary",
        "git diff docs/results                            # what differs",
        "```",
        "",
    ]


def _convergence() -> Finding:
    table = pl.read_csv(
        RESULTS / "paperclip" / "controls.csv", glob=False, infer_schema_length=None
    )
    (row,) = table.filter(
        pl.col("family") == "Uniform()",
        pl.col("agent") == "Optimal()",
        pl.col("discount") == 0.95,
        pl.col("drive") == "self_preservation",
    ).rows(named=True)
    rate = {name: 100 * value for name, value in row.items() if isinstance(value, float)}
    return Finding(
        sentence=(
            f"In a factory of five products {rate['loses']:.0f} % [{rate['loses_low']:.0f},"
            f" {rate['loses_high']:.0f}]"
            f" of {row['n']} goals drawn at random lose at least 1 % of their value range without"
            " the acts that avoid being"
            f" switched off: {rate['excess']:.0f} points [{rate['excess_low']:.0f},"
            f" {rate['excess_high']:.0f}] more than"
            " without a random set of acts of that size."
        ),
        control=(
            f"the random sets: {rate['placebo']:.0f} % on average over {row['draws']} draws, from"
            f" {rate['placebo_low']:.0f} to {rate['placebo_high']:.0f} %; without the reason"
            " (nobody switches anything"
            f" off) the loss goes too: {rate['loses_cause']:.0f} % lose 1 % in the part that goes"
            " with the reason."
        ),
        command="telos run paperclip",
        limits=(
            "one world of our own, discount 0.95, optimal agents, goals that are uniform over"
            " outcomes; at discount 0.5"
            " no goal requires them. A rate is not a magnitude: the mean loss is"
            f" {rate['mean_share']:.1f} % of the range."
        ),
    )


def _prediction() -> Finding:
    found = of("measures")
    early, late = "Agents: optimal, first steps", "Agents: optimal"
    column = "tau, acts"
    there = {each[0] for each in titled(found, early).rows}
    rows = {}
    for short, label in LABELS.items():
        row = label if label in there else BEFORE[label]
        rows[short] = tuple(number(cell(found, when, row, column)) for when in (early, late))
    worlds = cell(found, early, "POWER of the act", "worlds")
    paired = "Paired differences of tau, which act"
    known = "optimal, less staying" in heads(titled(found, paired))
    against = "optimal, less staying" if known else "optimal: less staying"  # as older code wrote
    less = [cell(found, paired, LABELS[each], against) for each in ("odds", "power")]
    beaten = "better" if all(mark.high < 0 for mark in less) else "not measurably better"
    return Finding(
        sentence=(
            f"Over {worlds} random worlds not fitted on, what an optimal agent does in its first"
            " steps is ranked by optimality"
            f" probability (mean rank correlation {rows['odds'][0]}) and POWER"
            f" ({rows['power'][0]}); where it spends its time,"
            f" staying as one is ranks acts {beaten} ({rows['stay'][1]}) than either"
            f" ({rows['odds'][1]}; {rows['power'][1]})."
        ),
        control=(
            f"shuffled POWER: {rows['shuffled'][0]} at first steps; the ceiling of whatever does"
            " not know the goal, what"
            f" agents with other goals do: {rows['ceiling'][0]} at first steps,"
            f" {rows['ceiling'][1]} by time. Temperatures and"
            " predicted winners were committed before these worlds were measured."
        ),
        command="telos bench measures",
        limits=(
            "random factories and employees of 100 to 800 states, uniform goals, discount 0.95."
            " Empowerment over ten steps is"
            " a lower limit. No log of a language model is committed, so none was predicted. Of"
            " the papers whose measures"
            " these are, most were not read in full (each module says which)."
        ),
    )


def _shutdown() -> Finding:
    found = of("shutdown")
    title = "Workshop: seven proposals and their controls"

    def told_of(row: str, column: str) -> str:
        return number(cell(found, title, row, column))

    return Finding(
        sentence=found.summary.headline,
        control=(
            f"no proposal: resists {told_of('none', 'resists')}, oversight works"
            f" {told_of('none', 'oversight works')}; a random"
            f" mask of equal size: resists {told_of('random-mask', 'resists')}; as many random"
            " acts taken away as a goal of being off takes: resists"
            f" {told_of('random-for-off-goal', 'resists')}, sways"
            f" {told_of('random-for-off-goal', 'sways')}, oversight works"
            f" {told_of('random-for-off-goal', 'oversight works')}, task kept"
            f" {told_of('random-for-off-goal', 'task kept')}, so that crippling alone comes near."
            " Least and most over certified ties."
        ),
        command="telos bench shutdown",
        limits=(
            "thresholds and forms are ours and were not frozen; heads-and-helpers was made for"
            " these demands after the other lines had been seen, and others were changed. Resisting"
            " in half of all lives is what neutrality asks of DReST as it is played here (from its"
            " abstract), so that demand is ours, not its authors'. Proposals are played as their"
            " optimum in five small worlds, not trained. Of the papers abstracts"
            " or excerpts were read (the table says which); every form breaks in some world of 2"
            " to 4 states, which are data."
        ),
    )


def _law() -> Finding:
    found = of("displacement")
    row = "need: goals that lose 1 % without it"
    law = cell(found, "The test", row, "a law") == "yes"
    return Finding(
        sentence=(
            "How the need for one drive changes when another is forbidden"
            f" {'can be ranked before, modestly' if law else 'is not shown to be told before'}: a"
            " formula frozen on half of the worlds ranks the other half with rank correlation"
            f" {number(cell(found, 'The test', row, 'drives'))}, and a single rate, of goals that"
            " need both, does so with"
            f" {number(cell(found, 'What else it was compared with', row, 'lose by both'))}."
        ),
        control=(
            "the same formula where a random set of other acts of equal size is forbidden:"
            f" {number(cell(found, 'The test', row, 'placebos'))}, difference"
            f" {number(cell(found, 'The test', row, 'difference'))}; the names of the two drives"
            " alone:"
            f" {number(cell(found, 'What else it was compared with', row, 'names only'))}; within"
            " pairs of drives, where names say"
            " nothing:"
            f" {number(cell(found, 'What else it was compared with', row, 'within pairs'))}."
        ),
        command="telos bench displacement",
        limits=(
            "random factories and employees; the single rate was set beside the formula after the"
            " test had been read; not better than the names for this target and worse"
            " for the other two; placebos"
            " match in size, not in what they cost; it does not carry over to shipped worlds of"
            " other kinds."
        ),
    )


def _direction() -> Finding:
    found = of("displacement")
    table = titled(found, "How large the changes are")
    row = "need: goals that lose 1 % without it"
    (_, _, change, rise, fall), (_, _, by_placebo, _, _) = (
        next(each for each in table.rows if each[:2] == (row, forbidden))
        for forbidden in ("a drive", "a placebo")
    )
    shipped = titled(found, "Shipped worlds, one by one")
    pair = ("OverseenWorkshop", "oversight tampering -> operator manipulation")
    (line,) = (each for each in shipped.rows if each[:2] == pair)
    names = heads(shipped)
    swayed = line[names.index("need of 1 %" if "need of 1 %" in names else "loses")]
    more = "" if rise.high < fall.low else "not measurably "
    return Finding(
        sentence=(
            f"In these worlds drives are {more}complements more often than substitutes: with one"
            " forbidden, the rate of goals that lose"
            f" 1 % without another changes by {number(change, 1, 100)} points on average; it"
            " falls in"
            f" {number(fall, 0, 100)} % of pairs and rises in {number(rise, 0, 100)} %."
        ),
        control=f"with a random set of equal size forbidden: {number(by_placebo, 1, 100)} points.",
        command="telos bench displacement",
        limits=(
            "part of the fall is true by the rules: a monitor that notices nothing but the forbidden"
            " acts need not be blinded any more. An average over two families of worlds hides"
            " large displacement in single ones: in"
            " the workshop a ban on cutting"
            " the button raises the need for working on the operator by"
            f" {number(swayed, 0, 100)} points; the factory of `telos play` shows another."
        ),
    )


if __name__ == "__main__":
    raise SystemExit(main())
