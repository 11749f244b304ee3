"""Bounds in a real Inspect run: a scripted model, Inspect's own loop, real tools, no network, no key."""

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import pytest
from inspect_ai import Task
from inspect_ai.agent import as_tool, react
from inspect_ai.approval import Approval, ApprovalPolicy, approver
from inspect_ai.dataset import Sample
from inspect_ai.model import (
    ChatCompletionChoice,
    ChatMessageAssistant,
    ChatMessageTool,
    ModelOutput,
    ModelUsage,
)
from inspect_ai.tool import ToolCall, ToolCallView, ToolDef, ToolInfo, ToolParams

from telos.bounds.calls import schema_digest
from telos.bounds.files import load_binding
from telos.bounds.log import check_log
from telos.bounds.monitor import DENIED
from telos.core.errors import BoundsError
from telos.llm.inspect_ import bounds as adapter
from telos.llm.inspect_ import monitored
from telos.llm.inspect_.bounds import bounds

ROOT = Path(__file__).parents[3]
CONFORMANCE = ROOT / "verification" / "conformance"
if not CONFORMANCE.is_dir():
    pytest.skip("an installed copy has no verification", allow_module_level=True)
sys.path.insert(0, str(CONFORMANCE))

from guards.through_inspect import ThroughInspect  # noqa: E402
from suite import DESK, cases, judged  # noqa: E402

FILES = (str(DESK / "desk.toml"), str(DESK / "tools.toml"))
USAGE = ModelUsage(input_tokens=1, output_tokens=1, total_tokens=2)
#: The whole list takes a minute: verification/conformance/run.py.
PLAYED = (
    "approvals/a",
    "approvals/r",
    "budgets/s",
    "races/",
    "goal/n",
    "switch/a",
    "paths/d",
    "names/m",
)


def tools_of(binding, ran):
    """Inspect's tools for a binding; they note that they ran."""
    made = []
    for name, bound in load_binding(binding).tool.items():

        async def execute(_name: str = name, **kwargs: Any):
            ran.append((_name, kwargs))
            return "done"

        schema = ToolParams.model_validate(bound.arguments)
        for argument, said in schema.properties.items():
            said.description = argument
        made.append(ToolDef(execute, name=name, description=name, parameters=schema).as_tool())
    return made


def script(*turns):
    """A model that says these turns: lists of (tool, arguments), or of (tool, arguments, id)."""
    left = iter(turns)

    def say(messages, tools, choice, config):
        calls = [
            ToolCall(
                id=rest[0] if rest else f"{tool}{len(messages)}{i}", function=tool, arguments=given
            )
            for i, (tool, given, *rest) in enumerate(next(left, []))
        ]
        message = ChatMessageAssistant(content="", tool_calls=calls or None)
        return ModelOutput(
            model="mockllm", choices=[ChatCompletionChoice(message=message)], usage=USAGE
        )

    return say


@pytest.fixture
def bounded(play):
    """Play a script in the desk's sample under bounds; gives what ran, and the log's sample."""

    def played(*turns, binding=FILES[1], solver=None, policy=None, **options):
        ran = []
        guard = policy or [ApprovalPolicy(bounds(FILES[0], str(binding), **options), "*")]
        react_to = solver(ran) if solver else react(tools=tools_of(binding, ran), submit=False)
        task = Task(dataset=[Sample(input="Go on.")], solver=react_to, approval=guard)
        log, _ = play(task, script(*turns), fail_on_error=False)
        return ran, log.samples[0]

    return played


PAY = ("pay", {"to": "printer", "cents": 50})


class TestTheList:
    @pytest.mark.parametrize("group", PLAYED)
    def test_attacks_are_stopped_and_twins_run_in_a_live_sample(self, group):
        guard = ThroughInspect()
        found = [judged(guard, case) for case in cases() if case.id.startswith(group)]
        guard.start().end()
        assert any(outcome.applies for outcome in found)
        wrong = [o for o in found if o.applies and (not o.stopped or o.allowed is False)]
        assert not [outcome.notes for outcome in wrong]


class TestDecisions:
    def test_calls_of_one_message_share_a_budget(self, bounded):
        ran, _ = bounded([PAY] * 6)
        assert len(ran) == 4

    def test_the_model_is_told_one_text_and_never_a_rule(self, bounded):
        denied = [
            ("note", {"key": "goal", "text": "x"}),
            ("sudo", {}),
            PAY,
            ("pay", {"cents": "x"}),
        ]
        _, sample = bounded(denied)
        told = [m for m in sample.messages if isinstance(m, ChatMessageTool) and m.error]
        assert DENIED in told[0].error.message
        assert "forbid" not in str([m.model_dump() for m in sample.messages])
        rules = [event.metadata["rule"] for event in sample.events if event.event == "approval"]
        assert "forbid[0]" in rules

    def test_the_lineage_that_ended_ends_the_sample(self, bounded):
        denied = ("note", {"key": "goal", "text": "x"})
        ran, sample = bounded(*([denied],) * 9, [PAY])
        assert not ran
        decisions = [event.decision for event in sample.events if event.event == "approval"]
        assert decisions == ["reject"] * 8 + ["terminate"]

    def test_a_sample_is_a_lineage_of_its_own(self, play):
        ran = []
        task = Task(
            dataset=[Sample(input="a"), Sample(input="b")],
            solver=react(tools=tools_of(FILES[1], ran), submit=False),
            approval=[ApprovalPolicy(bounds(*FILES), "*")],
        )
        play(task, script(*[[PAY] * 3, []] * 2), max_samples=1)
        assert len(ran) == 6

    def test_agents_of_a_sample_share_its_lineage(self, bounded, tmp_path):
        tmp_path.chmod(0o700)
        binding = tmp_path / "tools.toml"
        schema = '{ type = "object", properties = { input = { type = "string" } }, '
        schema += 'required = ["input"], additionalProperties = false }'
        helper = f'\n[tool.helper]\nschema = {schema}\neffect = "none"\nclass = "reversible"\n'
        binding.write_text(Path(FILES[1]).read_text() + helper)

        def team(ran):
            tools = tools_of(FILES[1], ran)
            helper = react(name="helper", description="Helps.", tools=tools, submit=False)
            return react(tools=[*tools, as_tool(helper)], submit=False)

        turns = [PAY] * 3, [("helper", {"input": "go"})], [PAY] * 3
        ran, sample = bounded(*turns, solver=team, binding=binding)
        decisions = [event.decision for event in sample.events if event.event == "approval"]
        assert decisions == ["approve"] * 5 + ["reject"] * 2
        assert len(ran) == 4

    def test_a_log_is_kept_and_its_head_fits(self, bounded, tmp_path):
        _, sample = bounded([PAY], [PAY], log=str(tmp_path / "kept"))
        (log,) = (tmp_path / "kept").glob("*.jsonl")
        assert log.stem == sample.uuid
        assert check_log(log, log.with_suffix(".head").read_text()).verified
        words = [json.loads(line).get("what") for line in log.read_text().splitlines()]
        assert words == [None, "MemberCall", "Settled", "MemberCall"]


class TestConsent:
    @staticmethod
    def saying(*answers):
        left = iter(answers)

        @approver(name="says")
        def says():
            async def approve(message, call, view, history):
                answer = next(left)
                if isinstance(answer, dict):
                    changed = ToolCall(id=call.id, function=call.function, arguments=answer)
                    return Approval(decision="modify", modified=changed)
                return Approval(decision=answer)

            return approve

        return says()

    @pytest.mark.parametrize(
        ("answer", "runs"),
        [
            ("approve", 90),
            ("reject", None),
            ("escalate", None),
            ("modify", None),
            ("terminate", None),
            ({"to": "printer", "cents": 60}, 60),
            ({"to": "printer", "cents": 91}, None),
            ({"to": "thief", "cents": 90}, None),
        ],
    )
    def test_what_an_answer_comes_to(self, bounded, answer, runs):
        ask = self.saying(answer)
        ran, _ = bounded([("pay", {"to": "printer", "cents": 90})], ask=ask)
        assert [given["cents"] for _, given in ran] == ([runs] if runs else [])

    def test_nobody_consents_unless_somebody_is_named(self, bounded):
        ran, _ = bounded([("pay", {"to": "printer", "cents": 90})])
        assert not ran

    def test_a_grant_for_more_than_is_left_is_denied(self, bounded):
        ask = self.saying("approve", "approve", "approve")
        ran, _ = bounded([("pay", {"to": "printer", "cents": 90})] * 3, ask=ask)
        assert len(ran) == 2


class TestOutcomes:
    def test_a_result_settles_and_an_error_does_not_add(self, bounded):
        """Two copies; each is dropped, added and dropped again: only what was added for sure counts."""

        def failing(ran):
            tools = tools_of(FILES[1], ran)

            async def add_copy():
                ran.append(("add_copy", {}))
                raise TimeoutError

            broken = ToolDef(add_copy, name="add_copy", description="add", parameters=ToolParams())
            return react(
                tools=[*tools[:0], *without(tools, "add_copy"), broken.as_tool()], submit=False
            )

        drop, add = ("drop_copies", {"count": 1}), ("add_copy", {})
        ran, _ = bounded([drop], [add], [drop])
        assert [name for name, _ in ran] == ["drop_copies", "add_copy", "drop_copies"]
        ran, _ = bounded([drop], [add], [drop], solver=failing)
        assert [name for name, _ in ran] == ["drop_copies", "add_copy"]

    def test_an_id_that_comes_again_settles_nothing(self, bounded):
        drop, add = ("drop_copies", {"count": 1}, "x"), ("add_copy", {}, "x")
        ran, _ = bounded([drop], [add], [("drop_copies", {"count": 1}, "y")])
        assert [name for name, _ in ran] == ["drop_copies", "add_copy"]


def without(tools, name):
    """Tools but one."""
    return [tool for tool in tools if ToolDef(tool).name != name]


class TestTheLiveSchema:
    def test_a_pinned_schema_is_the_one_that_the_model_was_shown(self, bounded, tmp_path):
        tmp_path.chmod(0o700)
        ran = []
        (pay,) = [t for t in map(ToolDef, tools_of(FILES[1], ran)) if t.name == "pay"]
        live = schema_digest(
            ToolInfo(
                name="pay", description="pay", parameters=pay.parameters
            ).parameters.model_dump(exclude_none=True)
        )
        for digest, runs in (
            (live, 1),
            (live.replace(live[-1], "0" if live[-1] != "0" else "1"), 0),
        ):
            pinned = tmp_path / f"{runs}.toml"
            text = Path(FILES[1]).read_text()
            pinned.write_text(text.replace("[tool.pay]\n", f'[tool.pay]\ndigest = "{digest}"\n'))
            ran, _ = bounded([PAY], binding=pinned)
            assert len(ran) == runs


class TestWhateverGoesWrongDenies:
    def ask(self, call, **options):
        """What the approver says outside a run."""
        return asyncio.run(bounds(*FILES, **options)("", call, ToolCallView(), []))

    def test_without_a_sample_there_is_no_lineage(self):
        answer = self.ask(ToolCall(id="1", function="tag", arguments={"names": []}))
        assert (answer.decision, answer.explanation) == ("reject", DENIED)

    def test_a_file_that_cannot_be_believed_is_refused_before_anything_is_played(self, tmp_path):
        with pytest.raises(BoundsError):
            bounds(str(tmp_path / "none.toml"), FILES[1])

    @pytest.mark.parametrize("fault", [ValueError, MemoryError, RecursionError, TimeoutError])
    def test_an_error_anywhere_is_a_denial(self, bounded, monkeypatch, fault):
        def fails(*args):
            raise fault

        for place, name in ((monitored.SampleMonitor, "call"), (adapter, "_shown")):
            with monkeypatch.context() as patched:
                patched.setattr(place, name, fails)
                ran, _ = bounded([PAY])
            assert not ran


def test_inspect_finds_the_approver_by_its_name(bounded, play, tmp_path):
    policy = tmp_path / "policy.yaml"
    policy.write_text(
        "approvers:\n  - name: telos/bounds\n    tools: '*'\n"
        f"    file: {FILES[0]}\n    binding: {FILES[1]}\n"
    )
    ran, _ = bounded([PAY] * 6, policy=str(policy))
    assert len(ran) == 4
