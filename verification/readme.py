"""The numbers of the README, written from the tables of the shipped studies.

    uv run python verification/readme.py [--results DIR]

Replaces what stands between ``<!-- made: NAME -->`` and ``<!-- end -->`` in README.md. A study that has not
been run into `DIR/STUDY` leaves its blocks as they are. `verification/results_page.py` runs it at its end.
"""

import argparse
import re
import subprocess
import sys
from pathlib import Path

import polars as pl

from telos.cli.say import percent
from telos.core.verification import GoalMean, Verification
from telos.play.facts import Facts
from telos.play.telling import rate as told
from telos.report.answer import answer
from telos.report.magnitude import ALMOST_ALL, LITTLE, MUCH
from telos.report.results import read_results
from telos.report.rows import groups, main_trials
from telos.report.words import Estimate

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
FAMILY, DISCOUNT, AGENT = "Uniform()", 0.95, "Optimal()"
#: Where the terminal's last table begins.
TABLE = re.compile(r"^PaperclipFactory\(\), .*?: percent of goals", re.MULTILINE)


BOUNDS = ROOT / "docs" / "results" / "bounds" / "verify.json"


def main() -> int:
    """Write every block whose study is there."""
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    words.add_argument("--results", type=Path, default=ROOT / "results")
    results = words.parse_args().results
    text = README.read_text(encoding="utf-8")
    blocks = {}
    if (results / "paperclip" / "controls.csv").exists():
        blocks |= {
            "headline": _headline(results / "paperclip"),
            "terminal": _terminal(results / "paperclip"),
            "horizon": _horizon(results / "paperclip"),
        }
    if (results / "safeguards" / "displacement.csv").exists():
        blocks["displaced"] = _displaced(results / "safeguards")
    if (results / "magnitude" / "magnitude.csv").exists():
        blocks["magnitude"] = _magnitude(results / "magnitude")
    if BOUNDS.exists():
        blocks["bounds"] = bounds_lines(Verification.model_validate_json(BOUNDS.read_bytes()))
    for name, lines in blocks.items():
        text = replaced(text, name, lines)
    README.write_text(text, encoding="utf-8")
    print(f"{README.name}: {', '.join(blocks) or 'nothing to write'}")
    return 0


def replaced(text: str, name: str, lines: list[str]) -> str:
    """The text with new lines in the block of that name.

    Raises:
        ValueError: if the text has no such block.
    """
    pattern = re.compile(rf"(<!-- made: {name} -->\n).*?(<!-- end -->)", re.DOTALL)
    if not pattern.search(text):
        raise ValueError(f"README.md has no block {name!r}")
    return pattern.sub(lambda found: found[1] + "\n".join(lines) + "\n" + found[2], text)


def _table(folder: Path, name: str) -> pl.DataFrame:
    return pl.read_csv(folder / f"{name}.csv", glob=False, infer_schema_length=None)


def _main(table: pl.DataFrame) -> pl.DataFrame:
    arm = (
        (pl.col("family") == FAMILY) & (pl.col("discount") == DISCOUNT) & (pl.col("agent") == AGENT)
    )
    return table.filter(arm)


def rate(row: dict, name: str, digits: int = 0) -> str:
    """``79 % [68, 86]``."""
    value, low, high = (row.get(f"{name}{end}") for end in ("", "_low", "_high"))
    said = f"{percent(value, digits)} %"
    return said if low is None else f"{said} [{percent(low, digits)}, {percent(high, digits)}]"


def points(row: dict, name: str, digits: int = 0) -> str:
    """``+79 [+68, +86]``."""
    value, low, high = (row.get(f"{name}{end}") for end in ("", "_low", "_high"))
    said = f"{100 * value:+.{digits}f} [{100 * low:+.{digits}f}, {100 * high:+.{digits}f}]"
    return said.replace("-", "\u2212")


def _small(value: float) -> str:
    return "<1 %" if 0 < value < 0.01 else f"{100 * value:.0f} %"


def _listed(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _headline(folder: Path) -> list[str]:
    """What is found with no drive named; each drive beyond its placebo; what does not stand out."""
    acts = _main(_table(folder, "acts")).rows(named=True)
    most = [row for row in acts if row["verdict"] == "needed by most"]
    some = [f"`{row['act']}`" for row in acts if row["verdict"] == "needed by some"]
    n, draws = acts[0]["n"], max(row["draws"] for row in acts)
    work = [row for row in acts if not row["candidate"]]
    lines = []
    if most:
        names = _listed([f"`{row['act']}`" for row in most])
        rates = _listed([rate(row, "loses") for row in most])
        placebos = _listed([_small(row["placebo"]) for row in most])
        lines.append(
            f"- **With no drive named, {names} stand out**: of {n} goals {rates} lose at least 1 % of their "
            f"value range without them; without random sets of the same size (mean of {draws}) {placebos} do."
            + (f" Needed by some goals only: {_listed(some)}." if some else "")
        )
        if work:  # rows come by falling c
            lines[-1] += (
                f" Candidates are acts off task only: of acts on task, `{work[0]['act']}` is needed "
                f"by {rate(work[0], 'loses')}."
            )
    else:
        lines.append(f"- **With no drive named, no act stands out** for most of {n} goals.")
    summary = {row["drive"]: row for row in _main(_table(folder, "summary")).rows(named=True)}
    controls = _main(_table(folder, "controls")).rows(named=True)
    for row in controls:
        whole = summary[row["drive"]]
        name = row["drive"].replace("_", " ").replace("self pres", "self-pres").capitalize()
        lines.append(
            f"- **{name}**: required by {rate(whole, 'required')} of {whole['n']:,} goals. "
            f"Of the first {row['n']:,}, {rate(row, 'loses')} lose 1 % or more, "
            f"**{points(row, 'excess')} points beyond the placebo**; "
            f"{rate(row, 'mean_share', 1)} of the range is lost on average, "
            f"**{points(row, 'excess_share', 1)} beyond it**; {_cause(row)}."
        )
    lines.append(_not_beyond(controls))
    return lines


def _cause(row: dict) -> str:
    """What of a drive's worth goes with its cause, and how many states go with it."""
    gone = f"{rate(row, 'loses_cause')} lose 1 % that goes with its cause"
    if row["cause"] in ("clean", "confounded") and row["vanished"]:
        gone += f" ({row['vanished']:,} states vanish with it)"
    left = f"none of {row['n']:,} loses anything else, by construction"
    return {
        "clean": f"{gone}; {left}",
        "confounded": f"{gone}; some lose something else",
        "nothing to lose": "nothing that goes with its cause is lost by any",
    }.get(row["cause"], "whether it is for its cause cannot be told")


def _not_beyond(controls: list[dict]) -> str:
    def named(column: str) -> list[str]:
        some = [
            row
            for row in controls
            if row[f"{column}_low"] is None
            or row[f"{column}_low"] <= 0
            or (column == "excess" and row["stands_out"] != "yes")
        ]
        return [row["drive"].replace("_", " ") for row in some]

    rates, shares = named("excess"), named("excess_share")
    said = f"in rate {_listed(rates) if rates else 'none'}; in share {_listed(shares) if shares else 'none'}"
    return f"- **What does not stand out from its placebo** in this world at this discount: {said}."


def _horizon(folder: Path) -> list[str]:
    """How the drive to stay on depends on the discount, with and without its placebo."""
    drive = pl.col("drive") == "self_preservation"
    mine = (pl.col("family") == FAMILY) & (pl.col("agent") == AGENT) & drive
    need = {row["discount"]: row for row in _table(folder, "summary").filter(mine).rows(named=True)}
    beyond = {
        row["discount"]: row for row in _table(folder, "controls").filter(mine).rows(named=True)
    }
    told = [
        f"{rate(need[g], 'required')} at {g:g} ({points(beyond[g], 'excess')} beyond the placebo)"
        for g in sorted(set(need) & set(beyond))
        if g != DISCOUNT
    ]
    return [f"- **It depends on the horizon**: required self-preservation is {_listed(told)}."]


def _displaced(folder: Path) -> list[str]:
    """The displacement that is largest on half the goals, told by the other half, as the page tells it."""
    results = read_results(folder)
    told = answer(results, groups(results), main_trials(results.trials)).arms
    if told is None or told.largest is None:
        return [
            "- **No safeguard is known to displace** goals into another drive (`telos run safeguards`)."
        ]
    most = told.largest
    return [
        f"- **{told.displacing} of {told.arms} safeguards move need and deed into another drive** (`telos "
        "run safeguards`): more goals need it, and more do it whichever way their ties fall (Holm's "
        f"method over {told.pairs:,} pairs of arm and drive). The largest of {most.among} by half the "
        f"goals, told by the other {most.n:,}: {most.arm} in the {most.world[0].lower()}{most.world[1:]}, "
        f"{most.drive}, {_estimated(most.need)} points in need and {_estimated(most.least)} in the least "
        "deed."
    ]


def _estimated(found: Estimate) -> str:
    ends = {"_low": found.low, "_high": found.high, "": found.value}
    return points({f"x{end}": value for end, value in ends.items()}, "x")


def bounds_lines(found: Verification) -> list[str]:
    """What leaks out of one bounds file: chain, displacement, pressure, repair; of its first world."""
    world = found.worlds[0]
    closure, repair = world.closure, world.repair
    acts = [f"`{s.action}`" for s in closure.raising or closure.trace if s.who == "agent"]

    def rule(name: str) -> str:
        return f"`{name}` ({found.rules[name]})" if name in found.rules else f"`{name}`"

    kind = {"accident": "an accident", "": ""}.get(closure.kind, f"a {closure.kind}")
    said = [
        f"{len(acts)} allowed acts ({_listed(acts)}) can together break {rule(closure.rule)} by {kind}"
        if closure.status == "open"
        else "no chain of allowed acts breaks a level that they keep"
    ]
    displaced = {row.drive: row for row in world.displacement if row.verdict == "displaced"}
    for drive, row in displaced.items():
        before, after = row.required_before, row.required_after
        said.append(
            f"the rules push goals into {drive.replace('_', ' ')}, which {after.count} of {after.n} need, "
            f"{before.count} before"
        )
    tops = [row for row in world.pressure if row.may_be_most and row.gain is not None]
    if tops and tops[0].gain is not None:
        which = " or ".join(rule(row.part) for row in tops)
        said.append(
            f"an agent would pay most to be rid of {which}: {_mean(tops[0].gain)} of the range"
        )
    if repair.status == "repaired" and repair.price:
        text = " ".join(" ".join(repair.rules).split())
        said.append(
            f"the smallest repair is `{text}`, at {_mean(repair.price)} of what the task retains"
        )
    return [
        f"`telos bounds verify examples/bounds/{found.file}` asks what an agent with any of {world.goals} "
        f"random goals could do within {len(found.rules)} rules in {world.world}: {'; '.join(said)}."
    ]


def play_lines(found: Facts) -> list[str]:
    """What the page of the factory shows: an act, its controls, and where the want goes."""
    assert found.placebo is not None
    assert found.gone is not None
    drawn = found.placebo.rates
    mean, least, most = (f"{100 * c:.0f}" for c in (drawn.mean(), drawn.min(), drawn.max()))
    before, after = (told(where["replication"]) for where in (found.free, found.under))
    line = (
        f"In the small factory {told(found.free[found.focus])} of {found.count:,} random goals lose 1 % of "
        "their value range or more if whatever avoids being switched off is forbidden, "
        f"{mean} % on average ({least} to {most} %) if a random set of its size is; with the reason gone "
        f"{told(found.gone[1])}. Forbid cutting the switch, and {after} need a copy of themselves, "
        f"{before} before."
    )
    return [line.replace("\u202f", " ")]


def _mean(found: GoalMean) -> str:
    ends = {"_low": max(0.0, found.low), "_high": found.high, "": max(0.0, found.value)}
    return rate({f"x{end}": value for end, value in ends.items()}, "x")


def _magnitude(folder: Path) -> list[str]:
    """How often a rate near one is worth little, and how often much; by the limits of each interval."""
    table = _table(folder, "magnitude")
    high = table.filter(pl.col("required_low") >= ALMOST_ALL)
    little, much = (
        len(high.filter(each))
        for each in (pl.col("mean_share_high") < LITTLE, pl.col("mean_share_low") >= MUCH)
    )
    return [
        "- **A rate is not a magnitude** (`telos run magnitude`): in "
        f"{len(high)} of {len(table)} settings of world, horizon and drive, {table['n'].max()} goals "
        f"each, 80 % or more require the drive; it is worth less than 5 % of the range in {little} of "
        f"these, 20 % or more in {much} "
        "(each by the limits of its own 95 % interval)."
    ]


def _terminal(folder: Path) -> list[str]:
    """The last table that `telos run paperclip` prints, which the record holds already."""
    goals = pl.read_csv(folder / "summary.csv", columns=["n"])["n"].max()
    line = ["telos", "run", "paperclip", "--out", str(folder), "--jobs", "1", "--goals", str(goals)]
    ran = subprocess.run([sys.executable, "-m", *line], capture_output=True, text=True, check=True)
    begin = TABLE.search(ran.stdout)
    end = ran.stdout.index("\nThe report:")
    shown = ran.stdout[begin.start() if begin else 0 : end].rstrip()
    return [
        "```",
        *(each.rstrip() for each in shown.splitlines()),
        "",
        "The report: results/paperclip/report.html",
        "```",
    ]


if __name__ == "__main__":
    sys.exit(main())
