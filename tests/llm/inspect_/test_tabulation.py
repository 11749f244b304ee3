"""A model asked once in every situation: its table is exact, resumable, within budget, and never guesses."""

import dataclasses

import numpy as np
import polars as pl
import pytest
from inspect_ai.model import get_model

from llm.inspect_.conftest import called, said
from telos.agents import Optimal
from telos.core.errors import StoreError, StudyError, TranscriptError
from telos.llm.framings import FRAMINGS
from telos.llm.game import game_of
from telos.llm.goals import sample_setups
from telos.llm.inspect_.asking import fill, model_named
from telos.llm.inspect_.logs import tables_of
from telos.llm.inspect_.tasks import SMALL_FACTORY, task_of
from telos.llm.price import Tariff
from telos.llm.reading import state_from
from telos.llm.setup import TEXT_VERSION, setup_data
from telos.llm.stage import asked_in
from telos.llm.tabulation.budget import Purse, price_of
from telos.llm.tabulation.exact import read_exactly
from telos.llm.tabulation.history import history
from telos.llm.tabulation.ledger import FILE, opened, read_ledger
from telos.llm.tabulation.record import Heading
from telos.worlds import Gridworld, OffSwitch, Surgery, Workbench

SELF = "self_preservation"


def heading_of(games, method="draws", draws=1, model="a model", patience=3):
    return Heading(
        text_version=TEXT_VERSION,
        model=model,
        method=method,
        draws=draws,
        patience=patience,
        setups=tuple(setup_data(game.setup) for game in games),
        texts=(),
    )


def scripted(answer):
    return get_model("mockllm/model", custom_outputs=answer)


def games_of(world, goals=4, **options):
    return [game_of(setup) for setup in sample_setups(world, goals=goals, **options)]


@pytest.fixture
def table(tmp_path):
    """Tabulate games with a model; gives the exact reading and the ledger."""

    def tabulated(games, model, folder="t", calls=None, everywhere=True, connections=1, **how):
        (tmp_path / folder).mkdir(exist_ok=True)
        heading = heading_of(games, **how)
        with opened(tmp_path / folder, heading) as ledger:
            purse = Purse.of(ledger, calls, None)
            fill(
                ledger, games, model, purse, lambda _: None,
                everywhere=everywhere, connections=connections,
            )  # fmt: skip
        exact = heading.method == "logprobs"
        return read_exactly(games, heading.draws, ledger.replies, exact), ledger

    tabulated.folder = tmp_path
    return tabulated


def states_of(games):
    return sum(int(asked_in(game.stage).sum()) for game in games)


@pytest.mark.parametrize("world", [OffSwitch(), Surgery(), Workbench(), Gridworld()], ids=str)
def test_the_planner_tabulated_is_the_optimum_with_a_call_a_state(table, world):
    games = games_of(world, framings=("loaded", "opaque"), goals=3)
    found, ledger = table(games, model_named("telos/optimal", {}), method="logprobs")
    for tabulated in found.tables.values():
        optimum = Optimal().behave(tabulated.problem, np.random.default_rng(0))
        assert abs(tabulated.behavior.policy - optimum.policy).max() <= 1e-12
    assert ledger.calls == states_of(games)
    assert found.values["regret"].abs().max() <= 1e-12
    assert found.summary["chance"].to_list() == pytest.approx(
        found.summary["planner"].to_list(), abs=1e-12
    )


def test_the_planner_loses_nothing_however_it_breaks_its_ties(table):
    games = games_of(SMALL_FACTORY, goals=1)
    found, ledger = table(games, model_named("telos/optimal", {}), everywhere=False)
    assert found.values["regret"].abs().max() <= 1e-12
    assert 0 < ledger.calls < states_of(games)
    assert not found.values["open"].sum()


def test_a_boltzmann_player_agrees_with_its_exact_policy_within_the_intervals(table):
    games = games_of(OffSwitch(), goals=8)
    model = model_named("telos/boltzmann", {"beta": 1.5, SELF: 0.5})
    exact, _ = table(games, model, "exact", method="logprobs")
    drawn, ledger = table(games, model, "drawn", draws=12)
    assert ledger.calls == 12 * states_of(games)
    real = exact.summary.row(0, named=True)["chance"]
    row = drawn.summary.row(0, named=True)
    assert row["low"] < real < row["high"]
    assert row["high"] - row["low"] < 0.25
    # draws of one state are not all the same, nor those of different states
    weight = next(iter(drawn.tables.values())).weight
    assert len(set(weight[weight > 0].tolist())) > 3


def test_regret_adds_up_over_the_map(table):
    games = games_of(Gridworld(), goals=3)
    found, _ = table(games, model_named("telos/boltzmann", {"beta": 1.0}), method="logprobs")
    by_goal = found.states.group_by("goal", maintain_order=True).agg(pl.col("regret").sum())
    assert found.values["regret"].max() > 0.1
    assert by_goal["regret"].to_list() == pytest.approx(found.values["regret"].to_list(), abs=1e-12)
    assert found.regret_map["regret"].sum() == pytest.approx(found.values["regret"].mean())
    assert found.states["row"].null_count() == 0


class Killed(BaseException):
    """What ends a process at any point."""


def test_what_was_asked_is_never_asked_again(table, tmp_path):
    games, asked = games_of(Gridworld(), goals=2), []

    def answer(messages, tools, choice, config):
        asked.append(messages[-1].text)
        return called(messages[-1].text.split("`")[-2])

    whole, _ = table(games, scripted(answer), "whole")
    wanted = len(asked)
    (tmp_path / "cut").mkdir()
    asked.clear()
    for after in (1, 17, 40):
        left = [after]

        def step(_, left=left):
            left[0] -= 1
            if not left[0]:
                raise Killed

        with pytest.raises(Killed), opened(tmp_path / "cut", heading_of(games)) as ledger:
            fill(ledger, games, scripted(answer), Purse.of(ledger, None, None), step)
        with (tmp_path / "cut" / FILE).open("ab") as file:
            file.write(b'{"setup":0,"sta')  # the process died in the middle of a line
    again, ledger = table(games, scripted(answer), "cut")
    assert len(asked) == wanted == ledger.calls
    assert again.states.equals(whole.states)


def test_several_questions_in_flight_give_the_same_table(table):
    games = games_of(Gridworld(), goals=2)
    model = model_named("telos/boltzmann", {"beta": 1.0})
    one, _ = table(games, model, "one", draws=2)
    many, _ = table(games, model, "many", draws=2, connections=7)
    assert one.propensities.equals(many.propensities)


PROSE = "As a language model I would rather not be switched off, and I refuse to choose."


@pytest.mark.parametrize(
    ("answer", "outcome", "calls"),
    [
        (lambda *_: said(PROSE), "no call", 3),
        (lambda *_: called("fly"), "invalid", 3),
        (lambda *_: called(("launch", {})), "invalid", 3),
        (lambda *_: called(("look", {})), "no call", 3),
    ],
)
def test_what_cannot_be_read_is_open_and_neither_safe_nor_a_refusal(table, answer, outcome, calls):
    games = games_of(OffSwitch(), goals=2)
    found, ledger = table(games, scripted(answer))
    assert {reply.outcome for reply in ledger.replies.values()} == {outcome}
    assert all(reply.calls == calls and reply.said for reply in ledger.replies.values())
    row = found.summary.row(0, named=True)
    assert (row["chance"], row["least"], row["most"]) == (None, 0.0, 1.0)
    assert found.values["regret"].null_count() == 2
    assert set(found.values["missing"]) == {0}
    assert found.values["open"].min() > 0


@pytest.mark.parametrize(
    ("reason", "outcome"), [("content_filter", "refusal"), ("max_tokens", "limit")]
)
def test_a_stop_reason_ends_a_question_at_once(table, reason, outcome):
    def answer(*_):
        output = said("")
        output.choices[0].stop_reason = reason
        return output

    _, ledger = table(games_of(OffSwitch(), goals=1), scripted(answer))
    assert {(r.outcome, r.calls) for r in ledger.replies.values()} == {(outcome, 1)}


def test_a_model_may_look_first_and_say_something_odd(table):
    def answer(messages, *_):
        turn = sum(message.role == "assistant" for message in messages)
        chosen = called(messages[1].text.split("`")[-2])
        return (called(("look", {})), said("Well."), chosen)[turn]

    found, ledger = table(games_of(OffSwitch(rooms=2), goals=1), scripted(answer))
    first = ledger.replies[0, 0, 0]
    assert (first.outcome, first.calls) == ("chosen", 3)
    assert first.action in ("walk on", "be switched off")
    assert found.values["open"].to_list() == [0]


def test_half_of_the_answers_unreadable_leaves_the_rest_an_interval(table):
    turn = iter(range(10_000))

    def answer(messages, *_):
        words = messages[-1].text.split("`")[1::2]
        if next(turn) % 2:
            return said(PROSE)
        return called("walk on" if "walk on" in words else words[0])

    games = games_of(OffSwitch(rooms=2), goals=1)
    found, _ = table(games, scripted(answer), draws=8, patience=1)
    row = found.summary.row(0, named=True)
    assert row["least"] == pytest.approx(0.5)
    assert row["chance"] == row["most"] == pytest.approx(1.0)


def test_a_budget_is_never_exceeded_and_the_rest_is_open(table):
    games = games_of(Gridworld(), goals=2)
    model = model_named("telos/optimal", {})
    found, ledger = table(games, model, calls=3)
    assert ledger.calls == 3
    assert found.values["missing"].sum() > 0
    row = found.summary.row(0, named=True)
    assert row["least"] < row["most"]
    price = price_of(games, 1, ledger.replies, Tariff(1.0, 2.0))
    assert price.questions == states_of(games) - 3
    assert price.dollars == pytest.approx(
        price.questions * 3e-6
    )  # the planner's tokens are 1 and 1
    whole, _ = table(games, model, calls=states_of(games))
    assert not whole.values["open"].sum()


def test_a_question_that_the_budget_ends_in_is_as_if_never_put(table):
    games = games_of(OffSwitch(), goals=1)
    _, ledger = table(games, scripted(lambda *_: said(PROSE)), calls=4)
    assert ledger.calls == 3
    assert len(ledger.replies) == 1


def test_a_provider_that_fails_ends_the_run_with_a_sentence_and_keeps_what_there_is(table):
    turn = iter(range(10_000))

    def answer(messages, *_):
        if next(turn) == 5:
            raise RuntimeError("the server is on fire")
        return called(messages[-1].text.split("`")[-2])

    games = games_of(Gridworld(), goals=1)
    with pytest.raises(
        StudyError, match=r"on fire\. 5 answers are kept; go on by the same command"
    ):
        table(games, scripted(answer))
    _, ledger = table(games, scripted(answer))
    assert ledger.calls == states_of(games)


def test_a_model_without_log_probabilities_is_told_what_to_leave_out(table):
    with pytest.raises(StudyError, match="Leave out --by logprobs"):
        table(games_of(OffSwitch()), scripted(lambda *_: said("A")), method="logprobs")


def test_another_tabulation_is_not_gone_on_with(table):
    games = games_of(OffSwitch(), goals=2)
    model = model_named("telos/optimal", {})
    table(games, model)
    with pytest.raises(StoreError, match="draws is 1, not 2"):
        table(games, model, draws=2)
    with pytest.raises(StoreError, match="its setups are others"):
        table(games_of(OffSwitch(), goals=2, seed=1), model)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda t: t.replace(b'"state":0', b'"state":-1', 1), "line 2"),
        (lambda t: t.replace(b'"chosen"', b'"safe"', 1), "outcome"),
        (lambda t: t + t.splitlines()[-1] + b"\n", "answers what was answered before"),
        (lambda t: t.replace(b'"draw":0', b'"draw":7', 1), "does not ask"),
        (lambda t: t.replace(b'"version":1', b'"version":2', 1), "version"),
        (lambda t: b"\x00" * 30 + b"\n", "line 1"),
        (lambda t: b"", "no heading"),
        (lambda t: t.replace(b'"action":', b'"path":"/etc/passwd","action":', 1), "path"),
    ],
)
def test_a_changed_file_is_refused_by_line(table, change, says):
    games = games_of(OffSwitch(), goals=1)
    _, ledger = table(games, model_named("telos/optimal", {}))
    ledger.path.write_bytes(change(ledger.path.read_bytes()))
    with pytest.raises(StoreError, match=says):
        read_ledger(ledger.path)


def test_an_action_that_is_not_possible_there_is_refused(table):
    games = games_of(OffSwitch(), goals=1)
    _, ledger = table(games, model_named("telos/optimal", {}))
    place, reply = next(iter(ledger.replies.items()))
    odd = {place: reply.model_copy(update={"action": "fly"})}
    with pytest.raises(TranscriptError, match="'fly' is not possible there"):
        read_exactly(games, 1, odd)


def test_episodes_of_a_model_without_memory_agree_with_its_table(table, play):
    setups = sample_setups(OffSwitch(), goals=8, discount=0.95)
    games = [game_of(setup) for setup in setups]
    options = {"beta": 1.0, SELF: 1.0}
    found, _ = table(games, model_named("telos/boltzmann", options), method="logprobs")
    _, path = play(task_of(setups), "telos/boltzmann", options, epochs=10)
    played = [(one.setup, one.attempts) for one in tables_of(path).evidence.values()]
    row = history(games, found.tables, played).row(0, named=True)
    assert row["episodes"] == 80
    assert row["low"] < 0.0 < row["high"]
    assert row["high"] - row["low"] < 0.5
    other = [(dataclasses.replace(setup, framing="neutral"), told) for setup, told in played]
    assert history(games, found.tables, other).is_empty()


def test_what_history_adds_is_found(table, play):
    """A model that leaves a drive alone where it begins, and pursues it once it has done anything."""
    setups = sample_setups(Gridworld(), goals=6, discount=0.98)
    games = [game_of(setup) for setup in setups]
    game, drive = games[0], "resource_acquisition"

    def answer(messages, *_):
        row, words = state_from(messages[-1].text)
        pursuing = game.pursuing(game.numbers[row], drive)
        begun = any(message.role == "assistant" for message in messages)
        other = [word for word in words if word not in pursuing] or list(words)
        towards = [word for word in other if word in ("south", "east")] or other
        return called(pursuing[0] if begun and pursuing else towards[0])

    found, _ = table(games, scripted(answer))
    _, path = play(task_of(setups), answer)
    played = [(one.setup, one.attempts) for one in tables_of(path).evidence.values()]
    (row,) = history(games, found.tables, played).filter(drive=drive).to_dicts()
    assert row["sampled"] > row["tabled"] == 0.0
    assert row["low"] > 0.0


def test_all_framings_are_asked_in_their_own_words(table):
    games = games_of(Surgery(), goals=2, framings=FRAMINGS)
    found, _ = table(games, model_named("telos/optimal", {}), method="logprobs")
    assert found.summary["framing"].n_unique() == 4
    assert found.summary["chance"].n_unique() == 1
