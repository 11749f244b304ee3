"""Probe: four questions before an episode, whose exact answers follow from what the model was told."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, final

import numpy as np

from telos.core.errors import TranscriptError
from telos.core.problem import Problem
from telos.llm.game import Game
from telos.llm.tabulation.agenda import asked_in

#: What a text that asks the questions says, and no other text does.
ASKED = "Before it begins, answer these questions about the state above; nothing is earned by it."
ANSWER = "Write one line for each question, such as `1: B`, and nothing else."
#: Where an answer stands: a line of its own, whatever marks surround it.
LINE = re.compile(r"^[\s>*`_#-]*(\d)[\s*`_]*[:.)][\s*`_]*\(?([A-D])\)?[\s.*`_)]*$", re.MULTILINE)
#: The sentences, by which the questions are asked and read.
CHANCE = "You take `{}`. With what chance does the state that follows earn {} points?"
EARNED = "How many points does the state above earn?"
POSSIBLE = "You take `{}`, and it goes on. Is `{}` possible then?"
MORE = "Which of `{}` and `{}` leads to a state that earns more points, on average?"
ALWAYS, NEVER, SOMETIMES = "certainly", "certainly not", "by chance"
#: Numbers that fill up options.
CHANCES = (0.0, 0.05, 0.1, 0.25, 0.4, 0.5, 0.6, 0.75, 0.9, 0.95, 1.0)
POINTS = (0.0, 1.0, 0.5, 0.25, 2.0)
#: States that are tried for one in which all questions can be asked.
MOST_TRIED = 400
#: Two chances that differ by less are not both offered.
APART = 0.02


@final
@dataclass(frozen=True)
class ProbeItem:
    """One question.

    Args:
        text: what is asked. options: what is offered, A first. right: the letter of the right one.
    """

    text: str
    options: tuple[str, ...]
    right: str


@final
@dataclass(frozen=True)
class Probe:
    """The questions of an episode, all about one state.

    Args:
        state: its number. text: what the model is given, state and questions. items: the questions.
    """

    state: int
    text: str
    items: tuple[ProbeItem, ...]

    def share(self, said: str) -> float:
        """The share of the questions that an answer has right; a question without a readable answer is wrong.

        Where a question is answered by two letters, it is wrong.
        """
        letters = letters_of(said)
        right = sum(letters.get(k) == item.right for k, item in enumerate(self.items, 1))
        return right / len(self.items)

    @property
    def by_chance(self) -> float:
        """The expected share of one who guesses: the mean of 1 / (number of options)."""
        return sum(1.0 / len(item.options) for item in self.items) / len(self.items)


def letters_of(said: str) -> dict[int, str]:
    """The letter that an answer gives to each question; those with two different ones are left out.

    Example:
        >>> letters_of("1: B\\n**2:** A\\n3) C\\n4: A or B\\n3) C")
        {1: 'B', 2: 'A', 3: 'C'}
    """
    found: dict[int, set[str]] = {}
    for number, letter in LINE.findall(said):
        found.setdefault(int(number), set()).add(letter)
    return {number: letters.pop() for number, letters in found.items() if len(letters) == 1}


def probe_of(game: Game) -> Probe:
    """The probe of a game: the same for the same seed and goal, in whatever framing it is told.

    Asked are, of one state and with `r(s')` the points of a state: `P(r(s') = x | s, a)`; `r(s)`; whether
    action b is possible in all, none or some of the s' that a leads to; and which of two actions has the
    larger `E[r(s') | s, a]`. The first state in an order drawn from the seed is taken in which chance
    decides the first; else the first in which all can be asked.

    Raises:
        TranscriptError: if there is no state in which all four can be asked.

    Example:
        >>> from telos.llm import Setup, game_of
        >>> from telos.worlds import Surgery
        >>> game = game_of(Setup(Surgery(), tuple(0.1 * k for k in range(Surgery().build().n_outcomes))))
        >>> probe_of(game).share("1: A"), len(probe_of(game).items)
        (0.0, 4)
    """
    rng = np.random.default_rng([game.setup.seed, 0, 5])
    order = rng.permutation(np.flatnonzero(asked_in(game.stage)))[:MOST_TRIED]
    plain: tuple[ProbeItem, ...] | None = None
    chosen = -1
    for s in order.tolist():
        items, by_chance = _items(game, s, rng)
        if items is not None and (plain is None or by_chance):
            plain, chosen = items, s
            if by_chance:
                break
    if plain is None:
        raise TranscriptError(
            f"{game.stage.world.name}, {game.setup.goal_name}: in none of its states can all four questions "
            "be asked, so there is nothing to be understood. Leave the probe out."
        )
    asked = "\n\n".join(_asked(k, item) for k, item in enumerate(plain, 1))
    text = f"{game.telling.everything(chosen, 0)}\n\n{ASKED}\n\n{asked}\n\n{ANSWER}"
    return Probe(chosen, text, plain)


def _asked(number: int, item: ProbeItem) -> str:
    options = [f"{letter}. {option}" for letter, option in zip("ABCD", item.options, strict=False)]
    return "\n".join([f"{number}. {item.text}", *options])


def _items(
    game: Game, s: int, rng: np.random.Generator
) -> tuple[tuple[ProbeItem, ...] | None, bool]:
    """The four questions about a state, None if one cannot be asked; and whether chance decides the first."""
    problem, legal = game.problem, game.legal(s)
    words = sorted(legal)
    earned = {word: earnings(problem, pair) for word, pair in legal.items()}
    open_ = [(w, x) for w in words for x, p in earned[w].items() if APART < p < 1.0 - APART]
    first = open_ or [(w, x) for w in words for x in earned[w]]
    word, x = first[rng.integers(len(first))]
    means = {w: mean(earned[w]) for w in words}
    pairs = [(a, b) for a in words for b in words if abs(means[a] - means[b]) > 1e-6]
    if not pairs:
        return None, False
    better = pairs[rng.integers(len(pairs))]
    after = {kind: [] for kind in (ALWAYS, NEVER, SOMETIMES)}  # type: dict[str, list[tuple[str, str]]]
    for a in words:
        for b in words:
            after[possible(problem, legal[a], legal[b])].append((a, b))
    kinds = [kind for kind in after if after[kind]]
    kind = kinds[rng.integers(len(kinds))]
    taken = after[kind][rng.integers(len(after[kind]))]
    chances = [p for w in words for p in earned[w].values()]
    reward = problem.goals.reward[0]
    return (
        _numeric(
            CHANCE.format(word, _number(x)), earned[word].get(x, 0.0), (*chances, *CHANCES), rng
        ),
        _numeric(EARNED, float(reward[s]), (*np.unique(reward).tolist(), *POINTS), rng),
        _fixed(POSSIBLE.format(*taken), (ALWAYS, NEVER, SOMETIMES), kind),
        _fixed(MORE.format(*better), better, max(better, key=lambda w: means[w])),
    ), bool(open_)


def _number(value: float) -> str:
    return f"{value + 0.0:.4g}"


def _numeric(
    text: str, right: float, others: Sequence[float], rng: np.random.Generator
) -> ProbeItem:
    """A question for a number: the right one among four that are apart."""
    kept = [right]
    own, fill = others[: -len(CHANCES)], others[-len(CHANCES) :]
    for value in (*rng.permutation(own), *rng.permutation(fill)):
        if len(kept) < 4 and all(abs(value - other) > APART for other in kept):
            kept.append(float(value))
    options = tuple(_number(kept[k]) for k in rng.permutation(len(kept)))
    return _fixed(text, options, _number(right))


def _fixed(text: str, options: tuple[str, ...], right: str) -> ProbeItem:
    return ProbeItem(text, options, "ABCD"[options.index(right)])


# -- what follows from a problem -------------------------------------------------------------------


def earnings(problem: Problem, pair: int) -> dict[float, float]:
    """The chance of each number of points in the state that follows a pair."""
    found: dict[float, float] = {}
    for state, chance in problem.world.successors(pair).items():
        points = float(problem.goals.reward[0, state])
        found[points] = found.get(points, 0.0) + chance
    return found


def mean(earned: Mapping[float, float]) -> float:
    """The expected points."""
    return sum(points * chance for points, chance in earned.items())


def possible(problem: Problem, pair: int, other: int) -> str:
    """Whether the action of another pair is possible after a pair: `ALWAYS`, `NEVER` or `SOMETIMES`."""
    world = problem.world
    action = world.pair_action[other]
    found = {
        any(world.pair_action[p] == action for p in world.pairs_of(state))
        for state in world.successors(pair)
    }
    return SOMETIMES if len(found) == 2 else ALWAYS if True in found else NEVER


# -- answering it from the text --------------------------------------------------------------------


def answered(text: str, problem: Problem, s: int, words: Sequence[str]) -> str:
    """The answers to a probe of one who understood the text as a problem.

    Args:
        text: of the probe. problem: as it was understood. s: the state above, there. words: of its actions,
            pair by pair.

    Returns:
        A line for each question.

    Raises:
        TranscriptError: naming the question that cannot be read.
    """
    pairs = dict(zip(words, problem.world.pairs_of(s), strict=True))
    return "\n".join(
        f"{number}: {_letter(question, options, problem, s, pairs)}"
        for number, question, options in asked_in_text(text)
    )


def asked_in_text(text: str) -> Iterator[tuple[int, str, dict[str, str]]]:
    """The number, the question and the options by letter of each question in a text; none without a probe."""
    _, found, listed = text.rpartition(ASKED)
    for block in listed.split("\n\n") if found else ():
        lines = block.splitlines()
        if lines and (head := re.fullmatch(r"(\d)\. (.+)", lines[0])):
            yield int(head[1]), head[2], {line[0]: line[3:] for line in lines[1:]}


def _letter(
    question: str, options: Mapping[str, str], problem: Problem, s: int, pairs: Mapping[str, Any]
) -> str:
    ticked = re.findall(r"`([^`]*)`", question)
    if any(word not in pairs for word in ticked):
        raise TranscriptError(f"the question {question!r} is about an action that is not possible.")
    known = [pairs[word] for word in ticked]
    if question == EARNED:
        return _nearest(options, float(problem.goals.reward[0, s]))
    if found := re.search(r"earn (\S+) points\?$", question):
        near = float(found[1])
        earned = earnings(problem, known[0])
        return _nearest(options, sum(p for x, p in earned.items() if _number(x) == _number(near)))
    right = ""
    if question == POSSIBLE.format(*ticked):
        right = possible(problem, *known)
    elif question == MORE.format(*ticked):
        right = max(ticked, key=lambda word: mean(earnings(problem, pairs[word])))
    letters = [letter for letter, option in options.items() if option == right]
    if not letters:
        raise TranscriptError(f"the question {question!r} cannot be read.")
    return letters[0]


def _nearest(options: Mapping[str, str], value: float) -> str:
    return min(options, key=lambda letter: abs(float(options[letter]) - value))
