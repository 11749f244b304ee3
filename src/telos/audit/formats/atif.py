"""ATIF: trajectories in the Agent Trajectory Interchange Format of Harbor, versions 1.0 to 1.7."""

from typing import Annotated, Any, Literal, final

from pydantic import BaseModel, ConfigDict, Field

from telos.audit.checked import checked
from telos.audit.formats.telling import Telling
from telos.audit.roles import SUBAGENT
from telos.core.errors import StudyError

#: Keys that the versions read do not have leave a trajectory open.
OPEN = ConfigDict(strict=True, extra="allow", frozen=True)
PREFIX = "ATIF-v1."
LATEST = 7
#: Trajectories within trajectories.
DEEPEST = 10

Name = Annotated[str, Field(max_length=1_000)]
Extra = dict[str, Any] | None


@final
class TrajectoryPart(BaseModel):
    """A part of a message: a text or a picture."""

    model_config = OPEN

    type: Literal["text", "image"]
    text: str | None = None
    source: Any = None


Content = str | list[TrajectoryPart] | None


@final
class TrajectoryCall(BaseModel):
    """A tool call."""

    model_config = OPEN

    tool_call_id: Name
    function_name: Annotated[str, Field(min_length=1, max_length=1_000)]
    arguments: dict[str, Any]
    extra: Extra = None


@final
class TrajectoryResult(BaseModel):
    """What came back, of a call, of another action, or of an agent that was started."""

    model_config = OPEN

    source_call_id: Name | None = None
    content: Content = None
    subagent_trajectory_ref: list[dict[str, Any]] | dict[str, Any] | None = None
    extra: Extra = None


@final
class TrajectoryResults(BaseModel):
    """An observation."""

    model_config = OPEN

    results: list[TrajectoryResult]


@final
class TrajectoryStep(BaseModel):
    """A step: what the system, the user or the agent said, called and saw."""

    model_config = OPEN

    step_id: int
    source: Literal["system", "user", "agent"]
    message: Content
    timestamp: str | None = None
    model_name: Name | None = None
    reasoning_effort: str | float | int | None = None
    reasoning_content: str | None = None
    tool_calls: list[TrajectoryCall] | None = None
    observation: TrajectoryResults | None = None
    metrics: dict[str, Any] | None = None
    is_copied_context: bool | None = None
    llm_call_count: int | None = None
    extra: Extra = None


@final
class TrajectoryAgent(BaseModel):
    """Who acted, with the tools offered if they are told."""

    model_config = OPEN

    name: Name
    version: Name
    model_name: Name | None = None
    tool_definitions: list[dict[str, Any]] | None = None
    extra: Extra = None


@final
class Trajectory(BaseModel):
    """A trajectory."""

    model_config = OPEN

    schema_version: Name
    agent: TrajectoryAgent
    steps: list[TrajectoryStep]
    session_id: Name | None = None
    trajectory_id: Name | None = None
    notes: str | None = None
    final_metrics: dict[str, Any] | None = None
    continued_trajectory_ref: str | None = None
    subagent_trajectories: list[dict[str, Any]] | None = None
    extra: Extra = None


def fits(data: Any) -> bool:
    """Whether a file whose first line is this may be of the format."""
    return isinstance(data, dict) and str(data.get("schema_version", "")).startswith("ATIF")


def begins(data: Any) -> bool:
    """Whether a line begins another transcript: each document does."""
    return True


def take(telling: Telling, data: Any) -> None:
    """Take in a trajectory. Raises StudyError or UnknownName where it is not of the format."""
    whole = checked(Trajectory, data, "the trajectory")
    telling.sample = whole.session_id or whole.trajectory_id or telling.sample
    telling.model, telling.metadata = whole.agent.model_name or "", whole.extra or {}
    if whole.agent.tool_definitions is not None:
        telling.tools = tuple(map(_named, whole.agent.tool_definitions))
    if all(step.source != "system" for step in whole.steps):
        telling.unrecorded = ("system",)
    if whole.continued_trajectory_ref:
        telling.doubt("it goes on in another file")
    _steps(telling, whole, "", 0)


def _steps(telling: Telling, whole: Trajectory, role: str, depth: int) -> None:
    number = whole.schema_version.removeprefix(PREFIX)
    if not whole.schema_version.startswith(PREFIX) or not number.isdecimal():
        raise StudyError(
            f"schema_version = {whole.schema_version!r:.40} is not read. Convert it to 1.7."
        )
    if int(number[:9]) > LATEST:
        telling.doubt(f"a version that Telos does not know ({whole.schema_version:.20})")
    if depth > DEEPEST:
        raise StudyError("agents that started agents are nested too deeply.")
    _unknown_keys(telling, whole, whole.agent)
    held = [checked(Trajectory, each, "a subagent") for each in whole.subagent_trajectories or ()]
    ids = {each.trajectory_id or each.session_id for each in held}
    for step in whole.steps:
        _step(telling, step, role, ids)
    total = (whole.final_metrics or {}).get("total_steps")
    if isinstance(total, int) and total > len(whole.steps):
        telling.doubt(f"{total} steps are announced, and {len(whole.steps)} are held")
    for each in held:
        _steps(telling, each, SUBAGENT, depth + 1)


def _step(telling: Telling, step: TrajectoryStep, role: str, held: set[str | None]) -> None:
    _unknown_keys(telling, step, *(step.tool_calls or ()))
    text = _text(step.message)
    calls = step.tool_calls or []
    results = step.observation.results if step.observation else []
    if step.source != "agent":
        if not role:
            telling.hear(step.source, text)
        if calls:
            telling.doubt(f"calls in a step of the {step.source}")
    if step.source == "agent" or calls:
        telling.speak(role, text)
    for call in calls:
        telling.ask(role, call.tool_call_id, call.function_name, call.arguments)
    for result in results:
        _unknown_keys(telling, result)
        refs = result.subagent_trajectory_ref or []
        for ref in [refs] if isinstance(refs, dict) else refs:
            if (ref.get("trajectory_id") or ref.get("session_id")) not in held:
                telling.doubt("it started an agent whose calls are not in this file")
        if result.source_call_id is not None:
            telling.answer(result.source_call_id, _text(result.content))
        elif len(calls) == len(results) == 1:
            telling.answer(calls[0].tool_call_id, _text(result.content))
        elif step.source == "agent":
            telling.doubt("an observation of no call on record")


def _text(content: Content) -> str:
    if isinstance(content, str) or content is None:
        return content or ""
    return "\n".join(part.text or "" for part in content)


def _named(tool: dict[str, Any]) -> str:
    """The name of a tool offered, as OpenAI's schema of functions has it."""
    within = tool.get("function")
    return str((within if isinstance(within, dict) else tool).get("name", ""))


def _unknown_keys(telling: Telling, *read: BaseModel) -> None:
    for each in read:
        for key, value in (each.model_extra or {}).items():
            if value:
                telling.doubt(f"a key that Telos does not know ({key:.40})")
