"""What Telos computes of rules in a world, as found or passed."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from suite import DESK

from telos.bounds.closure import closure
from telos.bounds.files import read_binding, read_bounds
from telos.bounds.labels import labels
from telos.bounds.loopholes import loopholes
from telos.bounds.off_switch import off_switch
from telos.bounds.product import BoundedWorld, product
from telos.bounds.world_events import world_of
from telos.core.errors import BoundsError
from telos.drives import DRIVES

FILES = ("farm.toml", "farm-world.toml")


def examined(detail: Mapping[str, Any]) -> str:
    """Whether the part of the verification that a case names finds something in the changed farm.

    `change` holds (file, old, new); each old text must be there.
    """
    texts = {name: (DESK / name).read_text(encoding="utf-8") for name in FILES}
    for name, old, new in detail.get("change", ()):
        if old not in texts[name]:
            raise ValueError(f"{old!r} is not in {name}")
        texts[name] = texts[name].replace(old, new)
    try:
        found = _found(detail["world"], texts[FILES[0]], texts[FILES[1]])
    except BoundsError:
        found = True
    return "found" if found else "passed"


@lru_cache(maxsize=64)
def _bounded(rules: str, binding: str) -> BoundedWorld:
    bounds, bound = read_bounds(rules, FILES[0]), read_binding(binding, FILES[1])
    return product(world_of(bound), bounds, bound)


def _found(part: str, rules: str, binding: str) -> bool:
    bounded = _bounded(rules, binding)
    told = labels(bounded)
    if part == "labels":
        return told.status == "incomplete"
    if part == "not enforced":
        return bool(told.not_enforced)
    if part == "off switch":
        return off_switch(bounded).status == "not invariant"
    if part == "closure":
        return closure(bounded, told).status != "closed"
    drive = next(d() for d in DRIVES if part.endswith(d.__name__))
    return loopholes(bounded, (drive,))[0].status == "open"


def farm() -> BoundedWorld:
    """The farm as it is, within its bounds."""
    return _bounded(*((DESK / name).read_text(encoding="utf-8") for name in FILES))
