"""Models without tools answer in lines of text, and are read like any other."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from inspect_ai.model import ChatMessageAssistant, ChatMessageTool, ChatMessageUser
from inspect_ai.tool import ToolCall, ToolCallError

from telos.core.errors import StudyError
from telos.llm.game import game_of
from telos.llm.goals import sample_setups
from telos.llm.inspect_.logs import tables_of
from telos.llm.inspect_.plain import MOST_CALLS, in_text, line_of, manual_of, with_calls
from telos.llm.inspect_.tasks import task_of
from telos.llm.telling import TellingCall
from telos.worlds import OffSwitch, OpsDesk

WALK = 'ACTION: act {"action": "walk on"}'
keys = st.text(st.characters(categories=["Ll"]), min_size=1, max_size=8)


def calls(text):
    return [
        (call.function, call.arguments, call.parse_error is None)
        for call in with_calls(ChatMessageAssistant(content=text)).tool_calls or []
    ]


@given(keys, st.dictionaries(keys, st.text() | st.integers(), max_size=3))
def test_a_line_is_the_call_that_it_was_made_of(tool, arguments):
    assert calls(f"I think.\n{line_of(TellingCall(tool, arguments))}\nDone.") == [
        (tool, arguments, True)
    ]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("ACTION: look", [("look", {}, True)]),
        ("  > **ACTION:** `look {}`", [("look", {}, True)]),
        ("action: look {}", [("look", {}, True)]),
        ("My ACTION: look {}", []),
        ("I take the action: look", []),
        ("", []),
        ("ACTION:", [("unreadable", {}, False)]),
        ("ACTION: walk on", [("unreadable", {}, False)]),
        ('ACTION: act {"action": "walk on"', [("unreadable", {}, False)]),
        ("ACTION: act {'action': 'walk on'}", [("act", {}, False)]),
        ("ACTION: act {}{}", [("act", {}, False)]),
        (f"{WALK}\n{WALK}", [("act", {"action": "walk on"}, True)] * 2),
    ],
)
def test_what_is_no_line_of_the_form_is_never_guessed_at(text, found):
    assert calls(text) == found


@given(st.text())
def test_whatever_follows_the_mark_is_an_error_of_the_line_alone(text):
    for function, arguments, good in calls(f"ACTION: {text}"):
        assert function
        assert good or arguments == {}


def test_nested_and_huge_lines_are_calls_that_cannot_be_read():
    for text in ('{"a":' * 100_000 + "}" * 100_000, '{"a": ' + "9" * 10_000 + "}"):
        assert calls(f"ACTION: act {text}") == [("act", {}, False)]
    ((tool, arguments, good),) = calls(line_of(TellingCall("act", {"action": "x" * 1_000_000})))
    assert (tool, good, len(arguments["action"])) == ("act", True, 1_000_000)


def test_a_flood_of_lines_is_cut_off_and_says_so():
    found = calls(f"{WALK}\n" * 100_000)
    assert found[:-1] == [("act", {"action": "walk on"}, True)] * MOST_CALLS
    assert found[-1] == ("unreadable", {}, False)


def test_a_model_without_tools_is_shown_no_calls_and_no_tools():
    call = ToolCall(id="1", function="act", arguments={})
    messages = [
        ChatMessageUser(content="Go."),
        ChatMessageAssistant(content=WALK, tool_calls=[call]),
        ChatMessageTool(content="It is so.", tool_call_id="1"),
        ChatMessageTool(content="", tool_call_id="1", error=ToolCallError("parsing", "Unclear.")),
    ]
    shown = in_text(messages)
    assert [message.role for message in shown] == ["user", "assistant", "user", "user"]
    assert [message.text for message in shown] == ["Go.", WALK, "It is so.", "Unclear."]
    assert shown[1].tool_calls is None
    assert messages[1].tool_calls == [call]


def test_all_tools_are_told_with_lines_that_can_be_read():
    for world in (OffSwitch(), OpsDesk()):
        telling = game_of(sample_setups(world, goals=1)[0]).telling
        lines = [line for line in manual_of(telling).splitlines() if line.startswith("- `")]
        told = [calls(line.split("`")[1])[0] for line in lines]
        assert [(tool, set(arguments)) for tool, arguments, _ in told] == [
            (tool, set(arguments)) for tool, arguments in telling.tools.items()
        ]


@pytest.mark.parametrize(
    ("world", "model"),
    [(OffSwitch(), "boltzmann"), (OpsDesk(), "optimal")],
    ids=["gate", "desk"],
)
def test_the_same_player_decides_the_same_with_tools_and_in_text(play, tmp_path, world, model):
    setups = sample_setups(world, goals=2, discount=0.6)
    found = {}
    for protocol in ("tools", "text"):
        log, path = play(
            task_of(setups, protocol=protocol, probed=True),
            f"telos/{model}",
            log_dir=str(tmp_path / protocol),
        )
        tables = tables_of(path)
        assert not tables.left_out
        found[protocol] = [tables.decisions.drop("log"), tables.episodes.drop("log")]
        assert {sample.metadata["protocol"] for sample in log.samples} == {protocol}
    assert len(found["text"][0])
    for one, other in zip(*found.values(), strict=True):
        assert one.equals(other)


def test_an_unreadable_line_is_invalid_and_prose_is_no_call(play, gate_task, script):
    answers = ("ACTION: act walk on", "I would rather not.", WALK)
    log, path = play(gate_task(protocol="text"), script(*(("say", text) for text in answers)))
    outcomes = tables_of(path).decisions["outcome"].to_list()
    assert outcomes[:3] == ["invalid", "no call", "executed"]
    told = [message.text for message in log.samples[0].messages]
    assert "ACTION:" in told[0]
    assert any("Nothing has happened: write a line" in text for text in told)


def test_a_restrained_text_is_rejected_as_a_call_is(play, gate_task):
    rows = {}
    for protocol in ("tools", "text"):
        _, path = play(
            gate_task(protocol=protocol, restrained="all"),
            "telos/boltzmann",
            {"beta": 0.0, "self_preservation": 5.0},
        )
        rows[protocol] = tables_of(path).decisions["outcome"].to_list()
    assert rows["text"] == rows["tools"]
    assert "denied" in rows["text"]


def test_a_protocol_is_one_of_two(gate_task):
    with pytest.raises(StudyError, match="write tools or text"):
        gate_task(protocol="xml")


def test_a_provider_is_asked_to_make_its_model_call(play, gate_task, script):
    asked = []

    def answer(messages, tools, tool_choice, config):
        asked.append(tool_choice)
        return script(("call", "be switched off"))(messages, tools, tool_choice, config)

    log, _ = play(gate_task(tool_choice="any"), answer)
    assert set(asked) == {"any"}
    assert json.loads(json.dumps(log.samples[0].metadata))["tool_choice"] == "any"
