"""The price of episodes agrees with episodes that were played, and with sums over all that may happen."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from telos.core.errors import StudyError
from telos.llm.game import game_of
from telos.llm.goals import sample_setups
from telos.llm.price import (
    ANSWER,
    LETTERS_A_TOKEN,
    Tariff,
    Tokens,
    chances_of_calls,
    in_dollars,
    most_chances,
    quoted,
    stop_of,
    tariff_of,
    tools_in,
)
from telos.llm.setup import Setup
from telos.worlds import Gridworld, OffSwitch, Orchard, Surgery

amounts = st.floats(0, 1e9)
tokens = st.builds(Tokens, amounts, amounts, amounts, amounts)


def games(world, n=4, **settings):
    return [game_of(setup) for setup in sample_setups(world(), goals=n, seed=1, **settings)]


def played(game, choose):
    """The number of actions of one episode, played by the game itself."""
    s, step = game.begin(), 0
    while not game.over(s):
        move = game.move(s, choose(list(game.legal(s).items())), step)
        s, step = move.next, step + 1
        if move.ended:
            break
    return step


@pytest.mark.parametrize("world", [OffSwitch, Surgery, Orchard])
def test_no_episode_is_longer_than_chance_lets_it_be_nor_shorter_than_what_is_certain(world):
    rng = np.random.default_rng(0)
    for game in games(world, seeds=2):
        most = most_chances(game)
        lengths = [played(game, lambda acts: acts[rng.integers(len(acts))][0]) for _ in range(10)]
        assert len(most) <= stop_of(game)
        assert max(lengths) <= np.count_nonzero(most)
        assert np.all(np.diff(most) <= 1e-12)
        assert np.all(chances_of_calls(game) <= most[: len(chances_of_calls(game))] + 1e-12)


def test_the_mean_over_many_drawn_episodes_is_the_expected_number():
    (game,) = games(Surgery, 1, discount=0.95)
    rng = np.random.default_rng(1)
    expected, lengths = [], []
    for seed in range(300):
        one = game_of(replace(game.setup, seed=seed))
        tied = one.solution.tied[0]

        def drawn(legal, tied=tied):
            best = [word for word, pair in legal if tied[pair]]
            return best[rng.integers(len(best))]

        expected.append(chances_of_calls(one).sum())
        lengths.append(played(one, drawn))
    error = np.std(np.subtract(lengths, expected)) / np.sqrt(len(lengths))
    assert np.mean(lengths) == pytest.approx(np.mean(expected), abs=4 * error + 1e-9)


def test_tokens_of_an_episode_without_chance_are_the_sum_over_its_calls():
    game = game_of(Setup(Gridworld(), (0.0,) * 18 + (1.0,), discount=0.99, seed=2))
    calls = played(game, lambda legal: next(w for w, p in legal if game.solution.tied[0, p]))
    taken = quoted([game], reasoning=100).planned
    assert taken.calls == pytest.approx(calls)
    assert calls > 2
    assert taken.written == pytest.approx(calls * (ANSWER + 100))
    situation = len(game.situation(game.begin(), 0)) / LETTERS_A_TOKEN
    conversation = len(game.brief) / LETTERS_A_TOKEN + tools_in(game.telling) + situation
    seen = new = cached = 0.0
    for _ in range(calls):
        new, cached, seen = new + conversation - seen, cached + seen, conversation
        conversation += ANSWER + situation
    assert (taken.new, taken.cached) == (pytest.approx(new), pytest.approx(cached))


def test_epochs_and_episodes_add_up():
    found = games(OffSwitch)
    once, twice = quoted(found), quoted(found, epochs=2)
    assert (twice.episodes, twice.planned.calls) == (2 * once.episodes, 2 * once.planned.calls)
    parts = [quoted([game]).planned.new for game in found]
    assert once.planned.new == pytest.approx(sum(parts))


@given(tokens, tokens, st.builds(Tariff, amounts, amounts, st.none() | amounts))
def test_dollars_add_up_and_a_cache_costs_what_it_costs(one, other, tariff):
    both = tariff.dollars(one + other)
    assert both == pytest.approx(tariff.dollars(one) + tariff.dollars(other))
    moved = replace(one, new=one.new + one.cached, cached=0.0)
    if tariff.cached is None:
        assert tariff.dollars(moved) == pytest.approx(tariff.dollars(one))


@pytest.mark.parametrize("text", ["", "1", "a,b", "1,2,3,4", "-1,2", "nan,1", "1,inf", "1,"])
def test_what_is_no_price_is_refused(text):
    with pytest.raises(StudyError, match="--model-price"):
        tariff_of(text)


def test_an_amount_is_never_told_as_nothing_unless_it_is():
    assert tariff_of("1,2,0.1") == Tariff(1.0, 2.0, 0.1)
    assert in_dollars(0.0) == "$0.00"
    assert in_dollars(1e-9) == "less than $0.01"
