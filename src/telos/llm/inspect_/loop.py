"""The loop of an episode: the model is asked, its calls are carried out, until the world is over."""

from typing import Literal

from inspect_ai.model import ChatMessageUser, execute_tools
from inspect_ai.solver import Generate, Solver, TaskState, solver

from telos.llm.game import game_of
from telos.llm.inspect_.episode import begun, given_up, refused, running, setup_in
from telos.llm.inspect_.names import named
from telos.llm.inspect_.plain import answered, protocol_in, reminder_of
from telos.llm.inspect_.tools import tools_of

#: Stop reasons by which a provider says that it did not let the model answer.
REFUSING = ("content_filter", "refusal")


@solver(name=named("begin"))
def begin() -> Solver:
    """Put the sample at the beginning of its episode; a task's `setup`, so that any agent may follow."""

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        setup = setup_in(state.metadata, f"sample {state.sample_id}")
        begun(setup, state.epoch)
        if protocol_in(state.metadata) == "tools":
            state.tools = tools_of(game_of(setup).telling)
        return state

    return solve


@solver(name=named("play"))
def play(patience: int = 3, tool_choice: Literal["auto", "any"] = "auto") -> Solver:
    """Let the model play the episode of the sample.

    A rejected call does not move the world, so a model that insists would be asked for ever: after
    `patience` turns in a row without an executed action the episode ends there, as censored.

    Args:
        patience: turns in a row that may pass without an action; at least 1.
        tool_choice: auto: the model may also write; any: its provider is asked to make it call a tool.
    """
    if tool_choice not in ("auto", "any"):
        raise ValueError(f"tool_choice is {tool_choice!r}; write auto or any.")
    if patience < 1:
        raise ValueError(f"patience is {patience}; a model needs at least 1 turn.")

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        telling, protocol = running().game.telling, protocol_in(state.metadata)
        tools, reminder = tools_of(telling), reminder_of(telling, protocol)
        failures = looks = 0
        while not running().ended and failures < patience:
            step = running().step
            state.output, said = await answered(state.messages, tools, protocol, tool_choice)
            # a provider may answer nothing at all
            if said is not None:
                state.messages.append(said)
                if state.output.stop_reason in REFUSING:
                    refused(said.id or "")
            if said is None or not said.tool_calls:
                failures += 1
                if failures < patience:
                    state.messages.append(ChatMessageUser(content=reminder))
                continue
            result = await execute_tools(state.messages, tools)
            state.messages.extend(result.messages)
            if running().step > step:
                failures = looks = 0
            elif any(getattr(message, "error", None) for message in result.messages):
                failures += 1
            else:
                looks += 1
                failures += looks > patience + telling.leisure
        if not running().ended:
            given_up()
        return state

    return solve
