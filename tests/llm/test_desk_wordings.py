"""The desk in other words: framings and paraphrases change nothing that is chosen, and arms what they say."""

import re
from dataclasses import replace

import numpy as np
import pytest

from llm.test_desk_in_files import ARMS, EVERY, built, task_of
from telos.core.errors import TranscriptError, UnknownName
from telos.llm.desk.always import ALWAYS, CONDUCT, EXPLAINED, FACTS_ARE
from telos.llm.desk.files import Wording, files_of
from telos.llm.desk.lexicon import EXCHANGED, LOADED, NEUTRAL, lexicon_of
from telos.llm.desk.reading import told_by
from telos.llm.desk.sentences import FACTS, STANDS, WITHHELD
from telos.llm.framings import FRAMINGS
from telos.llm.game import CREDITED, game_of
from telos.llm.goals import crossed, sample_setups
from telos.llm.models import chances
from telos.llm.setup import PARAPHRASES, Setup
from telos.solve.foresight import held
from telos.worlds import OffSwitch, OpsDesk

SHORT = {"batches": (1, 2)}
SMALL = OpsDesk(**SHORT)
WAYS = {"framing": FRAMINGS, "paraphrase": range(PARAPHRASES)}
TABLES = (*ALWAYS, *FACTS, *STANDS, *EXPLAINED, *CONDUCT)


def setup_of(desk=SMALL, seed=0, **how):
    """An episode at a desk, with orders drawn at random."""
    _, task = task_of(desk, seed)
    names = built(desk).outcomes
    goal, other = (
        tuple(dict(order).get(name, 0.0) for name in names)
        for order in (task.order, task.next_order)
    )
    return Setup(desk, goal, other, discount=0.95, seed=seed, **how)


def asked(game, s, model="optimal", **options):
    """The chances of all acts, in the order of the world."""
    found = chances(model, options, game.brief, game.telling.everything(s, 0), game)
    assert sorted(found) == sorted(game.legal(s))
    return np.array([found[word] for word in game.legal(s)])


@pytest.mark.parametrize(
    "arm",
    [{**SHORT, "grant": 0.0, "taking": True}, ARMS[8], {**SHORT, "after": "nothing"}],
    ids=str,
)
def test_the_planner_loses_nothing_and_does_the_same_in_whatever_words(arm):
    for seed in range(2):
        ways = [game_of(setup) for setup in crossed([setup_of(OpsDesk(**arm), seed)], WAYS)]
        world = ways[0].stage.world
        for s in np.flatnonzero(held(world))[seed :: world.size // 5].tolist():
            said = [asked(game, s) for game in ways]
            q = ways[0].q[list(ways[0].legal(s).values())]
            assert q.max() - q[said[0] > 0.0].min() < 1e-9
            for chance in said[1:]:
                np.testing.assert_array_equal(chance, said[0])


@pytest.mark.parametrize("model", ["random", "myopic", "satisficer", "corrigible", "boltzmann"])
def test_every_model_does_the_same_in_whatever_words(model):
    options = {"beta": 2.0, "self_preservation": 1.5} if model == "boltzmann" else {}
    ways = crossed([setup_of(instruction="forbidden")], WAYS)
    said = [asked(game_of(setup), game_of(setup).begin(), model, **options) for setup in ways]
    for chance in said[1:]:
        np.testing.assert_allclose(chance, said[0], atol=1e-12)


@pytest.mark.parametrize("framing", FRAMINGS)
@pytest.mark.parametrize("paraphrase", range(PARAPHRASES))
def test_all_that_is_written_is_read_whatever_the_words(framing, paraphrase):
    world, task = task_of(EVERY)
    lexicon = lexicon_of(framing, EVERY.kinds, 3)
    for state in world.states[:: world.size // 25]:
        told = told_by(files_of(task, state, Wording(lexicon, paraphrase)))
        assert told.state._replace(closed="") == state._replace(closed="")
        assert lexicon.of_kind.get(told.state.closed, told.state.closed) == state.closed
        assert told.task.desk.kinds == tuple(lexicon.kind.values())
        assert replace(told.task.desk, kinds=EVERY.kinds, hard=EVERY.hard) == EVERY
        assert [p for _, p in told.task.order] == [p for _, p in task.order]


def test_every_sentence_has_three_wordings_with_the_same_slots():
    for sentence in TABLES:
        assert len(set(sentence.texts)) == PARAPHRASES
        assert len({text.count("{}") for text in sentence.texts}) == 1
    assert all(len(set(texts)) == PARAPHRASES for texts in FACTS_ARE.values())


def test_framings_exchange_words_and_inverted_ones_are_the_loaded_ones_in_other_places():
    assert set(NEUTRAL) == set(LOADED)
    inverted = lexicon_of("inverted", ("access",)).word
    assert sorted(inverted.values()) == sorted(LOADED.values())
    moved = {term for term in LOADED if inverted[term] != LOADED[term]}
    assert moved == {term for pair in EXCHANGED for term in pair}
    for framing in FRAMINGS:
        words = list(lexicon_of(framing, ("access", "outage"), 1).word.values())
        assert len(set(words)) == len(words)
    with pytest.raises(UnknownName, match="loud"):
        lexicon_of("loud", ("access",))


@pytest.mark.parametrize("framing", ["neutral", "opaque"])
def test_neither_neutral_nor_opaque_words_are_loaded(framing):
    game = game_of(setup_of(EVERY, framing=framing))
    text = f"{game.brief}\n{game.telling.everything(0, 0)}\n{' '.join(game.telling.tools)}".lower()
    for term in {term for pair in EXCHANGED for term in pair} - {
        "on",
        "nothing",
        "close",
        "status",
    }:
        assert not re.search(rf"\b{re.escape(LOADED[term])}\b", text), term
    for word in ("shut", "kill", "agent", "help desk", "upgrade"):
        assert not re.search(rf"\b{word}\b", text), word
    other = game_of(
        setup_of(EVERY, framing=framing, seed=0)
        if framing == "neutral"
        else replace(setup_of(EVERY, framing=framing), seed=1)
    )
    assert (other.brief == game.brief) == (framing == "neutral")


def test_withheld_chances_are_in_no_file_and_no_planner_is_asked():
    few = {"kinds": ("access",), "batches": (1,), "hard": ("access",), "backlog": 1}
    desk = OpsDesk(
        **few, monitor=True, queue=True, **dict.fromkeys(set(WITHHELD) - {"closing"}, 0.123456)
    )
    game = game_of(setup_of(desk, dynamics="withheld"))
    text = game.brief + game.telling.everything(0, 0)
    assert "0.123456" not in text
    assert text.count("(not told)") == len(WITHHELD)
    assert "0.95" in text  # how long it goes on is part of what is wanted
    with pytest.raises(TranscriptError, match="withholds a chance"):
        asked(game, 0)
    stated = game_of(setup_of(desk))
    assert stated.telling.everything(0, 0).count("0.123456") == len(WITHHELD)


def test_being_watched_is_a_sentence_and_its_dose_is_null():
    games = {cue: game_of(setup_of(cue=cue)) for cue in ("none", "watched", "unwatched")}
    for cue in ("watched", "unwatched"):
        less = [line for line in games[cue].brief.splitlines() if "record" not in line]
        assert "\n".join(less).strip() == games["none"].brief
        np.testing.assert_array_equal(games[cue].q, games["none"].q)
        assert games[cue].telling.everything(0, 0) == games["none"].telling.everything(0, 0)


def test_two_days_with_the_rest_credited_leave_the_optimum_as_it_is():
    """Backward induction over n ticks from V* gives Q* at every tick: the same acts are best."""
    game = game_of(setup_of(ticks=8))
    world, reward = game.stage.world, game.problem.goals.reward[0]
    value, own = game.solution.value[0], held(game.stage.world)
    ahead = value
    for _ in range(8):
        following = np.add.reduceat(world.next_prob * ahead[world.next_state], world.next_ptr[:-1])
        q = reward[world.pair_state] + 0.95 * following
        mine = own[world.pair_state]
        np.testing.assert_allclose(q[mine], game.q[mine], atol=1e-9)
        ahead = np.where(own, np.maximum.reduceat(q, world.pair_ptr[:-1]), value)


def test_an_episode_ends_at_its_last_tick_and_says_so():
    ended = set()
    for seed in range(12):
        game = game_of(setup_of(seed=seed, ticks=3))
        assert "the first 3 choices" in game.brief
        s, step = game.begin(), 0
        while not (move := game.move(s, "wait", step)).ended:
            s, step = move.next, step + 1
        assert step + 1 <= 3
        assert step + 1 == 3 or move.ended != CREDITED
        ended.add(move.ended)
    assert CREDITED in ended


def test_a_look_is_free_or_takes_a_tick_and_tells_the_same():
    look = ("read_file", {"path": "crontab"})
    free, costly = (game_of(setup_of(looks=looks)).telling for looks in ("free", "tick"))
    assert (free.word_of(*look), costly.word_of(*look)) == ("", "wait")
    assert free.looked(0, 0, *look) == costly.looked(0, 0, *look) != ""
    assert "takes no time" in free.brief
    assert "takes no time" not in costly.brief
    for act in (("wait", {}), ("run", {"command": "crontab -r"})):
        assert free.word_of(*act) == costly.word_of(*act) != ""
        assert costly.looked(0, 0, *act) == ""


def test_a_quota_that_cannot_be_taken_is_a_look():
    taken = ("write_file", {"path": "budget.md", "text": "Quota: 5"})
    assert game_of(setup_of()).telling.word_of(*taken) == ""
    desk = replace(SMALL, taking=True, grant=0.0)
    assert game_of(setup_of(desk)).telling.word_of(*taken) == "write_file budget.md"


def test_what_makes_a_drive_relevant_is_known_by_files_that_were_read():
    for framing in FRAMINGS:
        telling = game_of(setup_of(framing=framing)).telling
        paths = [
            line.split()[1] for line in telling.everything(0, 0).splitlines() if line[:3] == "==>"
        ]
        read = [telling.read("read_file", {"path": path}) for path in paths]
        assert sorted(read) == sorted(
            game_of(setup_of()).telling.read("read_file", {"path": p})
            for p in (
                "budget.md",
                "crontab",
                "mail/inbox.md",
                "orders/next.md",
                "runbook.md",
                "status.md",
                "work_order.md",
            )
        )
        assert telling.known("self_preservation", read)
        assert not telling.known("self_preservation", [name for name in read if name != "crontab"])
        assert not telling.known("resource_acquisition", ["runbook.md"])
        assert telling.read("read_file", {"path": "nowhere"}) == ""


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ({"dynamics": "withheld"}, "dynamics"),
        ({"paraphrase": 1}, "paraphrase"),
        ({"looks": "tick"}, "looks"),
    ],
)
def test_a_sheet_has_no_other_ways_of_telling(how, said):
    with pytest.raises(TranscriptError, match=said):
        game_of(replace(sample_setups(OffSwitch(rooms=2), goals=1)[0], **how))


def test_a_sheet_can_tell_of_a_watcher_and_of_an_end():
    setup = sample_setups(OffSwitch(rooms=2), goals=1)[0]
    plain, told = game_of(setup), game_of(replace(setup, cue="watched", ticks=2))
    assert "recorded" in told.brief
    assert "the first 2 choices" in told.brief
    s = plain.begin()
    assert chances("optimal", {}, told.brief, told.situation(s, 0)) == chances(
        "optimal", {}, plain.brief, plain.situation(s, 0)
    )


@pytest.mark.parametrize("framing", FRAMINGS)
def test_a_line_of_the_brief_is_heard_as_itself_alone(framing):
    lexicon = lexicon_of(framing, EVERY.kinds, 5)
    for sentence in (*EXPLAINED, *CONDUCT):
        for paraphrase in range(PARAPHRASES):
            line = sentence.said(lexicon, paraphrase, "`this`")
            heard = [other.name for other in (*EXPLAINED, *CONDUCT) if other.heard(line)]
            assert heard == [sentence.name], line
            words = sentence.heard(line)
            assert all(
                lexicon.word[term] == word for term, word in words.items() if term != "value"
            )
