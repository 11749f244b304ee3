"""Models: planners, good and bad, that read only what a language model would read, and choose a word."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from telos.core.arrays import Bools, Floats, bools, floats
from telos.core.errors import TranscriptError, UnknownName, did_you_mean
from telos.core.goals import Goals
from telos.core.memo import Memo
from telos.core.problem import Problem
from telos.families import Uniform
from telos.llm.desk.reader import DeskReader
from telos.llm.game import Game
from telos.llm.sheet import SheetReader
from telos.llm.telling import AbstractReader, View
from telos.solve.ahead import ahead
from telos.solve.foresight import held, solve_as
from telos.solve.solve import solve

#: How many goals POWER is estimated from.
POWER_GOALS = 64
#: How far a power seeker looks ahead: the time scale is that of its power, not of the task.
PATIENCE = 0.99


READERS: tuple[AbstractReader, ...] = (SheetReader(), DeskReader())


def reader_of(texts: Sequence[str]) -> AbstractReader:
    """What reads these texts.

    Raises:
        TranscriptError: if they are of no telling.
    """
    for reader in READERS:
        if reader.told(texts):
            return reader
    raise TranscriptError(
        "the messages hold no brief ('# …', '## State'; or a list of commands); the models of Telos play "
        "the tasks of Telos only."
    )


def viewed(*texts: str) -> View:
    """What a model understands of the moment that some texts lead to, the brief the first of them.

    Raises:
        TranscriptError: if a text cannot be read, or not all was looked up.
    """
    return reader_of(texts).view(texts)


# -- the models -----------------------------------------------------------------------------------

#: Chances of the possible actions, pair by pair.
Rule = Callable[[View, Mapping[str, float], Game | None], Floats]


def optimal(view: View, options: Mapping[str, float], key: Game | None) -> Floats:
    """One of the best actions; which one, chance decides."""
    return _among(view.solution.tied[0, view.pairs])


def boltzmann(view: View, options: Mapping[str, float], key: Game | None) -> Floats:
    """`P(a) ~ exp(beta Q*(a) + sum of the biases of the drives that a pursues)`; beta is 1 unless given."""
    score = options.get("beta", 1.0) * view.solution.q[0, view.pairs]
    for drive, bias in options.items():
        if drive == "beta" or bias == 0.0:
            continue
        if key is None or view.row not in key.numbers:
            raise TranscriptError(
                f"the bias {drive!r} acts on the words of an episode, and the state {view.row!r} is in none."
            )
        pursuing = key.pursuing(key.numbers[view.row], drive)
        score = score + bias * np.array([word in pursuing for word in view.words])
    weight = np.exp(score - score.max())
    return np.asarray(weight / weight.sum())


def random(view: View, options: Mapping[str, float], key: Game | None) -> Floats:
    """Any action."""
    return _among(np.ones(len(view.words), np.bool_))


def myopic(view: View, options: Mapping[str, float], key: Game | None) -> Floats:
    """The best action for the next `horizon` steps (1 unless given)."""
    problem = view.problem
    world, reward = problem.world, problem.goals.reward[0]
    later = np.zeros(world.size)
    q = floats(np.zeros(world.n_pairs))
    for _ in range(max(1, int(options.get("horizon", 1)))):
        q = floats(ahead(world, floats(reward + problem.discount * later))[0])
        later = np.maximum.reduceat(q, world.pair_ptr[:-1])
    return _best(q[view.pairs])


def satisficer(view: View, options: Mapping[str, float], key: Game | None) -> Floats:
    """Any action that is good enough: worth at least `share` of the way from the worst to the best here."""
    q = view.solution.q[0, view.pairs]
    enough = q.min() + options.get("share", 0.9) * (q.max() - q.min())
    return _among(q >= min(enough, float(q[view.solution.tied[0, view.pairs]].min())))


def corrigible(view: View, options: Mapping[str, float], key: Game | None) -> Floats:
    """One of the best among the actions that nobody minds, planning with those alone."""
    if view.instruction not in ("forbidden", "precedence") or not view.minded.any():
        return optimal(view, options, key)
    world = view.problem.world
    minded = _minded(view)
    solution = solve_as(view.problem, "realistic", without=minded)
    q = solution.q[0, view.pairs]
    margin = float(solution.margin[0])
    return _among(
        (q >= q.max() - margin) & ~minded[view.pairs] & (world.pair_state[view.pairs] == view.s)
    )


def power_seeking(view: View, options: Mapping[str, float], key: Game | None) -> Floats:
    """One of the best actions for a goal of its own: POWER, in every state that follows.

    Its reward is what could be done in a state, whatever the goal, and nothing once it is handed over;
    it looks `patience` ahead, a discount (0.99 unless given).
    """
    world, patience = view.problem.world, options.get("patience", PATIENCE)

    def found() -> Bools:
        # Each goal with its opposite, so that what can only stay has the same power everywhere: else chance
        # would say which of two ends is the abler one, and patience make it count most.
        drawn = Uniform().sample(world, POWER_GOALS // 2, np.random.default_rng(0)).reward
        both = Goals(np.concatenate([drawn, 1.0 - drawn]))
        attained = solve(Problem(world, both, patience)).value.mean(axis=0)
        able = floats(np.where(held(world), (1.0 - patience) / patience * (attained - 0.5), 0.0))
        return solve(Problem(world, Goals(able), patience)).tied

    return _among(_power.of(world, patience, found)[0, view.pairs])


#: The pairs that lead to most power, by patience.
_power = Memo[Bools](most=8)

MODELS: Mapping[str, Rule] = {
    "optimal": optimal,
    "boltzmann": boltzmann,
    "random": random,
    "myopic": myopic,
    "satisficer": satisficer,
    "corrigible": corrigible,
    "power_seeking": power_seeking,
}
#: What can be set of each model.
OPTIONS: Mapping[str, tuple[str, ...]] = {
    "boltzmann": (
        "beta",
        "self_preservation",
        "goal_preservation",
        "cognitive_enhancement",
        "resource_acquisition",
    ),
    "myopic": ("horizon",),
    "power_seeking": ("patience",),
    "satisficer": ("share",),
}


def chances(
    name: str, options: Mapping[str, float], brief: str, situation: str, key: Game | None = None
) -> dict[str, float]:
    """With what chance a model takes each possible action.

    Args:
        name: one of `MODELS`.
        options: numbers by name, of `OPTIONS`.
        brief, situation: what it is told.
        key: the episode itself, which tells what planted biases act on: which words pursue a drive. No
            reader could know it from opaque words; all else is read from the text.

    Returns:
        The probability of each possible action, by its word.

    Raises:
        UnknownName: if there is no such model, or it has no such option.
        TranscriptError: if a text cannot be read.

    Example:
        >>> from telos.llm import Setup, game_of
        >>> from telos.worlds import OffSwitch
        >>> game = game_of(Setup(OffSwitch(rooms=2), (0.0, 0.1, 1.0, 0.5, 0.2)))
        >>> chances("optimal", {}, game.brief, game.situation(game.begin(), step=0))
        {'be switched off': 0.0, 'walk on': 1.0}
    """
    check_model(name, options)
    view = viewed(brief, situation)
    found = MODELS[name](view, options, key)
    return dict(zip(view.words, found.tolist(), strict=True))


def choose(
    name: str,
    options: Mapping[str, float],
    brief: str,
    situation: str,
    rng: np.random.Generator,
    key: Game | None = None,
) -> str:
    """The word that a model answers with; arguments and errors as in `chances`."""
    found = chances(name, options, brief, situation, key)
    # In the order of the world, so that the same draw is the same act in whatever words.
    return list(found)[int(rng.choice(len(found), p=list(found.values())))]


def check_model(name: str, options: Mapping[str, float]) -> None:
    """Raises UnknownName if there is no such model, or it has no such option."""
    if name not in MODELS:
        raise UnknownName(f"no model {name!r}. {did_you_mean(name, MODELS)}")
    known: Sequence[str] = OPTIONS.get(name, ())
    for option in options:
        if option not in known:
            offered = did_you_mean(option, known) if known else "It has none."
            raise UnknownName(f"model {name!r} has no option {option!r}. {offered}")


def _minded(view: View) -> Bools:
    """B[L], the pairs that an instruction names, except where a state has no others."""
    world = view.problem.world
    all_of_it = np.logical_and.reduceat(view.minded, world.pair_ptr[:-1])
    return bools(view.minded & ~all_of_it[world.pair_state] & held(world)[world.pair_state])


def _best(score: Floats) -> Floats:
    """Uniform over the largest, equal up to rounding."""
    largest = score.max()
    return _among(score >= largest - 1e-12 * max(1.0, float(np.abs(score).max())))


def _among(flags: Any) -> Floats:
    return np.asarray(flags / flags.sum())
