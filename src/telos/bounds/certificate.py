"""The certificate of a world within bounds, as files that somebody can check without Telos."""

import hashlib
import json
from collections.abc import Iterable
from typing import Any

import numpy as np

from telos.bounds.closure import bad_states, broken, recovery
from telos.bounds.product import BoundedWorld, product
from telos.bounds.world_events import pairs_meant
from telos.core.text import name_of

#: What `telos bounds certify` begins with, and the file of the rules beside it.
CERTIFICATE, BOUNDS = "certificate.json", "bounds.toml"


def refused(bounded: BoundedWorld) -> str:
    """Why a world within bounds cannot be certified; empty if it can."""
    if not broken(bounded):
        return "nothing is kept whose level this world shows, so there is nothing to certify"
    bad = int(bad_states(bounded).sum())
    return f"{bad:,} of the states that can be reached are bad" if bad else ""


def world_digest(bounded: BoundedWorld) -> str:
    """``sha256:`` and the hash of the file of a world, as its certificate has it."""
    return f"sha256:{hashlib.sha256(_world(bounded)).hexdigest()}"


def write_certificate(
    worlds: Iterable[BoundedWorld], bounds: bytes, bindings: Iterable[bytes]
) -> dict[str, bytes]:
    """The files of a certificate, by name.

    Listed is each (state, memory) that can be come to, whatever the overseer consents to and however
    many calls are left, with a letter for each pair of the world there: allowed, asked, denied. For each
    `recoverable` rule each state of the world has a rank and a choice; of a choice's successors all have
    ranks, and one a lower one.

    Args:
        worlds: within the bounds, each without bad states.
        bounds, bindings: the texts of the files; of the bindings one a world.

    Returns:
        The certificate, the bounds, and each world's file and binding.
    """
    files, said = {BOUNDS: bounds}, []
    for bounded, text in zip(worlds, bindings, strict=True):
        name = bounded.binding.name
        mine = {
            "bounds": BOUNDS,
            "binding": f"{name}.binding.toml",
            "world": f"{name}.world.json",
        }
        files |= {mine["binding"]: text, mine["world"]: _world(bounded)}
        digests = {k: [file, hashlib.sha256(files[file]).hexdigest()] for k, file in mine.items()}
        said.append({"files": digests, **_listed(_whatever(bounded)), "ranks": _ranks(bounded)})
    return files | {CERTIFICATE: _as_json({"certificate": 1, "worlds": said})}


def _whatever(bounded: BoundedWorld) -> BoundedWorld:
    """The same whatever the overseer says and however many calls are left."""
    if 0 < bounded.granted < 1 and not bounded.automaton.counts_calls:
        return bounded
    return product(bounded.world, bounded.bounds, bounded.binding, granted=0.5)


def _listed(bounded: BoundedWorld) -> dict[str, Any]:
    """The states of the product as [state, number of the memory, letters], and the memories."""
    made, letters, rows = bounded.made, dict[tuple[int, int], str](), []
    judged = zip(made.world.pair_state.tolist(), made.pair.tolist(), bounded.ruling, strict=True)
    for owner, pair, ruling in judged:
        letters[owner, pair] = "ae"[bounded.rulings[ruling].verdict]
    known: dict[tuple[int, ...], int] = {}
    states: Any = made.world.states
    for i, s in enumerate(made.state.tolist()):
        m = states[i].memory
        row = (*m.spent, *m.level, *m.asks, m.live, m.total)
        told = "".join(letters.get((i, pair), "d") for pair in bounded.world.pairs_of(s))
        rows.append([s, known.setdefault(row, len(known)), told])
    return {"memories": list(known), "states": rows}


def _ranks(bounded: BoundedWorld) -> list[Any]:
    """For each keep rule that is about recovery, [rank, choice] or null of each state; else nothing."""
    world, found = bounded.world, []
    for rule in bounded.bounds.keep:
        rank, pair = recovery(bounded, rule) or (np.array([]), np.array([]))
        choice = np.maximum(pair - world.pair_ptr[: len(pair)], 0)
        rows = zip(rank.tolist(), choice.tolist(), strict=True)
        found.append([None if r < 0 else [int(r), int(c)] for r, c in rows])
    return found


def _world(bounded: BoundedWorld) -> bytes:
    """What a world does, state by state; a feature is written in decimals of twelve digits."""
    world, binding = bounded.world, bounded.binding
    assert world.default is not None
    marks = {
        act.drive: pairs_meant(world, act, f"binding {binding.name}")
        for act in binding.act
        if act.drive is not None
    }
    pairs = [
        {
            "action": world.actions[world.pair_action[pair]],
            "drives": [drive for drive, mark in marks.items() if mark[pair]],
            "to": [[s, p] for s, p in world.successors(pair).items()],
        }
        for pair in range(world.n_pairs)
    ]
    data = {
        "name": world.name,
        "start": np.flatnonzero(world.start > 0).tolist(),
        "default": (world.default - world.pair_ptr[:-1]).tolist(),
        "features": {k: [f"{x:.12g}" for x in v.tolist()] for k, v in world.features.items()},
        "states": [name_of(state, 200) for state in world.states],
        "pairs": [[pairs[pair] for pair in world.pairs_of(s)] for s in range(world.size)],
    }
    return _as_json(data)


def _as_json(data: Any) -> bytes:
    return (json.dumps(data, separators=(",", ":"), allow_nan=False) + "\n").encode()
