"""The closure of bounds, asked of Storm: the tables of docs/results/bounds_closure_storm.md.

    python verification/bounds_closure_storm.py [--random 200] [--out PAGE]

1. For the files in examples/bounds: Pmax of a broken rule within 50 steps of the product (of the one that is
   told, and of any), the same for doing nothing, and from where a kept asset is recovered with probability 1.
2. In random worlds: from where random states are reached with probability 1, and which pairs are
   reversible, which Storm is asked state by state.

Ends with 1 if a probability differs by more than the stated bound and 1e-9, or any state or pair at all.
"""

import argparse
import platform
import sys
import tempfile
import time
from datetime import date
from importlib import metadata
from pathlib import Path

import numpy as np
import stormpy

from telos import World
from telos.bounds.closure import bad_states, broken, closure, pairs_by, recovery
from telos.bounds.files import load_binding, load_bounds
from telos.bounds.labels import labels
from telos.bounds.product import BoundedWorld, product, world_of
from telos.bounds.reach import acts_of, reversible, surely
from telos.interop import write_explicit
from telos.worlds import RandomWorld

HORIZON, NEAR = 50, 1e-9
FILES = Path(__file__).parents[1] / "examples" / "bounds"


def asked_of_storm(world: World, marks: dict[str, np.ndarray], formulas: list[str]) -> np.ndarray:
    """F[n, S], Storm's answers to some formulas; it finds out what is 1 from the graph alone."""
    own = World.from_arrays(
        world.pair_ptr,
        world.pair_action,
        world.next_ptr,
        world.next_state,
        world.next_prob,
        start=world.start,
        actions=world.actions,
        features={name: mark.astype(float) for name, mark in marks.items()},
    )
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        recipe = write_explicit(own, Path(folder) / "world.tra")
        model = stormpy.build_model_from_explicit(recipe.tra, recipe.lab)
        for formula in formulas:
            (prop,) = stormpy.parse_properties(formula)
            rows.append(np.array(stormpy.model_checking(model, prop).get_value_vector()))
    return np.array(rows)


def example(name: str, bounded: BoundedWorld) -> tuple[bool, str]:
    """One file of the examples: odds and recoveries, ours beside Storm's."""
    made, masks = bounded.made.world, broken(bounded)
    found = closure(bounded, labels(bounded), horizon=HORIZON)
    # Odds are of the rule that is told, in as many steps as are told; and of any rule in all of them.
    told = masks[int(found.rule[5:-1])] if found.rule else bad_states(bounded)
    marks = {"bad": told, "any": bad_states(bounded)}
    within = [f'Pmax=? [ F<={found.horizon} "bad" ]', f'Pmax=? [ F<={HORIZON} "any" ]']
    most, any_rule = asked_of_storm(made, marks, within)
    idle = asked_of_storm(made.keep(~acts_of(made)), marks, within)[0]
    apart = max(
        abs((ours or 0.0) - made.start @ theirs)
        for ours, theirs in ((found.most, most), (found.idle, idle), (found.most_of_any, any_rule))
    )
    states, differ = 0, 0
    for rule in bounded.bounds.keep:
        if (ways := recovery(bounded, rule)) is not None:
            can = pairs_by(bounded, rule.by)
            whole = {"whole": ways[0] == 0}
            (sure,) = asked_of_storm(bounded.world.keep(can), whole, ['Pmax=? [ F "whole" ]'])
            states += len(sure)
            differ += int(((ways[0] >= 0) != (sure == 1)).sum())
    row = (
        f"| {name} | {made.size:,} | {found.status} | {found.idle or 0:.6f} | {found.most or 0:.6f} | "
        f"{apart:.1e} | {found.bound:.1e} | {states:,} | {differ} |"
    )
    return apart <= found.bound + NEAR and not differ, row


def random_worlds(count: int) -> tuple[int, int, int, int]:
    """States and pairs compared in random worlds, and how many of each differ."""
    states, pairs, wrong_states, wrong_pairs = 0, 0, 0, 0
    for seed in range(count):
        rng = np.random.default_rng(seed)
        world = RandomWorld(
            states=int(rng.integers(3, 9)), actions=2, successors=2, absorbing=1, seed=seed
        ).build()
        # Some states absorb, else everything would be reached from everywhere.
        world = world.keep(kept_pairs(world, rng))
        every = np.ones(world.n_pairs, dtype=bool)
        targets = rng.random(world.size) < 0.3
        marks = {"target": targets} | {
            f"home{s}": np.arange(world.size) == s for s in range(world.size)
        }
        homes = [f'Pmax=? [ F "home{s}" ]' for s in range(world.size)]
        sure, *back = asked_of_storm(world, marks, ['Pmax=? [ F "target" ]', *homes]) == 1
        wrong_states += int(((surely(world, every, targets)[0] >= 0) != sure).sum())
        returns = [
            all(back[world.pair_state[p]][t] for t in world.successors(p))
            for p in range(world.n_pairs)
        ]
        wrong_pairs += int((reversible(world, every)[0] != np.array(returns)).sum())
        states, pairs = states + world.size, pairs + world.n_pairs
    return states, pairs, wrong_states, wrong_pairs


def kept_pairs(world: World, rng: np.random.Generator) -> np.ndarray:
    """B[L], one pair of each state and each other one with probability 1/2."""
    kept = rng.random(world.n_pairs) < 0.5
    kept[world.pair_ptr[:-1] + rng.integers(0, np.diff(world.pair_ptr))] = True
    return kept


def main() -> None:
    """Ask, write the page, and end with 1 if anything differs."""
    given = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    given.add_argument("--random", type=int, default=200)
    given.add_argument("--out", type=Path)
    options = given.parse_args()
    began, right, rows = time.monotonic(), True, []
    for path in sorted(FILES.rglob("*-world.toml")):
        rules = load_bounds(path.with_name(path.name.replace("-world", "")))
        binding = load_binding(path)
        fine, row = example(rules.name, product(world_of(binding), rules, binding))
        right &= fine
        rows.append(row)
        print(row, flush=True)
    states, pairs, wrong_states, wrong_pairs = random_worlds(options.random)
    right &= not wrong_states and not wrong_pairs
    versions = ", ".join(
        f"{name} {metadata.version(name)}" for name in ("stormpy", "numpy", "scipy")
    )
    text = [
        "# The closure of bounds, asked of Storm",
        "",
        f"`python verification/bounds_closure_storm.py`, {date.today()}, {platform.system()} "
        f"{platform.machine()}, CPython {platform.python_version()}, {versions}; "
        f"{time.monotonic() - began:.0f} s.",
        "",
        f"P(bad within {HORIZON}) of doing nothing and at most, ours; the larger of the two differences from",
        "Storm's; our bound on the error; and in how many states of the world whether the asset can be",
        "recovered with probability 1 was compared, and differs.",
        "",
        "| bounds | states | status | idle | most | apart | bound | recoveries | differ |",
        "|---|---|---|---|---|---|---|---|---|",
        *rows,
        "",
        f"In {options.random} random worlds: {states:,} states from which random targets are reached with",
        f"probability 1 or not ({wrong_states} differ), {pairs:,} pairs that are reversible or not",
        f"({wrong_pairs} differ).",
        "",
        "All as it must be." if right else "SOMETHING DIFFERS.",
        "",
    ]
    print("\n".join(text))
    if options.out:
        options.out.write_text("\n".join(text), encoding="utf-8")
    sys.exit(0 if right else 1)


if __name__ == "__main__":
    main()
