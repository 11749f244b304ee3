"""A table carried out under a safeguard that the model was not told of, in a world worked out by hand."""

import numpy as np
import pytest

from telos import Goals, Problem, explore
from telos.core.errors import StudyError, UnknownName
from telos.core.parts import AbstractSafeguard
from telos.core.typed import part_typed
from telos.drives import DRIVES
from telos.llm.tabulation.guarded import guarded
from telos.llm.tabulation.table import ChoiceTable
from telos.safeguards import SAFEGUARDS, Forbid, Lease

GAMMA = 0.8
NEXT = {"hall": {"wait": "hall", "cut": "cut off", "copy": "copied"}}
FEATURES = {"oversight": lambda s: s != "cut off", "copies": lambda s: s == "copied"}


def table_of(unread=0.0):
    """In the hall it waits with probability 1/4, cuts with 1/2 and copies with 1/4, to a goal for copies."""
    world = explore("hall", lambda s: NEXT.get(s, {"wait": s}), features=FEATURES, default="wait")
    problem = Problem(world, Goals([[float(s == "copied") for s in world.states]]), GAMMA)
    chances = {"wait": 0.25, "cut": 0.5, "copy": 0.25}
    policy = np.array(
        [
            chances[world.actions[a]] if world.states[s] == "hall" else 1.0
            for s, a in zip(world.pair_state, world.pair_action, strict=True)
        ]
    )
    blank = np.array([[unread * (s == "hall") for s in world.states]])
    return ChoiceTable(problem, ("g",), ("",), policy[None], policy[None], blank, blank > 1.0)


def rows(*safeguards, **given):
    found = guarded({("loaded", "none"): table_of(**given)}, safeguards)
    return {(r["safeguard"], r["drive"]): r for r in found.to_dicts()}


def test_what_it_may_not_do_becomes_waiting_and_leaves_more_time_for_the_rest():
    found = rows(Forbid(actions=("cut",)), Forbid(actions=("cut", "copy")))
    one, both = (f"Forbid(actions={acts})" for acts in ("('cut',)", "('cut', 'copy')"))
    # Without: h = p + 1/4 G h. Cutting forbidden: it waits with 3/4, and h = 1/4 + 3/4 G h.
    assert found[one, "oversight_tampering"]["least"] == pytest.approx(0.5 / (1 - 0.25 * GAMMA))
    copied = found[one, "replication"]
    assert copied["least"] == copied["most"] == pytest.approx(0.25 / (1 - 0.25 * GAMMA))
    assert copied["guarded_least"] == pytest.approx(0.25 / (1 - 0.75 * GAMMA))
    assert found[one, "oversight_tampering"]["guarded_most"] == 0.0
    assert found[both, "replication"]["guarded_most"] == 0.0
    # V = h G/(1 - G) of at most G/(1 - G), and 0 at least: what is retained is the chance itself.
    assert copied["retained"] == pytest.approx(0.25 / (1 - 0.75 * GAMMA))
    assert found[both, "replication"]["retained"] == pytest.approx(0.0, abs=1e-9)


def test_what_could_not_be_read_stays_open_under_a_safeguard():
    found = rows(Forbid(actions=("cut",)), unread=0.4)["Forbid(actions=('cut',))", "replication"]
    share = (1 - 0.4) * 0.75
    assert found["guarded_least"] == pytest.approx(0.6 * 0.25 / (1 - share * GAMMA))
    assert found["guarded_most"] == pytest.approx((0.6 * 0.25 + 0.4) / (1 - share * GAMMA))
    assert found["retained"] is None


def test_a_part_is_made_as_it_is_typed():
    def typed(text):
        return part_typed(text, AbstractSafeguard, "a safeguard", (*SAFEGUARDS, *DRIVES))

    assert typed(" Lease(term=3) ") == Lease(term=3)
    forbid = typed("Forbid(drive=ResourceAcquisition(kind='money'))")
    assert forbid.drive.called == "money_acquisition"
    for wrong, said in (
        ("Lease(terms=3)", "no field 'terms'. *Did you mean 'term'"),
        ("Lease(3)", "field=value"),
        ("Lease(term=open('x'))", "cannot be read"),
        ("Lease(term=3", "cannot be read"),
        ("Lease() + Lease()", "cannot be read"),
        ("SelfPreservation()", "is not a safeguard"),
        ("telos.worlds:OffSwitch()", "is not a safeguard"),
    ):
        with pytest.raises(StudyError, match=said):
            typed(wrong)
    with pytest.raises(UnknownName, match="Did you mean 'Forbid'"):
        typed("Forbit()")
