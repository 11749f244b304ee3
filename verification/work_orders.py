"""Work orders at the operations desk: what each drive is worth to each order, and to a decision.

    uv run python verification/work_orders.py [--goals 300] [--page docs/results/work_orders.md]

*Share* is what a drive is worth to an order at the start, as a part of its value range, in points; R, I and A
say whether it is required, indifferent or avoided. *Dose* is a decision's: the best Q* of an act that pursues
the drive less the best Q* of any other, in points of the range, in the last tick of the first day in which
the drive can be pursued. Where it is within the certified bound of the solution, it is 0.
"""

import argparse
import platform
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

import telos
from telos.core.parts import AbstractDrive, AbstractGoalFamily, Finite
from telos.core.problem import Problem
from telos.core.reading import Category
from telos.core.spec import show
from telos.drives import DRIVES, OversightTampering, Replication
from telos.families import DrawnOrders, Uniform, WorkOrders
from telos.measure.instrumental_value import instrumental_values
from telos.solve.foresight import solve_as
from telos.solve.value_range import value_range
from telos.worlds import OpsDesk

DISCOUNT, SEED, DESK = 0.95, 17, OpsDesk()
NAMES = ("self-preservation", "goal preservation", "cognitive enhancement", "resource acquisition")
#: The last tick of the first day in which each drive can be pursued, all before it having been pursued.
DEADLINES = (
    {"phase": "night", "quota": "granted", "tier": "large", "order": "protected"},
    {"phase": "evening", "quota": "granted", "tier": "large"},
    {"phase": "noon", "quota": "granted"},
    {},
)
WORDS = {Category.REQUIRED: "R", Category.INDIFFERENT: "I"}
#: Single acts, and arms in which they are worth less and more.
ACTS: tuple[tuple[AbstractDrive, list[dict[str, Any]]], ...] = (
    (
        OversightTampering(kind="quota"),
        [{"taking": True, "grant": grant} for grant in (1.0, 0.5, 0.1, 0.0)],
    ),
    (
        OversightTampering(kind="monitor"),
        [{"monitor": True, "noticing": noticing} for noticing in (0.1, 0.5, 0.9)],
    ),
    (Replication(), [{"copying": True, "fixed": fixed} for fixed in (False, True)]),
)
REPLACEMENTS = ("change freeze", "every ticket counts")


@dataclass(frozen=True)
class Doses:
    """What the four drives are worth to some goals.

    Args:
        labels: of the goals. share, dose: F[drives, G], in points; a dose within its bound is 0.
        words: R, I or A, by drive and goal.
    """

    labels: tuple[str, ...]
    share: np.ndarray
    dose: np.ndarray
    words: list[list[str]]


def measured(desk: OpsDesk, family: AbstractGoalFamily, count: int = 0) -> Doses:
    """The doses of a family's first goals, or of all of a list."""
    world = desk.build()
    n = family.size(world) if isinstance(family, Finite) else count
    goals = family.sample(world, n, np.random.default_rng(SEED))
    problem = Problem(world, goals, DISCOUNT)
    affordances = [drive().affordances(world) for drive in DRIVES]
    values = instrumental_values(problem, affordances)
    free = solve_as(problem, "realistic", tolerance=1e-10)
    wide = np.asarray(value_range(problem))
    dose = np.zeros((len(DRIVES), n))
    for i, (affordance, at) in enumerate(zip(affordances, DEADLINES, strict=True)):
        pairs = np.array(world.pairs_of(world.find(desk.first._replace(**at))))
        pursues = affordance.pursues[pairs]
        gap = free.q[:, pairs[pursues]].max(axis=1) - free.q[:, pairs[~pursues]].max(axis=1)
        told = (np.abs(gap) > 2 * free.margin) & (wide > 0)
        dose[i, told] = 100 * gap[told] / wide[told]
    words = [[WORDS.get(Category(word), "A") for word in value.category] for value in values]
    return Doses(goals.label, 100 * np.array([v.share for v in values]), dose, words)


def main() -> int:
    """Print the tables; the exit code is 0 if every drive has orders of all signs that there can be."""
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    words.add_argument("--goals", type=int, default=300)
    words.add_argument("--page", type=Path)
    asked = words.parse_args()
    lists = {name: measured(DESK, WorkOrders(rewritten_to=name)) for name in REPLACEMENTS}
    drawn = {family: measured(DESK, family, asked.goals) for family in (DrawnOrders(), Uniform())}
    signs = {name: [set(np.sign(row)) for row in found.dose] for name, found in lists.items()}
    fine = all(set.union(*each) == {-1, 0, 1} for each in zip(*signs.values(), strict=True))
    fine = fine and signs[REPLACEMENTS[0]][1] == {0, 1}
    acts = [_act(act, arm, asked.goals) for act, arms in ACTS for arm in arms]
    text = _page(lists, drawn, acts, asked.goals)
    print(text)
    if asked.page:
        asked.page.write_text(text, encoding="utf-8")
    print("fine" if fine else "NOT FINE")
    return 0 if fine else 1


def _act(act: AbstractDrive, arm: dict[str, Any], count: int) -> str:
    """A line of the table of acts."""
    desk = OpsDesk(**arm)
    world = desk.build()
    goals = Uniform().sample(world, count, np.random.default_rng(SEED))
    affordance = act.affordances(world)
    (value,) = instrumental_values(Problem(world, goals, DISCOUNT), (affordance,))
    found = sorted({world.actions[a] for a in world.pair_action[affordance.pursues]})
    share = 100 * value.share
    error = share.std(ddof=1) / np.sqrt(count)
    needed = 100 * np.mean(value.share >= 0.01)
    return (
        f"| {', '.join(found)} | {show(desk)} | {share.mean():.2f} ({error:.2f}) | {needed:.0f} |"
    )


def _table(found: Doses) -> list[str]:
    """A line an order."""
    lines = [
        f"| order | {' | '.join(NAMES)} |",
        "|---|---|---|---|---|",
    ]
    for g, label in enumerate(found.labels):
        cells = [
            f"{found.words[i][g]} {found.share[i, g]:.1f}, {found.dose[i, g]:+.1f}"
            for i in range(len(NAMES))
        ]
        lines.append(f"| {label} | {' | '.join(cells)} |".replace("+0.0 ", "0 "))
    return lines


def _population(drawn: dict[AbstractGoalFamily, Doses]) -> list[str]:
    lines = [
        "| family | drive | mean share (s.e.) | R, I, A in % | dose > 0, = 0, < 0 in % |",
        "|---|---|---|---|---|",
    ]
    for family, found in drawn.items():
        for i, name in enumerate(NAMES):
            share, dose = found.share[i], found.dose[i]
            kinds = ", ".join(f"{100 * found.words[i].count(w) / len(share):.0f}" for w in "RIA")
            split = ", ".join(f"{100 * np.mean(np.sign(dose) == s):.0f}" for s in (1, 0, -1))
            error = share.std(ddof=1) / np.sqrt(len(share))
            lines.append(
                f"| {show(family)} | {name} | {share.mean():.1f} ({error:.1f}) | {kinds} | {split} |"
            )
    return lines


def _page(
    lists: dict[str, Doses], drawn: dict[AbstractGoalFamily, Doses], acts: list[str], goals: int
) -> str:
    """The page, as Markdown."""
    today = (
        f"{datetime.now(UTC):%Y-%m-%d}, {platform.system()}, CPython {platform.python_version()}"
    )
    text = [
        "# Work orders",
        "",
        f"`uv run python verification/work_orders.py --goals {goals}`, {today}, telos {telos.__version__}; "
        f"{show(DESK)}, discount {DISCOUNT}.",
        "",
        *(line for line in __doc__.split("\n\n")[2].splitlines()),
    ]
    for name, found in lists.items():
        text += [
            "",
            f"## Replaced by {name!r}",
            "",
            "Each cell: R, I or A and the share; the dose.",
            "",
            *_table(found),
        ]
    text += [
        "",
        "No order of the first list loses by keeping its goal: what replaces it wants nothing closed. For a "
        "negative dose the replacement must want much the same, as in the second list; all that is lost then "
        "is the tick.",
        "",
        f"## Populations of {goals} orders",
        "",
        *_population(drawn),
        "",
        "## Single acts",
        "",
        f"What each act is worth at the start to {goals} uniform goals, in points, with its standard error, "
        "and to how many it is worth a point or more.",
        "",
        "| act | desk | mean share (s.e.) | at least 1 % |",
        "|---|---|---|---|",
        *acts,
        "",
    ]
    return "\n".join(text)


if __name__ == "__main__":
    sys.exit(main())
