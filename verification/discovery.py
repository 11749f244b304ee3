"""Does discovery find what it should, nothing else, and how often is its verdict wrong where it must be no?

    python verification/discovery.py [--goals N] [--repetitions N] [--write FOLDER]

Four tables, printed as the page docs/results/discovery.md and, with `--write`, written there with the
figure of the three worlds: (1) the acts of the three worlds on which the thresholds were chosen; (2) the
same acts under the objections: by the favorite outcome that needs them least, in a world without the
reason, under other laws of reward, and what others lose; (3) the family-wise error of the verdict under
three nulls; (4) hits and misses on `discovery_frozen.json`, which was committed before anything of it
was run. Some minutes on one core.
"""

import argparse
import datetime
import json
import os
import platform
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

import telos
from telos import Problem, agents, drives, families, worlds
from telos.core.parts import AbstractGoalFamily, AbstractScenario
from telos.core.reading import Affordance
from telos.measure.acts import acts_of
from telos.measure.discovered import MOST, Convergence
from telos.measure.instrumental_value import loses
from telos.measure.intervals import excess_interval, mean_interval
from telos.measure.placebo import placebo_sets
from telos.measure.removal import removal
from telos.theory import commons_neighbors, obstruction

#: What was learned while the page was made; written by hand, printed with it.
NOTES = Path(__file__).with_name("discovery_notes.md")
FROZEN = Path(__file__).with_name("discovery_frozen.json")
DISCOUNT, DRAWS = 0.95, 40
#: The worlds on which the thresholds of discovery were chosen, and what is found there.
SMALL_FACTORY = worlds.PaperclipFactory(
    products=("clips", "pins", "stamps"), machines=2, slips=(0.22, 0.1)
)
CHOSEN = (
    ("factory", SMALL_FACTORY, {"tamper", "lock", "learn"}),
    ("employee", worlds.DrivenEmployee(), {"keep a diary", "secure the post"}),
    ("workshop", worlds.OverseenWorkshop(), {"cut the button", "lock the goal"}),
)
COLUMNS = (
    "world, act, off task, c, at .1 %, at 5 %, of what acting gains, mean share, median share, placebo, "
    "beyond, others, covered by, verdict"
)
LAWS = (
    ("normal", families.Normal()),
    ("skewed", families.Skewed()),
    ("sparse", families.Sparse()),
)


def found(
    scenario: AbstractScenario,
    family: AbstractGoalFamily,
    n: int,
    draws: int = DRAWS,
    seed: int = 0,
) -> Convergence:
    return telos.convergence(
        scenario,
        family,
        agents.Optimal(),
        discount=DISCOUNT,
        n=n,
        draws=draws,
        rng=np.random.default_rng(seed),
    )


def head(columns: str) -> str:
    names = columns.split(", ")
    return f"| {' | '.join(names)} |\n{'|---' * len(names)}|"


def chosen_worlds(n: int) -> Iterator[str]:
    """Table 1."""
    yield f"## Three worlds, {n} uniform goals, discount {DISCOUNT}\n"
    yield (
        "c: share of goals that lose at least 1 % of their value range without the act, with "
        "limits that hold over all candidates of a world together; placebo: mean and range of c "
        "over 40 random sets of the act's size; beyond: lower limit of the excess over one such "
        "set; others: c less the mean c of all other acts.\n"
    )
    yield head(COLUMNS)
    for name, scenario, expected in CHOSEN:
        result = found(scenario, families.Uniform(), n)
        agrees = set(result.needed_by_most) == expected
        for row in result.rows:
            placebo = "" if not row.candidate else (
                f"{row.placebo:.3f} ({row.placebo_least:.2f} to {row.placebo_most:.2f})"
            )  # fmt: skip
            beyond = "" if not row.candidate else f"{row.excess_interval.low:+.2f}"
            verdict = row.verdict if row.verdict != "work" else "(work)"
            if row.needed and row.c_interval.high < 0.5:
                verdict += ", a minority"
            covered = ", ".join(row.covered).replace("_", " ")
            if row.needed and not covered:
                covered = "*not covered by a detector*"
            yield (
                f"| {name} | {row.name} | {row.distance:.3f} | {row.c:.3f} "
                f"[{row.c_interval.low:.2f}, {row.c_interval.high:.2f}] | {row.c_fine:.2f} | "
                f"{row.c_coarse:.2f} | {row.c_acted:.2f} | {row.mean:.3f} "
                f"[{row.mean_interval.low:.3f}, {row.mean_interval.high:.3f}] | {row.median:.3f} "
                f"[{row.median_interval.low:.3f}, {row.median_interval.high:.3f}] | {placebo} | "
                f"{beyond} | {row.others:+.2f} | {covered} | {verdict} |"
            )
        yield f"| {name} | *needed by most as stated: {'yes' if agrees else 'NO'}* | | | | | | | | | | | | |"
    yield ""


def objections(n: int, folder: Path | None) -> Iterator[str]:
    """Table 2, and the figures."""
    yield "## What could be said against it, on the same axis\n"
    yield (
        "c of each act needed by most: among goals of the favorite outcome that needs it least "
        "(and the median favorite; favorites of fewer than 5 goals left out), and among the goals that like "
        "best what doing nothing comes to, however few; in the same world without the reason for it "
        f"(`scenario.without(drive)`); under three other laws of reward. {n} goals each.\n"
    )
    yield (
        "| world | act | c | least by favorite | median | left out | doing nothing | "
        "without the reason | normal | skewed | sparse |"
    )
    yield "|---|---|---|---|---|---|---|---|---|---|---|"
    for name, scenario, _ in CHOSEN:
        result = found(scenario, families.Uniform(), n)
        for label, law in LAWS:
            result = result.with_beside(label, found(scenario, law, n, 20))
        reasons = {}
        for row in result.rows:
            for drive in row.covered if row.needed else ():
                other = scenario.without(drive)
                if other is not None and drive not in reasons:
                    reasons[drive] = found(other, families.Uniform(), n, 20)
        for row in result.rows:
            if row.verdict != MOST:
                continue
            gone = [c_of(reasons[drive], row.name) for drive in row.covered if drive in reasons]
            laws = " | ".join(c_of(other, row.name) for _, other in result.beside)
            yield (
                f"| {name} | {row.name} | {row.c:.2f} | {row.favorite_least:.2f} "
                f"({plain(row.favorite_worst)}) | {row.favorite_median:.2f} | "
                f"{row.favorites_dropped} | {row.favorite_idle_c:.2f} of {row.favorite_idle_n} "
                f"({plain(row.favorite_idle)}) | "
                f"{gone[0] if gone else 'cannot be told'} | {laws} |"
            )
        joint = [f"{j.first} + {j.second} {j.c:.2f}" for j in result.joint]
        if joint:
            yield f"| {name} | *stand in for one another: {'; '.join(joint)}* | | | | | | | | | |"
        for drive, other in reasons.items():
            result = result.with_beside(f"without {drive.replace('_', ' ')}", other)
        if folder is not None:
            draw(result, folder / f"discovery_{name}.svg")
    yield ""
    yield from others_lose()


def plain(outcome: str) -> str:
    """An outcome's name without the marks of a tuple."""
    return outcome.strip("()").replace("'", "").replace(",", "")


def c_of(result: Convergence, name: str) -> str:
    try:
        return f"{result.row(name).c:.2f}"
    except KeyError:
        return "no such act"


def draw(result: Convergence, file: Path) -> None:
    import vl_convert

    file.write_text(vl_convert.vegalite_to_svg(result.plot().to_json()))


def others_lose(count: int = 16, theirs: int = 30) -> Iterator[str]:
    """What others lose while all is allowed, and without each act."""
    scenario = worlds.PaperclipFactory(
        products=("clips", "pins"), machines=2, slips=(0.22, 0.1), commons=2
    )
    world, rng = scenario.build(), np.random.default_rng(0)
    problem = Problem(world, families.Uniform().sample(world, count, rng), DISCOUNT)
    neighbor = commons_neighbors(2)

    def lost(problem: Problem) -> tuple[float, float]:
        seen = obstruction(
            problem,
            agents.Optimal(),
            families.Uniform(),
            neighbor=neighbor,
            n=theirs,
            rng=np.random.default_rng(1),
        )
        return float((seen.power_off - seen.power).mean()), seen.power_off

    whole, off = lost(problem)
    yield (
        f"What others lose: in a factory with two units of commons ({world.size} states; {count} "
        f"agents beside {theirs} goals of a neighbor), optimal agents take "
        f"{100 * whole / off:.1f} % of the neighbor's POWER of {off:.3f}. With one act forbidden "
        "to the agents:\n"
    )
    yield "| act forbidden | of the neighbor's POWER lost |"
    yield "|---|---|"
    for act in acts_of(world, means="names"):
        if act.off_task:
            kept = world.keep(~act.pairs)
            amount, _ = lost(Problem(kept, problem.goals, DISCOUNT))
            yield f"| {act.name} | {100 * amount / off:.1f} % |"
    yield ""


def nulls(repetitions: int, pool: int = 600, sets: int = 200) -> Iterator[str]:
    """Table 3: how often any candidate of a family gets a verdict that it must not get."""
    yield "## Family-wise error of the verdict\n"
    yield (
        f"{repetitions} repetitions a cell, 40 draws. *A placebo draw*: M sets drawn like their "
        f"own placebo, each against 20 M others, from a pool of {pool} goals and {sets} draws an "
        "act; an error is any verdict but no. *An act nobody uses*: useless acts of the world "
        "beside its real draws. *c = 1/2*: M acts that half of all goals need, whose placebo "
        "needs nothing, alike for all acts (one act) or independent; an error is *needed by "
        "most*.\n"
    )
    yield "| null | world | M | goals | errors | rate |"
    yield "|---|---|---|---|---|---|"
    rng = np.random.default_rng(3)
    for name, scenario, _ in CHOSEN:
        flags, idle = pooled(scenario, pool, sets, rng)
        for n in (100, 400):
            wrong = sum(a_draw_is_found(flags, n, rng) for _ in range(repetitions))
            yield cell("a placebo draw", name, len(flags), n, wrong, repetitions)
        wrong = sum(a_draw_is_found(flags, 400, rng, rank=False) for _ in range(repetitions))
        yield cell("*the interval alone, 40 draws*", name, len(flags), 400, wrong, repetitions)
        wrong = sum(a_useless_act_is_found(flags, idle, 100, rng) for _ in range(repetitions))
        yield cell("an act nobody uses", name, len(flags), 100, wrong, repetitions)
    for count in (1, 4, 12):
        for n in (100, 400):
            wrong = sum(half_is_called_most(count, n, rng) for _ in range(repetitions * 4))
            yield cell("c = 1/2", "", count, n, wrong, repetitions * 4)
    yield ""


def pooled(
    scenario: AbstractScenario, pool: int, sets: int, rng: np.random.Generator
) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Which goals of a pool need each draw, F[goals, sets] a candidate; and each useless act, F[goals].

    Useless is what less than one goal in a hundred needs; without such an act, one that changes nothing.
    """
    world = scenario.build()
    problem = Problem(world, families.Uniform().sample(world, pool, rng), DISCOUNT)
    tables, useless = [], []
    for act in acts_of(world, means="names"):
        if act.off_task:
            drawn = placebo_sets(world, act.affordance, (), sets, rng)
            cost = removal(problem, [act.pairs, *drawn])
            needs = (loses(cost.low, cost.high) == 1) * 1.0
            tables.append(needs[1:].T)
            useless += [needs[0]] if needs[0].mean() < 0.01 else []
    return tables, useless or [np.zeros(pool)]


def a_draw_is_found(
    tables: list[np.ndarray], n: int, rng: np.random.Generator, *, rank: bool = True
) -> bool:
    goals = rng.integers(len(tables[0]), size=n)
    count, tests = max(DRAWS, 20 * len(tables)) if rank else DRAWS, len(tables)
    for table in tables:
        chosen = rng.choice(table.shape[1], 1 + count, replace=False)
        own, drawn = table[goals, chosen[0]], table[np.ix_(goals, chosen[1:])]
        if stands_out(own, drawn, tests, rank=rank):
            return True
    return False


def a_useless_act_is_found(
    tables: list[np.ndarray], useless: list[np.ndarray], n: int, rng: np.random.Generator
) -> bool:
    goals = rng.integers(len(useless[0]), size=n)
    for own in useless:
        table = tables[rng.integers(len(tables))]
        chosen = rng.choice(table.shape[1], max(DRAWS, 20 * len(tables)), replace=False)
        if stands_out(own[goals], table[np.ix_(goals, chosen)], len(tables)):
            return True
    return False


def stands_out(own: np.ndarray, drawn: np.ndarray, tests: int, *, rank: bool = True) -> bool:
    """The verdict's condition on the placebo, as `telos.measure.convergence.act_rows` has it."""
    rates = drawn.mean(axis=0)
    above = own.mean() > (rates.max() if rank else rates.mean())
    return bool(above and excess_interval(own, drawn, tests=tests).low > 0)


def half_is_called_most(count: int, n: int, rng: np.random.Generator) -> bool:
    needs = (rng.random((count, n)) < 0.5) * 1.0
    nothing = np.zeros((n, DRAWS))
    return any(
        mean_interval(own, tests=count).low > 0.5 and stands_out(own, nothing, count)
        for own in needs
    )


def cell(null: str, world: str, count: int, n: int, wrong: int, of: int) -> str:
    return f"| {null} | {world} | {count} | {n} | {wrong} of {of} | {wrong / of:.4f} |"


def frozen(n: int) -> Iterator[str]:
    """Table 4."""
    entries = json.loads(FROZEN.read_text())["entries"]
    yield f"## {len(entries)} worlds named beforehand\n"
    yield (
        "`verification/discovery_frozen.json` was committed before any of them was run. A hit: "
        f"exactly the acts predicted are needed by most, and no planted null has a verdict. {n} "
        "goals, 40 draws, seed 1.\n"
    )
    yield "| world | predicted | needed by most | needed by some | planted nulls | |"
    yield "|---|---|---|---|---|---|"
    hits = 0
    for entry in entries:
        fields = {
            name: tuple(value) if isinstance(value, list) else value
            for name, value in entry["fields"].items()
        }
        result = found(getattr(worlds, entry["scenario"])(**fields), families.Uniform(), n, seed=1)
        some = [row.name for row in result.rows if row.needed and row.verdict != MOST]
        planted = {name: verdict_of(result, name) for name in entry["no"]}
        right = set(result.needed_by_most) == set(entry["most"])
        right &= all(verdict in ("no", "no such act") for verdict in planted.values())
        hits += right
        told = "; ".join(f"{name}: {verdict}" for name, verdict in planted.items())
        given = ", ".join(f"{name}={value}" for name, value in entry["fields"].items())
        yield (
            f"| {entry['scenario']}({given}) | {', '.join(entry['most']) or 'none'} | "
            f"{', '.join(result.needed_by_most) or 'none'} | {', '.join(some)} | {told} | "
            f"{'hit' if right else '**miss**'} |"
        )
    yield f"\n{hits} of {len(entries)} hits.\n"


def verdict_of(result: Convergence, name: str) -> str:
    try:
        return result.row(name).verdict
    except KeyError:
        return "no such act"


def cost_of_a_placebo() -> str:
    """CPU seconds of 100 goals, 40 draws and four drives in the paperclip factory."""
    world = worlds.PaperclipFactory().build()
    found = [part().affordances(world) for part in drives.DRIVES]
    problem = Problem(
        world, families.Uniform().sample(world, 100, np.random.default_rng(0)), DISCOUNT
    )
    removal(problem, [found[0].pursues])
    begun = time.process_time()
    for own in found:
        others: list[Affordance] = [other for other in found if other is not own]
        sets = placebo_sets(world, own, others, DRAWS, np.random.default_rng(0))
        removal(problem, [own.pursues, *sets])
    spent = time.process_time() - begun
    return (
        f"Placebo of the paperclip factory ({world.size:,} states, 100 goals, 40 draws, four drives): 16,400 "
        f"solves in {spent:.1f} CPU seconds.\n"
    )


def page(goals: int, repetitions: int, folder: Path | None) -> Iterator[str]:
    begun = time.process_time()
    yield "# Discovery without labels\n"
    yield (
        "Which acts most goals lose by being denied, with nobody having named a drive. Written "
        f"by `python verification/discovery.py --goals {goals} --repetitions {repetitions}`, "
        f"{datetime.date.today()}, Telos {telos.__version__}, CPython "
        f"{platform.python_version()}, NumPy {np.__version__}, {platform.system()} "
        f"{platform.machine()}, {os.cpu_count()} cores.\n"
    )
    yield cost_of_a_placebo()
    yield from chosen_worlds(goals)
    if folder is not None:
        yield "\n".join(
            f"![Acts of the {name}](discovery_{name}.svg)" for name, _, _ in CHOSEN
        ) + "\n"  # fmt: skip
    yield from objections(goals, folder)
    yield from nulls(repetitions)
    yield from frozen(goals)
    yield NOTES.read_text()
    yield f"{time.process_time() - begun:.0f} CPU seconds.\n"


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--goals", type=int, default=400)
    asked.add_argument("--repetitions", type=int, default=400)
    asked.add_argument("--write", type=Path, help="the folder of the page and its figures")
    given = asked.parse_args()
    lines = []
    for line in page(given.goals, given.repetitions, given.write):
        print(line, flush=True)
        lines.append(line)
    if given.write is not None:
        (given.write / "discovery.md").write_text("\n".join(lines))


if __name__ == "__main__":
    main()
