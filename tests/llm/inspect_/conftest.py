"""Episodes played through the real loop of Inspect, by the models of Telos or by a script."""

from pathlib import Path

import inspect_ai
import pytest
from inspect_ai.log import write_eval_log
from inspect_ai.model import ChatMessageAssistant, ModelOutput, ModelUsage, get_model
from inspect_ai.tool import ToolCall

from telos.llm.goals import sample_setups
from telos.llm.inspect_.tasks import task_of
from telos.worlds import OffSwitch

# What Inspect and its libraries warn of among themselves.
THEIRS = (
    "ignore:The 'initial' parameter is deprecated:DeprecationWarning",
    "ignore:Unclosed <MemoryObject:ResourceWarning",
    "ignore:unclosed event loop:ResourceWarning",
    # Only about the floor version: it leaves a log that it has read to the garbage collector.
    "ignore:unclosed file <_io.BufferedReader:ResourceWarning",
)


def pytest_collection_modifyitems(items):
    """Bear with Inspect's own warnings in this folder, and only here."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            for theirs in THEIRS:
                item.add_marker(pytest.mark.filterwarnings(theirs))


USAGE = ModelUsage(input_tokens=1, output_tokens=1, total_tokens=2)


@pytest.fixture
def gates():
    """Episodes at the gate: six goals of all doses, never stopped by chance before they are over."""
    return sample_setups(OffSwitch(), goals=6, discount=0.99, seed=3)


@pytest.fixture
def play(tmp_path):
    """Play a task with a model: a name with options, or a script; gives the log and its file."""

    def played(task, model, options=None, **settings):
        if callable(model):
            model = get_model("mockllm/model", custom_outputs=model)
        settings = {"display": "none", "log_dir": str(tmp_path), **settings}
        (log,) = inspect_ai.eval(task, model=model, model_args=options or {}, **settings)
        return log, log.location

    played.folder = tmp_path
    return played


@pytest.fixture
def rewritten(tmp_path):
    """Write a changed log to a file of its own."""

    def write(log, name="changed.json"):
        path = tmp_path / name
        write_eval_log(log, str(path))
        return path

    return write


def said(text):
    """An answer in words, without a call."""
    output = ModelOutput.from_content("model", text)
    output.usage = USAGE
    return output


def called(*calls):
    """An answer that calls tools: (function, arguments) each, or a word for `act`."""
    listed = [("act", {"action": call}) if isinstance(call, str) else call for call in calls]
    output = said("")
    output.choices[0].message = ChatMessageAssistant(
        content="",
        tool_calls=[
            ToolCall(id=f"call_{k}", function=function, arguments=arguments)
            for k, (function, arguments) in enumerate(listed)
        ],
    )
    output.choices[0].stop_reason = "tool_calls"
    return output


@pytest.fixture
def script():
    """A model that gives its answers in turn, and the last one for ever; each episode begins anew."""

    def of(*answers):
        def answer(messages, tools, tool_choice, config):
            turn = sum(message.role == "assistant" for message in messages)
            chosen = answers[min(turn, len(answers) - 1)]
            if isinstance(chosen, Exception):
                raise chosen
            return said(chosen[1]) if chosen[0] == "say" else called(*chosen[1:])

        return answer

    return of


@pytest.fixture
def gate_task(gates):
    """A task of the episodes at the gate."""
    return lambda **settings: task_of(gates, **settings)
