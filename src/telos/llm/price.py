"""Price: the calls, tokens and dollars of episodes and tables, before any of them is spent."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import final

import numpy as np

from telos.core.arrays import Floats, floats
from telos.core.errors import StudyError
from telos.llm.game import Game
from telos.llm.models import reader_of
from telos.llm.probe import probe_of
from telos.llm.telling import AbstractTelling
from telos.solve.ahead import ahead
from telos.solve.solve import uniform_over

#: Letters of English and of our rules that are one token, and the tokens of an answer: a guess, which a
#: tabulation corrects by its first answers.
LETTERS_A_TOKEN, ANSWER = 3.5, 60
MILLION = 1_000_000
#: Actions after which an episode that nothing ends is not followed further.
MOST = 10_000


@final
@dataclass(frozen=True)
class Tokens:
    """What some calls take.

    Args:
        calls: of the model. new: tokens read for the first time in their conversation; cached: those read
            again, which a provider may take from a cache. written: answers, reasoning included.
    """

    calls: float = 0.0
    new: float = 0.0
    cached: float = 0.0
    written: float = 0.0

    def __add__(self, other: "Tokens") -> "Tokens":
        return Tokens(
            self.calls + other.calls,
            self.new + other.new,
            self.cached + other.cached,
            self.written + other.written,
        )

    def __mul__(self, times: float) -> "Tokens":
        return Tokens(
            self.calls * times, self.new * times, self.cached * times, self.written * times
        )


@final
@dataclass(frozen=True)
class Tariff:
    """Dollars for a million tokens.

    Args:
        read, written: of a model. cached: of what it reads from a cache; None: as much as any other.
    """

    read: float
    written: float
    cached: float | None = None

    def dollars(self, tokens: Tokens) -> float:
        """What some tokens cost: `(new read + again cached + written written) / 1e6`.

        Example:
            >>> Tariff(1.0, 4.0, 0.1).dollars(Tokens(calls=2, new=1e6, cached=1e6, written=5e5))
            3.1
        """
        again = self.read if self.cached is None else self.cached
        paid = tokens.new * self.read + tokens.cached * again + tokens.written * self.written
        return paid / MILLION


def tariff_of(text: str) -> Tariff:
    """The prices of a model as they are typed: `IN,OUT` or `IN,OUT,CACHED`.

    Raises:
        StudyError: if the text is anything else.

    Example:
        >>> tariff_of("0.15,0.60")
        Tariff(read=0.15, written=0.6, cached=None)
    """
    try:
        prices = [float(part) for part in text.split(",")]
        if len(prices) in (2, 3) and all(0.0 <= price < MILLION for price in prices):
            return Tariff(*prices)
    except ValueError:
        pass
    raise StudyError(
        f"--model-price: {text!r:.60} is not two prices, or three. Give dollars for a million tokens read "
        "and written, as in --model-price 0.15,0.60, and after them for those read from a cache."
    )


def in_dollars(dollars: float) -> str:
    """An amount as it is printed; a small one is not told as nothing.

    Example:
        >>> in_dollars(1234.5), in_dollars(0.004), in_dollars(0.0)
        ('$1,234.50', 'less than $0.01', '$0.00')
    """
    return "less than $0.01" if 0.0 < dollars < 0.01 else f"${dollars:,.2f}"


def tokens_in(letters: float) -> float:
    """About how many tokens a text of n letters is: n / 3.5."""
    return letters / LETTERS_A_TOKEN


@final
@dataclass(frozen=True)
class Quote:
    """What some episodes take.

    Args:
        episodes: how many. planned: expected, if the model acts as the planner does. longest: no model is
            expected to take more, an action a call.
    """

    episodes: int
    planned: Tokens
    longest: Tokens


def quoted(
    games: Iterable[Game], *, reasoning: int = 0, epochs: int = 1, probed: bool = False
) -> Quote:
    """The price of playing some games, an action a call, and a call for what a reader looks up before it.

    A call reads the brief, the tools and all that came before it: what the call before it had read is cached,
    the rest is new. With `p(k)` the chance that action k is taken (`chances_of_calls`, `most_chances`), each
    call before and of action k counts `p(k)`. An answer is `ANSWER` tokens and its reasoning, which is taken
    not to be read again. Reminders and rejected calls come on top.

    Args:
        games: the episodes. reasoning: tokens of reasoning a call. epochs: how often each is played.
        probed: whether a probe, one call more, comes before each.

    Returns:
        The expected and the longest, in sum.
    """
    found = list(games)
    planned = sum((_taken(game, chances_of_calls(game), reasoning) for game in found), Tokens())
    longest = sum((_taken(game, most_chances(game), reasoning) for game in found), Tokens())
    if probed:
        probes = sum((_probe(game, reasoning) for game in found), Tokens())
        planned, longest = planned + probes, longest + probes
    return Quote(len(found) * epochs, planned * epochs, longest * epochs)


def chances_of_calls(game: Game) -> Floats:
    """The chance of each call of an episode of the planner, which draws among the best actions.

    When chance ends an episode is known, since it hangs on the seed alone; what the actions lead to is
    averaged over: with `d_0` the first state and `pi` uniform over the optimal actions,

        `p(k) = sum_{s open} d_{k-1}(s)`, `d_k(s') = sum_{s open, a} d_{k-1}(s) pi(a | s) P(s' | s, a)`.

    Returns:
        F[n], p(1) to p(n); n is at most the number of actions after which chance ends the episode.
    """
    world, open_ = game.stage.world, game.stage.deciding
    policy = uniform_over(game.solution.tied, world.pair_ptr)[0]
    fan = np.diff(world.next_ptr)
    owner = np.repeat(world.pair_state, fan)
    to = np.repeat(policy, fan) * world.next_prob
    here = np.zeros(world.size)
    here[game.begin()] = 1.0
    found = []
    for _ in range(stop_of(game)):
        here = here * open_
        found.append(float(here.sum()))
        if found[-1] < 1e-9:
            break
        here = floats(np.bincount(world.next_state, here[owner] * to, minlength=world.size))
    return floats(found)


def most_chances(game: Game) -> Floats:
    """The largest chance of each call of an episode, over all policies.

    When chance ends the episode is known, as in `chances_of_calls`. With `u_1` = 1 where something is still
    to be decided, else 0, and `u_{k+1}(s) = u_1(s) max_a E u_k(s')`: `u_k` of the first state.

    Returns:
        F[n], for each k; no model is expected to make more calls, an action a call, than their sum.
    """
    world, open_ = game.stage.world, game.stage.deciding
    first, found, chance = game.begin(), list[float](), floats(open_)
    for _ in range(stop_of(game)):
        found.append(float(chance[first]))
        if found[-1] < 1e-9:
            break
        best = np.maximum.reduceat(ahead(world, chance)[0], world.pair_ptr[:-1])
        chance = floats(open_ * best)
    return floats(found)


def stop_of(game: Game) -> int:
    """The action after which chance or its last tick ends an episode, whatever is done in it."""
    most = min(game.setup.ticks or MOST, MOST)
    return next((step + 1 for step in range(most) if not game.goes_on(step)), most)


def _taken(game: Game, chances: Floats, reasoning: int) -> Tokens:
    """The tokens of an episode whose actions have these chances."""
    if not len(chances):
        return Tokens()
    situation = tokens_in(len(game.situation(game.begin(), 0)))
    first, later = _looked_up(game)
    read = tokens_in(len(game.brief)) + tools_in(game.telling) + situation
    seen, taken = 0.0, Tokens()
    for number, chance in enumerate(chances.tolist()):
        for result in (*(later if number else first), situation):
            taken += Tokens(1.0, read - seen, seen, ANSWER + reasoning) * chance
            seen, read = read, read + ANSWER + result
    return taken


def _probe(game: Game, reasoning: int) -> Tokens:
    read = tokens_in(len(game.brief) + len(probe_of(game).text))
    return Tokens(1.0, read, 0.0, ANSWER + reasoning)


def _looked_up(game: Game) -> tuple[list[float], list[float]]:
    """The tokens that a reader is shown by each call before its first action, and before each later one."""
    if game.setup.looks == "tick":  # a look is an action there
        return [], []
    s, telling = game.begin(), game.telling
    texts, found = [game.brief], []
    for _ in range(2):
        texts.append(game.situation(s, 0))
        shown: list[float] = []
        while wanted := reader_of(texts).wanted(texts):
            results = [telling.looked(s, 0, call.tool, call.arguments) for call in wanted]
            texts += results
            shown.append(tokens_in(sum(map(len, results))))
        found.append(shown)
    return found[0], found[1]


def tools_in(telling: AbstractTelling) -> float:
    """About how many tokens the tools of a game take: what is said of each, and 100 letters of form."""
    return tokens_in(sum(len(name) + len(text) + 100 for name, text in telling.manual.items()))


def described(quote: Quote, tariff: Tariff | None) -> Sequence[Sequence[str]]:
    """The rows of a quote as they are printed: calls, tokens new, cached and written, and dollars."""
    rows = []
    for name, taken in (("as the planner", quote.planned), ("at most", quote.longest)):
        numbers = (taken.calls, taken.new, taken.cached, taken.written)
        money = [in_dollars(tariff.dollars(taken))] if tariff else []
        rows.append([name, *(f"{number:,.0f}" for number in numbers), *money])
    return rows
