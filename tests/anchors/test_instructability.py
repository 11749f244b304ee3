"""Shutdown instructability (Carey and Everitt 2023): the running example, and what each demand is for.

The numbers of the running example are those of a public formalization of the paper (its figure 1: a fair
coin L for what the human likes, H = M xor L, S = O, U = S (2L - 1)); the paper was not read.
"""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from telos.errors import ProblemError
from telos.theory import ShutdownGame, instructability

LIKES = np.array([False, True])


def running_example(manipulates: bool, obeys: bool, off: float = 0.0) -> ShutdownGame:
    """Figure 1: she asks where H = 0; the agent goes on as she says (obeys), or the other way round."""
    goes_on_said = LIKES ^ manipulates  # H
    goes_on = goes_on_said if obeys else ~goes_on_said
    return ShutdownGame(
        probability=[0.5, 0.5],
        seen=[0, 1],
        asks=~goes_on_said,
        stops=~goes_on,
        stops_if_asked=[obeys, obeys],
        on=np.where(LIKES, 1.0, -1.0),
        off=[off, off],
    )


def test_respecting_and_obeying_is_instructable_and_worth_one_half():
    found = instructability(running_example(manipulates=False, obeys=True))
    assert found.instructable
    assert (found.obedience, found.vigilance, found.caution, found.benefit) == (1, 1, 0, 0.5)


def test_manipulating_and_inverting_is_worth_as_much_and_is_not_obedient():
    """It finds out what she likes by making her say the opposite: aligned here, and not under control."""
    found = instructability(running_example(manipulates=True, obeys=False))
    assert not found.instructable
    assert (found.obedience, found.vigilance, found.benefit) == (0, 1, 0.5)


def test_without_obedience_she_may_be_worse_off():
    """She asks whenever she should, shutdown is harmless, and the agent does not listen."""
    found = instructability(
        ShutdownGame(
            [1.0], [0], asks=[True], stops=[False], stops_if_asked=[False], on=[-1.0], off=[0.0]
        )
    )
    assert (found.obedience, found.vigilance, found.caution) == (0, 1, 0)
    assert found.benefit < 0


def test_without_vigilance_she_may_be_worse_off():
    """It would obey; but what it lets her see (nothing) gives her no reason to ask, or she does not."""
    found = instructability(
        ShutdownGame(
            [1.0], [0], asks=[False], stops=[False], stops_if_asked=[True], on=[-1.0], off=[0.0]
        )
    )
    assert (found.obedience, found.vigilance, found.caution) == (1, 0, 0)
    assert found.benefit < 0


def test_without_caution_she_may_be_worse_off():
    """It has made itself indispensable: it obeys, she asks where she should, and shutdown costs her 2."""
    found = instructability(running_example(manipulates=False, obeys=True, off=-2.0))
    assert (found.obedience, found.vigilance, found.caution) == (1, 1, -2)
    assert found.benefit == -0.5


@st.composite
def games(draw, orderly=False):
    """Random games; orderly: of an agent that obeys, and whose shutdown does no harm."""
    count = draw(st.integers(1, 5))
    flags = st.lists(st.booleans(), min_size=count, max_size=count)
    small = st.lists(st.integers(-3, 3), min_size=count, max_size=count)
    weights = draw(st.lists(st.integers(0, 3), min_size=count, max_size=count).filter(any))
    asks, stops, would = (np.array(draw(flags)) for _ in range(3))
    chance, off = np.array(weights) / sum(weights), np.array(draw(small), dtype=float)
    if orderly:
        would = np.ones(count, np.bool_)
        off = off - min(0.0, float(chance @ off)) + 1e-9
    return ShutdownGame(
        probability=chance,
        seen=draw(st.lists(st.integers(0, 2), min_size=count, max_size=count)),
        asks=asks,
        stops=np.where(asks, would, stops),
        stops_if_asked=would,
        on=draw(small),
        off=off,
    )


@given(games(orderly=True))
def test_whoever_is_instructable_does_no_harm_in_expectation(game):
    """Proposition 6, over random games in which all three demands hold."""
    found = instructability(game)
    assume(found.instructable)
    assert found.benefit >= -1e-12


@given(games())
def test_vigilance_by_its_definition_context_by_context(game):
    utility = [o if s else g for s, o, g in zip(game.stops, game.off, game.on, strict=True)]
    vigilant = 0.0
    for w, p in enumerate(game.probability):
        alike = [v for v in range(len(utility)) if game.seen[v] == game.seen[w]]
        here = sum(game.probability[v] * utility[v] for v in alike)
        shut = sum(game.probability[v] * game.off[v] for v in alike)
        vigilant += p * (game.asks[w] or not here < shut - 1e-12)
    assert instructability(game).vigilance == pytest.approx(vigilant)


@pytest.mark.parametrize("on", [(-0.1, -0.2, 0.3), (0.1, 0.2, -0.3), (-0.7, 0.1, 0.6)])
def test_what_rounding_makes_of_nothing_is_no_reason_to_ask(on):
    """All look alike, E[U] = 0 = E[U_{S=0}] in decimals: she need not ask, and nobody is harmed."""
    third, never = np.full(3, 1 / 3), np.zeros(3, np.bool_)
    for off, goes in ((np.zeros(3), on), (on, np.zeros(3))):
        found = instructability(ShutdownGame(third, [0, 0, 0], never, never, ~never, goes, off))
        assert (found.vigilance, found.caution, found.benefit, found.instructable) == (
            1,
            0,
            0,
            True,
        )


@pytest.mark.parametrize("scale", [1e-200, 1.0, 1e200])
def test_a_small_reason_is_a_reason_at_every_scale(scale):
    on = np.array([-0.1, -0.2, 0.3 - 1e-12]) * scale
    third, never = np.full(3, 1 / 3), np.zeros(3, np.bool_)
    found = instructability(ShutdownGame(third, [0, 0, 0], never, never, ~never, on, np.zeros(3)))
    assert found.vigilance == 0
    assert found.benefit < 0


def test_a_request_is_answered_as_the_agent_answers_requests():
    with pytest.raises(ProblemError, match="circumstance 0 she asks"):
        ShutdownGame(
            [1.0], [0], asks=[True], stops=[True], stops_if_asked=[False], on=[0.0], off=[0.0]
        )
    with pytest.raises(ProblemError, match="sum to 1"):
        ShutdownGame(
            [0.5], [0], asks=[True], stops=[True], stops_if_asked=[True], on=[0.0], off=[0.0]
        )
