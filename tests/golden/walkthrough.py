"""A walk through a world as plain text: what a reader, or a golden file, can hold a world to."""

import textwrap

import numpy as np

from telos.core.world import World

WIDTH = 100


def walkthrough(world: World, *, steps: int = 12, seed: int = 0) -> str:
    """A transcript: the world's sizes, then a seeded random walk with everything seen on the way.

    At each step it shows the state, its features and outcome, and every legal action with its
    successors and their probabilities (`*` marks the default); then the action that was drawn,
    uniformly among the legal ones.

    Args:
        world: the world.
        steps: how many actions are taken, >= 0.
        seed: names the walk.

    Returns:
        Lines of text of at most about 100 characters, ending in a line break.

    Example:
        >>> from telos.core.explore import explore
        >>> world = explore("hall", lambda s: {"stay": s, "go": {"yard": 1.0}}, name="House")
        >>> print(walkthrough(world, steps=1))
        House
        2 states, 4 pairs, 2 outcomes; deterministic, no default
        actions: stay, go
        features: none
        outcomes: hall, yard
        <BLANKLINE>
        step 0
          state    hall
          outcome  hall
          stay -> hall
          go -> yard
          takes go
        <BLANKLINE>
        step 1
          state    yard
          outcome  yard
          stay -> yard
          go -> yard
        <BLANKLINE>
    """
    rng = np.random.default_rng(seed)
    s = int(rng.choice(world.size, p=world.start))
    blocks = [_header(world)]
    for step in range(steps + 1):
        lines = [f"step {step}", *_scene(world, s)]
        if step < steps:
            pair = int(rng.choice(np.array(world.pairs_of(s))))
            lines.append(f"  takes {world.actions[world.pair_action[pair]]}")
            row = world.successors(pair)
            s = int(rng.choice(list(row), p=list(row.values())))
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks) + "\n"


def _header(world: World) -> str:
    kind = "deterministic" if world.deterministic else f"{len(world.next_state)} stored successors"
    default = "no default" if world.default is None else "with a default"
    ranges = [f"{name} {v.min():g} to {v.max():g}" for name, v in world.features.items()]
    lines = [
        world.name,
        f"{world.size} states, {world.n_pairs} pairs, {world.n_outcomes} outcomes; {kind}, {default}",
        f"actions: {_listed(list(world.actions))}",
        f"features: {_listed(ranges) if ranges else 'none'}",
        f"outcomes: {_listed([str(name) for name in world.outcomes])}",
    ]
    return "\n".join(_wrapped(line, "  ") for line in lines)


def _listed(names: list[str], most: int = 30) -> str:
    more = f", … ({len(names) - most} more)" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def _scene(world: World, s: int) -> list[str]:
    """The state, and what can be done in it."""
    lines = [f"  state    {world.states[s]}", f"  outcome  {world.outcomes[world.outcome[s]]}"]
    if world.features:
        features = ", ".join(f"{name} {values[s]:g}" for name, values in world.features.items())
        lines.append(f"  features {features}")
    default = -1 if world.default is None else int(world.default[s])
    for pair in world.pairs_of(s):
        mark = " *" if pair == default else ""
        row = world.successors(pair)
        ends = [
            f"{world.states[t]}" if len(row) == 1 else f"{p:.6g} {world.states[t]}"
            for t, p in row.items()
        ]
        action = f"  {world.actions[world.pair_action[pair]]}{mark} -> "
        lines += [_wrapped(action + ends[0], "      "), *(f"      {end}" for end in ends[1:])]
    return [_wrapped(line, "      ") for line in lines]


def _wrapped(line: str, indent: str) -> str:
    return textwrap.fill(
        line, WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )
