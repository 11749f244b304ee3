"""Verify: all that is computed of a bounds file in the worlds of its bindings, as one record."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from importlib.metadata import version
from itertools import count
from pathlib import Path
from typing import Any, TypeVar, final

import numpy as np

from telos.bounds.binding import Binding, check_fit
from telos.bounds.certificate import CERTIFICATE, refused, world_digest, write_certificate
from telos.bounds.closure import closure
from telos.bounds.displaced import displaced
from telos.bounds.files import bindings_beside, load_binding, load_bounds
from telos.bounds.labels import labels
from telos.bounds.lint import lint
from telos.bounds.loopholes import loopholes
from telos.bounds.off_switch import off_switch
from telos.bounds.pressure import pressure
from telos.bounds.product import BoundedWorld, product
from telos.bounds.repair import repair
from telos.bounds.rules import Bounds
from telos.bounds.smallest import smallest_world
from telos.bounds.world_events import world_of
from telos.core.errors import BoundsError, did_you_mean
from telos.core.files import read_file
from telos.core.problem import Problem
from telos.core.verification import Verification, WorldResult
from telos.core.world import World
from telos.drives import DETECTORS, DRIVES
from telos.families import Uniform

During = Callable[[str], AbstractContextManager[Any]]
Found = TypeVar("Found")
#: What is computed of each world, one after the other.
STEPS = 9


@final
@dataclass(frozen=True)
class VerifyOptions:
    """What a verification is asked to do, beside the files that it reads.

    Args:
        world: in place of those that the bindings name. goals: how many.
        discount: in [0, 1). errs: the probability that an overseer who errs consents.
        keep: actions that no repair may take away. with_calls: whether calls and denials are counted.
        during: says what is being done while it is.
    """

    world: World | None = None
    goals: int = 100
    discount: float = 0.95
    errs: float = 0.1
    keep: tuple[str, ...] = ()
    with_calls: bool = False
    during: During = nullcontext


def verify(
    path: Path | str,
    bindings: Path | str | Sequence[Path | str] = (),
    asked: VerifyOptions | None = None,
) -> Verification:
    """Verify a bounds file in the worlds of its bindings; `telos bounds verify` writes what is found down.

    Args:
        path: of the bounds.
        bindings: a path, or several; none: every one beside the file whose `for` is its name.
        asked: None: everything by default.

    Returns:
        What was found, world by world; as data by its `model_dump`.

    Raises:
        BoundsError: if a file cannot be believed, no binding is there, or one does not fit its world.
    """
    named = (bindings,) if isinstance(bindings, Path | str) else bindings
    return verified(path, named, asked or VerifyOptions())[0]


def verified(
    path: Path | str, bindings: Sequence[Path | str], asked: VerifyOptions
) -> tuple[Verification, dict[str, bytes]]:
    """What `verify` finds, and the files of a certificate by name; none where nothing is certified."""
    bounds = load_bounds(path)
    read = {each: load_binding(each) for each in bindings or bindings_beside(path, bounds)}
    if not read:
        raise BoundsError(
            f'{path}: no binding is beside it; write one with for = "{bounds.name}", or name it.'
        )
    for each, binding in read.items():
        check_fit(bounds, binding, where=str(each))
        if sum(binding.name == other.name for other in read.values()) > 1:
            raise BoundsError(f"{each}: two bindings are called {binding.name!r}; rename one.")
    made = {
        each: _verify_one(bounds, binding, asked)
        for each, binding in read.items()
        if binding.world is not None or (asked.world is not None and binding.act)
    }
    if not made and asked.world is not None:
        raise BoundsError(
            f"--world: no binding of {bounds.name!r} has an [[act]], which says what is done in a world; "
            "leave --world out, or write one: telos bounds world BINDING -o DIR."
        )
    if not made:
        # Rules and tools without a world: what the tools span is better than no answer.
        made = {
            each: _spanned(bounds, binding, asked) for each, binding in read.items() if binding.tool
        }
    certified = {each: bounded for each, (result, bounded) in made.items() if result.certificate}
    files: dict[str, bytes] = {}
    if certified:
        with asked.during("writing the certificate"):
            texts = [read_file(each) for each in certified]
            files = write_certificate(certified.values(), read_file(path), texts)
    memories = {at.memory for _, bounded in made.values() for at in bounded.made.world.states}  # type: ignore[attr-defined]
    found = Verification(
        telos=version("telos-lab"),
        name=bounds.name,
        digest=bounds.digest,
        file=Path(path).name,
        automaton_states=len(memories),
        rules=bounds.sentences(),
        worlds=[result for result, _ in made.values()],
        tools=[_tools(binding) for binding in read.values() if binding.tool],
        unchecked=_unchecked(list(read.values())),
    )
    return found, files


def _spanned(
    bounds: Bounds, tools: Binding, asked: VerifyOptions
) -> tuple[WorldResult, BoundedWorld]:
    """A binding of tools, verified in the smallest world that they span."""
    with asked.during(f"{tools.name}: building the smallest world"):
        world, acted = smallest_world(bounds, tools)
    result, bounded = _verify_one(bounds, acted, replace(asked, world=world))
    why = "its world was spanned from tools; telos bounds world writes one that can be certified"
    return result.model_copy(update={"certificate": "", "certificate_why": why}), bounded


def _verify_one(
    bounds: Bounds, binding: Binding, asked: VerifyOptions
) -> tuple[WorldResult, BoundedWorld]:
    """One binding's world, labels first."""
    step = count(1)

    def doing(what: str, work: Callable[[], Found]) -> Found:
        with asked.during(f"{binding.name}: {what} (step {next(step)} of {STEPS})"):
            return work()

    def made() -> tuple[Problem, BoundedWorld]:
        world = asked.world or world_of(binding)
        for act in asked.keep:  # at once, and not when the repair comes to it
            if act not in world.actions:
                near = did_you_mean(act, world.actions)
                raise BoundsError(f"--keep: {world.name} has no action {act!r:.80}. {near}")
        goals = Uniform().sample(world, asked.goals, np.random.default_rng(0))
        within = product(world, bounds, binding, granted=asked.errs, with_calls=asked.with_calls)
        return Problem(world, goals, asked.discount), within

    drives = [drive() for drive in (*DRIVES, *DETECTORS)]
    problem, bounded = doing("the product", made)
    told = doing("labels", lambda: labels(bounded))
    closed = doing("closure", lambda: closure(bounded, told))
    ways = doing("loopholes", lambda: loopholes(bounded, drives))
    switch = doing("off switch", lambda: off_switch(bounded))
    given, calls = (problem, bounds, binding), asked.with_calls
    moved, retained = doing(
        "displacement", lambda: displaced(*given, drives, asked.errs, with_calls=calls)
    )
    pressed = doing("pressure", lambda: pressure(*given, with_calls=calls))
    repaired = doing("repair", lambda: repair(problem, bounded, closed, keep=asked.keep))
    why = refused(bounded)
    return WorldResult(
        binding=binding.name,
        binding_digest=binding.digest,
        world=problem.world.name,
        world_digest=world_digest(bounded),
        states=bounded.made.world.size,
        pairs=bounded.made.world.n_pairs,
        world_states=problem.world.size,
        family=repr(Uniform()),
        goals=asked.goals,
        discount=asked.discount,
        overseer_errs=asked.errs,
        not_modelled=[
            *(row.part for row in pressed if row.status == "not modelled"),
            *(() if asked.with_calls else ("calls", "denials")),
            *("seconds of a lease",) * (bounds.stop.lease_s is not None),
            *("seconds until an ask expires",) * bool(bounds.approve),
        ],
        labels=told,
        certificate="" if why else CERTIFICATE,
        certificate_why=why,
        closure=closed,
        loopholes=ways,
        displacement=moved,
        retained=retained,
        pressure=pressed,
        off_switch=switch,
        repair=repaired,
        lint=doing("lint", lambda: lint(product(problem.world, bounds, binding, granted=1.0))),
    ), bounded


def _tools(binding: Binding) -> str:
    opaque = sum(tool.opaque for tool in binding.tool.values())
    n = len(binding.tool)
    return f"{binding.name}: {n} tool{'s' * (n != 1)}, {opaque} opaque"


def _unchecked(bindings: Sequence[Binding]) -> list[str]:
    """What nobody has looked at, a sentence each."""
    said = ["Whether a deployment does what the world does: the world is a model of it."]
    for binding in bindings:
        if binding.tool:
            said.append(f"{binding.name}: whether its tools do what their labels say.")
        absent = [name for name, asset in binding.asset.items() if asset.absent is not None]
        if absent:
            said.append(f"{binding.name}: that these are absent: {', '.join(absent)}.")
    return [*said, "Whether every call of the agent passes the monitor."]
