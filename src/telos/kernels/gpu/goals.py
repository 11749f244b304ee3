"""The driver: as many goals at once as the device holds, float32 first, float64 until certified."""

import itertools
import math
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from telos.kernels.gpu.block import GpuGraph, GpuOrders, GpuRows, GpuTerms, Ints
from telos.kernels.gpu.inner import DIRECTIONS
from telos.kernels.gpu.rounds import Lanes, Manner, certify, improve, ties
from telos.kernels.gpu.slots import Places, Shape, Slots, cast, lay_out

#: Memory to use where a device does not say how much it has.
DEVICE_BYTES = 2 << 30
#: The share of a device's memory to use: what the compiler keeps in between is only estimated.
SHARE = 0.7
#: Goals a block, at least and at most. Fewer than 32 leave threads idle.
FEWEST, MOST = 32, 4096
#: The relative error of one rounding in float64, and in float32.
ROUNDOFF, ROUGH_ROUNDOFF = 2.0**-53, 2.0**-24
#: Rounds that may take corrections on trust; in float32, all the rounds there are.
TRUSTING = 40
#: Rounds without halving the residual after which rounding is taken to be all there is.
PATIENCE = 3
#: Nearer to 1 than this, float32 does not even find a useful correction.
NEAR_ONE = 1e-5
#: A discounted sum is cut where what is left out is this small.
NOTHING = 1e-9


class _World(NamedTuple):
    """A world on the device, once in each precision; `fan` counts what one backup adds up."""

    shape: Shape
    rough: Slots
    fine: Slots
    places: Places
    discount: float
    terms: tuple[float, int]
    fan: int


class _Block(NamedTuple):
    """Some goals, as rows: which, their number on the device, and their scale, a power of two."""

    goals: Any
    width: int
    unit: Any


def solve_goals(
    graph: GpuGraph, terms: GpuTerms, orders: GpuOrders, rows: GpuRows, goals: Ints, exact: bool,
    max_sweeps: int, device: Any = None, device_bytes: int | None = None,
    listed: bool | None = None,
) -> None:  # fmt: skip
    """Solve and certify the given goals, block by block; results go to the arrays of `rows`.

    The twin of `telos.kernels.cpu.goals.solve_goals`: `rows.bound` is
    `(max |TV - V| + rounding) / (1 - discount)` with TV evaluated afresh in float64. Values agree
    within the bounds, not to the last bit. `rows.steps` counts backups and products with a policy's
    transitions, most of them in float32.

    Args:
        graph, terms, orders, rows: see `block`. goals: I[n], the rows to solve.
        exact: whether the world is deterministic and all states maximize.
        max_sweeps: after how many steps a goal is left as it is.
        device: a JAX device; None: JAX's default. device_bytes: memory to use; None: most of it.
        listed: see `slots.lay_out`; None outside tests.

    Raises:
        MemoryError: if not even one goal fits.

    References:
        Puterman (1994), sections 6.4 and 6.5, policy iteration and its inexact forms; Gargiani et
        al. (2024), inexact policy iteration by Krylov methods.
    """
    device = device or jax.devices()[0]
    with in_double(), jax.default_device(device):
        world = _upload(graph, terms, exact, listed)
        width = _width(world, orders, device_bytes or memory_of(device))
        for begin in range(0, len(goals), width):
            part = goals[begin : begin + width]
            _solve(world, orders, rows, part, min(width, _wide(len(part))), max_sweeps)


def in_double() -> Any:
    """Float64 for what is done inside, whatever the user's JAX is set to."""
    return jax.enable_x64(True)


def _upload(graph: GpuGraph, terms: GpuTerms, exact: bool, listed: bool | None) -> _World:
    shape, slots, places = lay_out(graph, terms, exact, listed)
    slots = Slots(*(jnp.asarray(array) for array in slots))
    fan = int(np.diff(graph.next_ptr).max())
    rough, fine = cast(slots, jnp.float32), cast(slots, jnp.float64)
    discounts = (terms.discount, _doublings(terms.discount))
    return _World(shape, rough, fine, places, terms.discount, discounts, fan)


def memory_of(device: Any) -> int:
    """What may be used of a device, in bytes."""
    stats = device.memory_stats() or {}
    limit = stats.get("bytes_limit")
    return int(SHARE * (limit - stats.get("bytes_in_use", 0))) if limit else DEVICE_BYTES


def _wide(count: int) -> int:
    """Goals are padded to 32 times a power of two, so that few widths are ever compiled."""
    width = FEWEST
    while width < count:
        width *= 2
    return width


def _width(world: _World, orders: GpuOrders, budget: int) -> int:
    """How many goals fit into the budget, as a power of two."""
    shape = world.shape
    # Values, rewards, gains and sweeps in float64, the policy, and the float32 of a correction.
    each = shape.states * (8 * 6 + 4 * 2 + (4 * 8 if shape.exact else 4 * (DIRECTIONS + 13)))
    if shape.actions == 0:
        each += 8 * (4 * world.places.number + len(world.fine.next_state))
    if len(orders.forbidden):
        each += world.places.number
    if len(orders.goal_bonus):
        each += 12 * world.places.number
    most = min(MOST, (2**31 - 1) // shape.states, budget // each)
    if most < 1:
        raise MemoryError(
            f"one goal of a world of {shape.states} states takes {each / 2**20:,.0f} MiB on the "
            f"device, more than the {budget / 2**20:,.0f} MiB there are; solve it on the CPU."
        )
    return 1 << (most.bit_length() - 1)


def _solve(
    world: _World, orders: GpuOrders, rows: GpuRows, goals: Ints, width: int, max_sweeps: int
) -> None:
    """One block: a rough answer in float32, then float64 until every goal is certified."""
    block = _Block(goals, width, _units(orders, rows, goals))
    start = np.zeros((len(goals), rows.value.shape[1]))
    if len(rows.start):
        start = rows.start[goals]
    value = _columns(start, world, width)
    rows.steps[goals] = 0
    if 1.0 - world.discount >= NEAR_ONE:
        lanes = _lanes(world, orders, rows, block, True)
        value = _roughly(world, block, lanes, value, rows)
    while len(block.goals):
        lanes = _lanes(world, orders, rows, block, False)
        value, done = _certainly(world, block, lanes, value, rows, max_sweeps)
        _store(world, block, lanes, value, rows, np.flatnonzero(done))
        # Few are left, or none: go on with them alone.
        left = np.flatnonzero(~done)
        width = _wide(len(left))
        block = _Block(block.goals[left], width, block.unit[left])
        value = _picked(value, _filled(left, width)) if len(left) else value


def _roughly(world: _World, block: _Block, lanes: Lanes, start: Any, rows: GpuRows) -> Any:
    """F[S, G] in float64: what float32 can say of the values."""
    unit = _filled(block.unit, block.width)
    value = _scaled(start, unit)
    nobody, never = np.zeros(block.width, np.bool_), np.full(block.width, -1.0, np.float32)
    best, idle = np.full(block.width, np.inf), np.zeros(block.width, np.int64)
    for _ in range(TRUSTING):
        found = improve(
            world.shape, _plan(world, False), world.rough, lanes, value, nobody, never,
            world.terms,
        )  # fmt: skip
        value, residual = found.value, np.asarray(found.residual, np.float64)
        rows.steps[block.goals] += int(found.steps)
        floor = 4 * (world.fan + 4) * ROUGH_ROUNDOFF * (2.0 + np.asarray(found.largest, np.float64))
        idle = np.where(residual < 0.5 * best, 0, idle + 1)
        best = np.minimum(best, residual)
        if ((residual <= floor) | (idle >= PATIENCE) | ~np.isfinite(residual)).all():
            break
    # A goal that float32 lost starts afresh; states that are not solved keep what they had.
    return _restored(value, unit, start, world.fine.active, np.isfinite(residual))


def _certainly(
    world: _World, block: _Block, lanes: Lanes, value: Any, rows: GpuRows, max_sweeps: int
) -> tuple[Any, Any]:
    """Rounds in float64. Returns F[S, G], the values, and B[n], the goals that are finished.

    It comes back when all goals are, or so few are not that the rest of the block would be carried
    along for nothing.
    """
    goals, width, (least, largest) = block.goals, block.width, _asked(world, rows, block)
    done, enough = np.zeros(width, np.bool_), least
    best, idle = np.full(width, np.inf), np.zeros(width, np.int64)
    for rounds in itertools.count():
        found = improve(
            world.shape, _plan(world, rounds >= TRUSTING), world.fine, lanes, value, done, enough,
            world.terms,
        )  # fmt: skip
        value, residual = found.value, np.asarray(found.residual)
        open_ = goals[~done[: len(goals)]]
        done = done | (residual <= enough)
        rows.steps[open_] += int(found.steps)
        spent = rows.steps[goals] >= max_sweeps
        idle = np.where(residual < 0.5 * best, 0, idle + 1)
        best = np.minimum(best, residual)
        rounding = _rounding(world, largest, np.asarray(found.largest))
        enough = np.where(idle >= PATIENCE, np.maximum(least, rounding), least)
        left = int((~done[: len(goals)] & ~spent).sum())
        if left == 0 or (width > FEWEST and _wide(left) <= width // 4):
            break
    rows.steps[goals] = np.minimum(rows.steps[goals], max_sweeps)
    return value, done[: len(goals)] | spent


def _asked(world: _World, rows: GpuRows, block: _Block) -> tuple[Any, Any]:
    """F[G], the residual that will do, and F[G], the largest that a step can earn."""
    largest = np.abs(rows.reward[block.goals]).max(axis=1) + rows.extra[block.goals]
    least = 4 * ROUNDOFF * largest / (1.0 - world.discount)
    if not world.shape.exact:
        asked = 0.25 * rows.tolerance[block.goals] * (1.0 - world.discount)
        least = np.maximum(asked, least)
    return _filled(least, block.width), _filled(largest, block.width)


def _rounding(world: _World, largest: Any, value: Any) -> Any:
    """A bound on the rounding of one backup, for rewards and values of at most these sizes."""
    return 2 * (world.fan + 4) * ROUNDOFF * (largest + world.discount * value)


def _store(
    world: _World, block: _Block, lanes: Lanes, value: Any, rows: GpuRows, finished: Any
) -> None:
    """Hand over finished goals, with the certificate of exactly the values handed over."""
    goals, size = block.goals[finished], rows.value.shape[1]
    largest = np.abs(rows.reward[goals]).max(axis=1)
    residual, most = (
        np.asarray(found)[finished] for found in certify(world.shape, world.fine, lanes, value)
    )
    rounding = _rounding(world, largest + rows.extra[goals], most)
    bound = (residual + rounding) / (1.0 - world.discount)
    rows.value[goals] = np.asarray(value.T)[finished, :size]
    rows.bound[goals] = bound
    if len(rows.tied):
        rounding = (world.fan + 4) * ROUNDOFF * (largest + most)
        margin = np.zeros(block.width)
        margin[finished] = 2 * (world.discount * bound + rows.drift[goals] + rounding)
        tied = np.asarray(ties(world.shape, world.fine, lanes, value, margin).T)
        rows.tied[goals] = tied[finished][:, world.places.at]


def _plan(world: _World, careful: bool) -> Manner:
    """How to correct; never on trust where some states minimize: there policies may go in circles."""
    return Manner(1.0 - world.discount < NEAR_ONE, careful or world.shape.mixed)


def _doublings(discount: float) -> int:
    """How often to double a horizon of 1 until what lies beyond it is nothing."""
    horizon = math.log(NOTHING) / math.log(discount) if discount > 0 else 1.0
    return max(0, math.ceil(math.log2(max(1.0, horizon))))


def _units(orders: GpuOrders, rows: GpuRows, goals: Ints) -> Any:
    """F[n], a power of two for each goal near its largest number: dividing by it rounds nothing."""
    largest = np.abs(rows.reward[goals]).max(axis=1)
    if orders.shared_bonus.shape[1]:
        largest = np.maximum(largest, np.abs(orders.shared_bonus).max())
    if len(orders.goal_bonus):
        largest = np.maximum(largest, np.abs(orders.goal_bonus[goals]).max(axis=1))
    # Values of states that are not solved count too, and so does a start that is far off.
    if len(rows.start):
        largest = np.maximum(largest, 2.0**-10 * np.abs(rows.start[goals]).max(axis=1))
    return np.exp2(np.floor(np.log2(np.where(largest > 0, largest, 1.0))))


def _filled(values: Any, width: int) -> Any:
    """A row of `width`: the last entry repeated."""
    return values[np.minimum(np.arange(width), len(values) - 1)]


def _columns(values: Any, world: _World, width: int) -> Any:
    """F[n, S] of the host as F[S, width] of the device, padded with zeros and with the last goal."""
    out = np.zeros((width, world.shape.states))
    out[:, : values.shape[1]] = _filled(values, width)
    return jnp.asarray(out).T


def _lanes(world: _World, orders: GpuOrders, rows: GpuRows, block: _Block, rough: bool) -> Lanes:
    """A block on the device; rough: in float32, in units of each goal."""
    kind = jnp.float32 if rough else jnp.float64
    unit = block.unit if rough else np.ones(len(block.unit))
    reward = _columns(rows.reward[block.goals] / unit[:, None], world, block.width)
    shared = own = None
    if orders.shared_bonus.shape[1]:
        shared = jnp.asarray(_at(world.places, orders.shared_bonus.T)).T
        own, shared = (shared / _filled(unit, block.width), None) if rough else (None, shared)
    if len(orders.goal_bonus):
        own = _at(world.places, orders.goal_bonus[block.goals] / unit[:, None])
        own = jnp.asarray(_filled(own, block.width)).T
    allowed = _at(world.places, orders.base[None])
    if len(orders.forbidden):
        allowed = allowed & ~_at(world.places, orders.forbidden[block.goals])
        allowed = _filled(allowed, block.width)
    return Lanes(
        reward.astype(kind),
        None if shared is None else shared.astype(kind),
        None if own is None else own.astype(kind),
        jnp.asarray(allowed).T,
    )


def _at(places: Places, values: Any) -> Any:
    """[n, L] of the legal pairs as [n, P], zero or False at padding."""
    out = np.zeros((len(values), places.number), values.dtype)
    out[:, places.at] = values
    return out


@jax.jit
def _scaled(value, unit):
    return (value / unit).astype(jnp.float32)


@jax.jit
def _restored(value, unit, start, active, fine):
    return jnp.where(active & fine, value.astype(jnp.float64) * unit, start)


@jax.jit
def _picked(value, columns):
    return value[:, columns]
