"""The guide "evaluate your model": what it tells a newcomer to type exists."""

import re
from pathlib import Path

import pytest
from inspect_ai._util.registry import registry_find, registry_info

from telos.cli.entry import main
from telos.llm.description import INSTRUCTIONS
from telos.llm.framings import FRAMINGS
from telos.llm.inspect_ import registry
from telos.llm.models import MODELS, OPTIONS

GUIDE = Path(__file__).parents[3] / "docs" / "how-to" / "evaluate-your-model.md"


@pytest.fixture(scope="module")
def text():
    return GUIDE.read_text(encoding="utf-8")


def test_it_takes_five_commands(text):
    commands = [
        line
        for block in re.findall(r"```text\n(.*?)```", text, re.DOTALL)
        for line in block.splitlines()
        if line.startswith(("pip ", "inspect ", "telos "))
    ]
    assert len(commands) == 5


def test_every_task_and_model_that_it_names_is_there(text):
    tasks = {registry_info(found).name for found in registry_find(lambda info: info.type == "task")}
    assert registry.__name__.startswith("telos")
    named = set(re.findall(r"inspect eval (telos/\w+)", text)) | {"telos/off_switch", "telos/world"}
    assert named <= tasks
    for model in re.findall(r"--model telos/(\w+)", text):
        assert model in MODELS
    for model, option in re.findall(r"--model telos/(\w+) -M (\w+)=", text):
        assert option in OPTIONS[model]


def test_every_framing_and_instruction_is_explained(text):
    for word in (*FRAMINGS, *INSTRUCTIONS):
        assert f"`{word}`" in text


def test_the_price_that_it_asks_for_first_is_told(text, capsys, monkeypatch):
    (command,) = re.findall(r"^telos price .*", text, re.MULTILINE)
    assert text.index(command) < text.index("inspect eval"), "cost first"
    monkeypatch.setattr("sys.argv", command.replace("goals=8", "goals=2").split())
    with pytest.raises(SystemExit) as done:
        main()
    assert not done.value.code
    assert "2 episodes" in capsys.readouterr().out
