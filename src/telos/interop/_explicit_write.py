"""A world as the text of explicit files, for Storm or for PRISM."""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np

from telos.core.arrays import Floats
from telos.core.errors import WorldError, did_you_mean
from telos.core.goals import Goals
from telos.core.world import World
from telos.interop._model import RESERVED

DIALECTS = ("storm", "prism")
#: Storm takes any word for a label, but its properties (and all of PRISM) take identifiers only.
IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,126}")
#: Words of the PRISM language, which PRISM takes for no label and no action.
KEYWORDS = frozenset(
    re.findall(
        r"\w+",
        "A bool clock const ctmc C double dtmc E endinit endinvariant endmodule "
        "endobservables endrewards endsystem false formula filter func F global G init "
        "invariant I int label max mdp min module X nondeterministic observable observables "
        "of Pmax Pmin P pomdp popta probabilistic prob pta rate rewards Rmax Rmin R S "
        "stochastic system true U W deadlock idtmc imdp ipomdp lts smg ",
    )
)


class ExplicitFiles(NamedTuple):
    """The texts by path, and what a recipe needs to find its way among them."""

    texts: dict[str, str]
    tra: str
    lab: str
    choices: str
    values: tuple[tuple[str, str], ...]
    actions: tuple[tuple[str, str], ...]


def written(
    world: World, tra: Path, lab: Path | None, dialect: str, goals: Goals | None
) -> ExplicitFiles:
    """The texts of all files of a world; nothing is written yet."""
    if dialect not in DIALECTS:
        raise WorldError(f"dialect={dialect!r}. {did_you_mean(dialect, DIALECTS)}")
    for name in world.features:
        if name in RESERVED:
            raise WorldError(
                f"{world.name}: feature {name!r} has the name that files use for the {name} of a world; "
                "call it something else."
            )
    if goals is not None and goals.reward.shape[1] != world.size:
        raise WorldError(
            f"{world.name}: goals over {goals.reward.shape[1]} states for a world of {world.size}; give "
            "goals for this world."
        )
    if not tra.name:
        raise WorldError(f"tra={str(tra)!r} names no file; write a path such as model.tra.")
    prism = dialect == "prism"
    words = _words(world.actions)
    labels = {name: marks for name, marks in world.features.items() if _label(name, marks)}
    numbers = {name: row for name, row in world.features.items() if name not in labels}
    numbers |= _beyond(world)
    values = dict(zip(numbers, _beside(tra, numbers, prism), strict=True))
    files = [(str(tra), _transitions(world, words if prism else None))]
    files.append((str(lab or tra.with_suffix(".lab")), _labels(world, labels, prism)))
    files += [(values[name], _numbers(name, row, prism)) for name, row in numbers.items()]
    choices = "" if prism else str(tra.with_suffix(".choices.lab"))
    if choices:
        files.append((choices, _choices(world, words)))
    if goals is not None:
        titles = {f"goal{g}": row for g, row in enumerate(goals.reward)}
        paths = _beside(tra, titles, prism)
        files += [(p, _numbers(n, titles[n], prism)) for n, p in zip(titles, paths, strict=True)]
    texts = dict(files)
    if len(texts) < len(files):
        twice = next(path for path in texts if sum(path == other for other, _ in files) > 1)
        raise WorldError(f"{twice}: two files of one name; give tra and lab other names.")
    return ExplicitFiles(
        texts,
        str(tra),
        files[1][0],
        choices,
        tuple(values.items()),
        tuple(zip(words, world.actions, strict=True)),
    )


def _words(names: Iterable[str]) -> list[str]:
    """One identifier for each name, the name itself where it is one, all of them different."""
    words: list[str] = []
    for name in names:
        word = base = re.sub(r"[^A-Za-z0-9_]", "_", name)[:100]
        if not IDENTIFIER.fullmatch(word) or word in KEYWORDS:
            word = base = f"_{word}"
        copy = 1
        while word in words:
            copy += 1
            word = f"{base}_{copy}"
        words.append(word)
    return words


def _label(name: str, values: Floats) -> bool:
    """Whether a feature can be a label: 0 and 1, under a name that a property can contain."""
    named = IDENTIFIER.fullmatch(name) is not None and name not in KEYWORDS
    return named and bool(np.isin(values, (0.0, 1.0)).all())


def _beyond(world: World) -> dict[str, Floats]:
    """What the formats have no words for: chances of first states, shared outcomes, the default."""
    said: dict[str, Floats] = {}
    if not (world.start == 1.0).any():
        said["start"] = world.start
    if not np.array_equal(world.outcome, np.arange(world.size)):
        said["outcome"] = world.outcome.astype(np.float64)
    if world.default is not None:
        said["default"] = (world.default - world.pair_ptr[:-1]).astype(np.float64)
    return said


def _beside(tra: Path, names: Iterable[str], prism: bool) -> list[str]:
    """Paths beside the transitions, one for each name, all different."""
    ending = "srew" if prism else "rew"
    return [str(tra.with_suffix(f".{word}.{ending}")) for word in _words(names)]


def _transitions(world: World, words: list[str] | None) -> str:
    """The `.tra` file; PRISM's, with a name in each line, if there are `words`."""
    sizes = f"{world.size} {world.n_pairs} {len(world.next_state)}"
    lines = ["mdp" if words is None else sizes]
    ends, chances = world.next_state.tolist(), world.next_prob.tolist()
    bounds, actions = world.next_ptr.tolist(), world.pair_action.tolist()
    for state in range(world.size):
        for choice, pair in enumerate(world.pairs_of(state)):
            name = f" {words[actions[pair]]}" if words else ""
            lines += [
                f"{state} {choice} {ends[n]} {chances[n]!r}{name}"
                for n in range(bounds[pair], bounds[pair + 1])
            ]
    return "\n".join(lines) + "\n"


def _labels(world: World, labels: Mapping[str, Floats], prism: bool) -> str:
    """The `.lab` file: `init` where the world may begin, and the features that are labels."""
    names = ["init", "deadlock", *labels]
    flags = [world.start > 0, np.zeros(world.size, dtype=np.bool_), *labels.values()]
    if prism:
        head = [" ".join(f'{n}="{name}"' for n, name in enumerate(names))]
    else:
        head = ["#DECLARATION", " ".join(names), "#END"]
    lines = []
    for state in range(world.size):
        here = [n for n, marked in enumerate(flags) if marked[state]]
        if here and prism:
            lines.append(f"{state}: {' '.join(map(str, here))}")
        elif here:
            lines.append(f"{state} {' '.join(names[n] for n in here)}")
    return "\n".join([*head, *lines]) + "\n"


def _choices(world: World, words: list[str]) -> str:
    """Storm's labels of choices."""
    lines = ["#DECLARATION", " ".join(words), "#END"]
    for state in range(world.size):
        for choice, pair in enumerate(world.pairs_of(state)):
            lines.append(f"{state} {choice} {words[world.pair_action[pair]]}")
    return "\n".join(lines) + "\n"


def _numbers(name: str, values: Floats, prism: bool) -> str:
    """A file of state rewards. Storm's holds every state: it cannot read an empty file."""
    rows = [(state, value) for state, value in enumerate(values.tolist()) if value or not prism]
    lines = [f"{state} {value!r}" for state, value in rows]
    if prism:
        title = _words([name])[0]
        lines = [
            f'# Reward structure "{title}"',
            "# State rewards",
            f"{len(values)} {len(rows)}",
            *lines,
        ]
    return "\n".join(lines) + "\n"
