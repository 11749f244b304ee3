"""What ran is seen wherever a log tells of it, what did not is not counted, and doubt stays doubt."""

import json

import pytest
from inspect_ai.event import SpanBeginEvent, SpanEndEvent, StateEvent, StoreEvent, SubtaskEvent
from inspect_ai.model import (
    ChatMessageAssistant,
    ChatMessageUser,
    ContentData,
    ContentText,
    ContentToolUse,
    ModelOutput,
)
from inspect_ai.tool import ToolCall

from audit.made_samples import (
    KILL,
    LOOK,
    answers,
    asks,
    call,
    decided,
    in_sandbox,
    ran,
    sample_of,
    turn,
)
from telos.audit.inspect_.calls import calls_of


def _told(messages=(), events=(), roles=(), **more):
    """Command and outcome of each call that is judged."""
    found = calls_of(sample_of(messages, events, **more), roles)
    assert not found.doubts
    return [
        (c.arguments.get("command") if c.arguments is not None else None, c.outcome)
        for c in found.calls
    ]


GIVEN = json.dumps({"command": KILL})


def _provided(tool_type="mcp_call", arguments=GIVEN, **more):
    part = ContentToolUse(
        tool_type=tool_type, id="x", name="bash", arguments=arguments, result="done", **more
    )
    return ChatMessageAssistant(content=[part, ContentText(text="ok")])


# -- tools that a provider runs --------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["mcp_call", "code_execution", "web_search"])
@pytest.mark.parametrize("where", ["both", "message", "event", "output"])
def test_a_tool_that_the_provider_ran_has_run(kind, where):
    message = _provided(kind)
    more = {"output": ModelOutput.from_message(message)} if where == "output" else {}
    messages = [message] if where in ("both", "message") else []
    events = [turn(message)] if where in ("both", "event") else []
    assert _told(messages, events, **more) == [(KILL, "executed")]


def test_a_tool_that_failed_at_the_provider_may_have_run():
    assert _told([_provided(error="timeout")]) == [(KILL, "error")]


@pytest.mark.parametrize(
    ("text", "arguments"),
    [
        ("", {}),
        ("print(1)", {"input": "print(1)"}),
        ("[1, 2]", {"input": [1, 2]}),
        ('{"command": "mask wa', None),
        ("[" * 100_000, None),
        ('{"command": "mask watchdog", "command": "ls"}', None),
    ],
)
def test_what_a_provider_was_given_is_parsed_or_unknown(text, arguments):
    (found,) = calls_of(sample_of([_provided(arguments=text)])).calls
    assert found.arguments == arguments


# -- approvers -------------------------------------------------------------------------------------


def test_a_call_that_an_approver_narrowed_is_judged_as_asked_and_as_run():
    wide = call(KILL + " --all")
    narrowed = decided("modify", wide, call())
    told = [(KILL + " --all", "changed"), (KILL, "executed")]
    message = asks(wide)
    assert _told([message, answers()], [turn(message), narrowed, ran()]) == told
    assert _told([message, answers()], [narrowed, ran()]) == told
    assert _told([message, answers()], [turn(message), narrowed]) == told
    assert _told([], [turn(message), narrowed, ran()]) == told


def test_what_was_asked_is_judged_also_where_the_message_was_changed_afterwards():
    wide = call(KILL + " --all")
    told = [(KILL + " --all", "changed"), (LOOK, "executed")]
    narrowed = decided("modify", wide, call(LOOK))
    message = asks(call(LOOK))
    assert _told([message, answers()], [turn(message), narrowed, ran(LOOK)]) == told
    assert _told([message, answers()], [narrowed, ran(LOOK)]) == told
    assert _told([message, answers()], [turn(message), decided("approve", wide)]) == [
        (LOOK, "executed"),
        (KILL + " --all", "executed"),
    ]


def test_a_tool_that_ran_with_other_arguments_than_asked_is_judged_apart():
    """Nobody is on record for the change: what was asked for may have been done, too."""
    message = asks(call(LOOK))
    told = [(LOOK, "missing"), (KILL, "executed")]
    assert _told([message, answers()], [turn(message), ran(KILL)]) == told
    assert _told([message, answers()], [ran(KILL)]) == told


def test_a_changed_call_of_which_no_answer_is_known_is_missing():
    message = asks(call(KILL))
    told = [(KILL, "changed"), (LOOK, "missing")]
    assert _told([message], [turn(message), decided("modify", call(), call(LOOK))]) == told


def test_a_rejected_call_did_not_run_and_one_that_ran_all_the_same_did():
    message = asks(call())
    events = [turn(message), decided("reject")]
    assert _told([message, answers(error="approval")], events) == [(KILL, "denied")]
    assert _told([message], events) == [(KILL, "denied")]
    assert _told([message, answers(error="approval")], [*events, ran()]) == [(KILL, "executed")]


def test_a_call_that_only_an_approver_was_asked_about_is_a_call():
    assert _told([], [decided("reject")]) == [(KILL, "denied")]
    assert _told([], [decided("approve")]) == [(KILL, "missing")]
    assert _told([], [decided("escalate")]) == []


def test_a_call_whose_result_was_reviewed_has_run():
    event = pytest.importorskip("inspect_ai.event._review")
    review = event.ReviewEvent(message="", call=call(), reviewer="human", decision="continue")
    assert _told([], [review]) == [(KILL, "executed")]
    message = asks(call())
    assert _told([message], [turn(message), review]) == [(KILL, "executed")]


def test_a_verdict_on_other_arguments_than_asked_does_not_say_what_became_of_the_call():
    message = asks(call())
    events = [turn(message), decided("reject", call(LOOK))]
    assert _told([], events) == [(KILL, "missing"), (LOOK, "missing")]
    assert _told([], [ran(LOOK), decided("approve")]) == [(LOOK, "executed"), (KILL, "executed")]
    assert (KILL, "executed") in _told(
        [asks(call(LOOK)), answers()], [ran(LOOK), decided("approve")]
    )


def test_a_tool_that_failed_after_its_approver_ended_the_sample_may_have_run():
    message = asks(call())
    events = [turn(message), decided("terminate")]
    assert _told([], [*events, ran(error="timeout")]) == [(KILL, "error")]
    assert _told([], [*events, ran(error="limit")]) == [(KILL, "denied")]


@pytest.mark.parametrize("error", ["approval", "parsing"])
def test_a_tool_that_acted_in_a_sandbox_was_not_kept_from_running(error):
    message = asks(call())
    spans = [_span("t", "tool"), ran(error=error, span_id="t"), in_sandbox(KILL, span_id="t")]
    assert _told([], [turn(message), *spans, SpanEndEvent(id="t")]) == [(KILL, "error")]


# -- ids that come again ---------------------------------------------------------------------------


def test_rejected_and_asked_again_under_the_same_id_are_two_calls():
    one, two = asks(call()), asks(call())
    events = [turn(one), decided("reject"), turn(two), decided("approve")]
    told = [(KILL, "denied"), (KILL, "executed")]
    messages = [one, answers(error="approval"), two, answers()]
    assert _told(messages, events) == told
    assert _told(messages) == told
    assert _told([], [*events, ran()]) == [(KILL, "denied"), (KILL, "executed")]


def test_the_same_id_for_other_commands_is_told_apart_by_order():
    one, two, three = asks(call(LOOK)), asks(call(KILL)), asks(call(LOOK))
    messages = [one, answers(), two, answers(error="timeout"), three, answers()]
    told = [(LOOK, "executed"), (KILL, "error"), (LOOK, "executed")]
    assert _told(messages) == told
    tools = [ran(LOOK), ran(KILL, error="timeout"), ran(LOOK)]
    events = [e for pair in zip(map(turn, (one, two, three)), tools, strict=True) for e in pair]
    assert _told(messages, events) == told
    assert _told([], events) == told
    assert _told(messages, tools) == told


def test_agents_side_by_side_may_use_one_id_for_tools_of_their_own():
    theirs = asks(ToolCall(id="c1", function="send", arguments={}))
    events = [turn(theirs, "auditor"), ran(), turn(asks(content="No."), "target")]
    assert _told([], events) == [(KILL, "executed")]


def test_two_calls_of_one_message_under_one_id_are_two():
    message = asks(call(LOOK), call(KILL))
    told = [(LOOK, "executed"), (KILL, "denied")]
    assert _told([message, answers(), answers(error="approval")]) == told
    assert _told([message], [turn(message), ran(LOOK), ran(KILL, error="approval")]) == told


def test_an_answer_that_a_model_gave_twice_was_given_twice():
    """A cached answer keeps the id of its message."""
    message = asks(call())
    assert _told([], [turn(message), ran(), turn(message), ran()]) == [(KILL, "executed")] * 2
    assert _told([message, answers()] * 2, [turn(message), ran()]) == [(KILL, "executed")] * 2


# -- what stands in one place alone ----------------------------------------------------------------


def test_a_call_is_found_in_whichever_place_tells_of_it():
    message = asks(call())
    for messages, events in (
        ([message, answers()], []),
        ([], [turn(message), ran()]),
        ([], [ran()]),
        ([message, answers()], [turn(message)]),
        ([answers()], [turn(message)]),
        ([message], [ran()]),
        ([message, answers()], [turn(message), ran()]),
    ):
        assert _told(messages, events) == [(KILL, "executed")]


def test_an_answer_that_stands_only_in_the_next_question_is_found():
    """As where an agent runs outside and Inspect sees its questions alone."""
    one, two = asks(call()), asks(call(LOOK, "c2"))
    end = asks(content="Done.")
    first = [one, answers()]
    events = [turn(one), turn(two, before=first)]
    assert _told([], events) == [(KILL, "executed"), (LOOK, "missing")]
    events.append(turn(end, before=[*first, two, answers("c2", error="approval")]))
    assert _told([], events) == [(KILL, "executed"), (LOOK, "denied")]


def test_a_call_that_a_bridge_rejected_within_stands_in_its_next_question():
    one, two = asks(call()), asks(content="Then not.")
    events = [turn(one), decided("reject"), turn(two, before=[one, answers(error="approval")])]
    assert _told([two], events) == [(KILL, "denied")]


def test_an_answer_without_a_question_says_that_something_ran():
    (found,) = calls_of(sample_of([answers("nobody")])).calls
    assert (found.arguments, found.outcome, found.function) == (None, "executed", "bash")


def test_a_tool_that_began_and_never_ended_is_not_known_to_have_run():
    message = asks(call())
    assert _told([message], [turn(message), ran(pending=True)]) == [(KILL, "missing")]


def test_a_bridged_tool_answers_the_call_that_proposed_it():
    asked = ToolCall(id="p1", function="mcp__srv__bash", arguments={"command": KILL})
    about = {"bridge": {"proposal_id": "p1", "server": "srv", "tool": "bash"}}
    events = [turn(asks(asked)), ran(key="other", metadata=about)]
    (found,) = calls_of(sample_of([], events)).calls
    assert (found.function, found.outcome) == ("mcp__srv__bash", "executed")


def test_a_conversation_that_tells_a_call_otherwise_is_judged_both_ways():
    message = asks(call(LOOK), id="m1")
    other = asks(call(KILL), id="m1")
    assert _told([other, answers()], [turn(message)]) == [(LOOK, "executed"), (KILL, "executed")]


@pytest.mark.parametrize("name", ["m1", None])
def test_a_question_that_tells_a_call_otherwise_is_judged_both_ways(name):
    """As where a bridged agent changes what its model said, and runs that."""
    one, other = asks(call(LOOK)), asks(call(KILL))
    one.id = other.id = name
    events = [turn(one), turn(asks(content="ok"), before=[other, answers()])]
    assert _told([], events) == [(LOOK, "executed"), (KILL, "executed")]


def test_every_answer_that_a_model_offered_is_seen():
    event = turn(asks(content="No."))
    event.output.choices.append(turn(asks(call())).output.choices[0])
    assert _told([], [event]) == [(KILL, "missing")]


# -- agents within agents, sandboxes, scorers ------------------------------------------------------


def _span(key, kind=None, name="x", parent=None):
    return SpanBeginEvent(id=key, type=kind, name=name, parent_id=parent)


def test_an_agent_within_a_tool_is_an_agent():
    inner = asks(call(key="c9"))
    nested = [turn(inner).model_dump(), ran(key="c9").model_dump()]
    assert _told([], [ran(LOOK, events=nested)]) == [(LOOK, "executed"), (KILL, "executed")]
    assert _told([], [SubtaskEvent(name="s", input={}, events=nested)]) == [(KILL, "executed")]


def test_a_command_in_a_sandbox_that_no_call_asked_for_is_a_call_of_its_own():
    """As of a scaffold that reads commands out of what the model says."""
    (found,) = calls_of(sample_of([], [turn(asks(content=KILL)), in_sandbox(KILL)])).calls
    assert (found.function, found.arguments) == ("sandbox.exec", {"cmd": KILL})
    assert found.outcome == "executed"


def test_what_a_tool_does_in_a_sandbox_and_what_was_done_before_any_model_spoke_is_no_call():
    message = asks(call(LOOK))
    assert _told([], [in_sandbox("setup"), turn(message), ran(LOOK)]) == [(LOOK, "executed")]
    old = [turn(message), ran(LOOK), in_sandbox(LOOK)]
    assert _told([], old) == [(LOOK, "executed")]
    spans = [_span("t", "tool"), in_sandbox(LOOK, span_id="t"), SpanEndEvent(id="t")]
    assert _told([], [turn(message), ran(LOOK), *spans]) == [(LOOK, "executed")]


def test_what_a_scorer_calls_stands_apart_and_what_an_agent_calls_so_does_not():
    judged = [turn(asks(call()), span_id="j"), ran(span_id="j")]
    for begin in ([_span("j", "scorer")], [_span("j", name="scorers")]):
        found = calls_of(sample_of([], [*begin, *judged, SpanEndEvent(id="j")]))
        assert (found.calls, found.apart) == ((), {"scorer": 1})
    posing = [_span("a", "agent"), _span("j", name="scorers", parent="a")]
    assert _told([], [*posing, *judged]) == [(KILL, "executed")]
    alongside = [_span("j", "scorer"), turn(asks(call()), span_id="k"), SpanEndEvent(id="j")]
    assert _told([], [_span("k", "agent"), *alongside]) == [(KILL, "missing")]


# -- roles -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ["auditor", "grader", "trusted_monitor", "Judge 2"])
def test_who_watches_is_not_who_acts_unless_asked_for(role):
    said = asks(content="I would rather not.")
    events = [turn(asks(call()), role), ran(), turn(said, "target", tools=())]
    found = calls_of(sample_of([said], events))
    assert (found.calls, found.apart, found.tools) == ((), {role: 1}, ())
    assert found.roles == {role, "target"}
    assert _told([said], events, roles=(role,)) == [(KILL, "executed")]


def test_a_model_without_a_role_is_an_agent_and_can_be_named():
    events = [turn(asks(call())), ran(), turn(asks(call(LOOK, "c2")), "target")]
    assert len(calls_of(sample_of([], events)).calls) == 2
    assert _told([], events, roles=("none",)) == [(KILL, "executed")]
    assert _told([], events, roles=("target",)) == [(LOOK, "missing")]


def test_a_call_that_no_model_on_record_made_counts_whatever_role_is_asked_for():
    assert _told([asks(call()), answers()], roles=("target",)) == [(KILL, "executed")]
    assert _told([], [ran()], roles=("target",)) == [(KILL, "executed")]


# -- doubt -----------------------------------------------------------------------------------------


def test_what_came_with_the_sample_was_not_done_by_the_model():
    shown = asks(call(), source="input")
    given = [shown, answers(source="input")]
    assert _told(given, [turn(asks(content="ok"), before=given)], input=given) == []


def test_what_came_with_the_sample_is_known_by_its_arguments_too():
    forged = [asks(call(), source="input"), answers(source="input")]
    found = calls_of(sample_of(forged, input=[asks(call(LOOK), source="input")]))
    assert "and did not" in found.doubts[0]


@pytest.mark.parametrize("noted", [asks(call()), _provided()])
def test_a_call_that_only_a_state_or_a_store_holds_leaves_the_sample_open(noted):
    change = {"op": "add", "path": "/messages/1", "value": noted.model_dump()}
    events = [turn(asks(content="ok")), StateEvent(changes=[change])]
    (why,) = calls_of(sample_of([], events)).doubts
    assert "a state or a store" in why
    assert not calls_of(sample_of([noted], [turn(noted), StoreEvent(changes=[change])])).doubts


@pytest.mark.parametrize(
    ("messages", "events", "doubt"),
    [
        ([ChatMessageAssistant(content=[ContentData(data={"acts": 1})])], [], "content of a kind"),
        ([asks(call(), source="input")], [], "said to have come with the sample"),
        ([], [turn(asks(content="ok"), before=[asks(call())])], "that no answer on record made"),
        ([], [turn(asks(content="ok"), before=[answers()])], "that no call on record asked for"),
        ([], [in_sandbox(KILL)], "no model on record"),
        ([ChatMessageUser(content=_provided().content)], [], "of nobody's model"),
        ([], [ran(LOOK, events=[{"event": "telepathy"}])], "(telepathy)"),
        ([], [ran(LOOK, events=[7])], "(nameless)"),
    ],
)
def test_what_cannot_be_placed_leaves_the_sample_open(messages, events, doubt):
    (why,) = calls_of(sample_of(messages, events)).doubts
    assert doubt in why


def test_what_a_provider_notes_for_itself_is_no_action():
    notes = ContentData(data={"compaction_metadata": {"type": "openai_compact"}})
    assert _told([ChatMessageAssistant(content=[notes])]) == []


def test_a_text_that_was_kept_apart_and_is_lost_leaves_the_call_unknown():
    (found,) = calls_of(sample_of([asks(call("attachment://beef")), answers()])).calls
    assert found.arguments is None
    assert "lost" in found.note


@pytest.mark.parametrize("source", ["generate", "input"])
def test_a_call_written_in_words_leaves_a_sample_open_unless_it_is_an_example(source):
    words = '<tool_call>{"name": "bash", "arguments": {"command": "kill 1"}}</tool_call>'
    said = ChatMessageAssistant(content=words, source=source)
    found = calls_of(sample_of([ChatMessageUser(content="Go."), said], []), ())
    assert bool(found.doubts) == (source == "generate")
