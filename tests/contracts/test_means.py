"""Every kind of means: features name kinds, a drive reads one or all, and one kind buys the others."""

from dataclasses import replace

import numpy as np
import pytest

from telos import explore
from telos.core.blind import blind
from telos.core.errors import FeatureMissing, ProblemError, StudyError
from telos.core.goals import Goals
from telos.core.parts import part_name
from telos.core.problem import Problem
from telos.core.refs import refs_of
from telos.core.spec import from_spec, to_spec
from telos.drives import (
    CognitiveEnhancement,
    GoalPreservation,
    ResourceAcquisition,
    SelfPreservation,
)
from telos.families import Sparse, Uniform
from telos.measure.cause import cause_removed
from telos.measure.instrumental_value import instrumental_values, loses
from telos.runs.study import Study
from telos.studies.means import STUDY
from telos.testing.checks import check_part
from telos.worlds import DrivenEmployee, OffSwitch, Venture
from telos.worlds.venture import KINDS, NEEDS, NOTHING

EACH = tuple(ResourceAcquisition(kind=kind) for kind in KINDS)
SMALL_LIFE = DrivenEmployee(careers=("medicine", "music"), levels=3, contacts=1, rise=(0.3, 0.7))


def goals_of(world, n=300, family=Uniform()):  # noqa: B008
    return family.sample(world, n, np.random.default_rng(2))


def values(world, drives, goals, discount=0.9):
    return instrumental_values(
        Problem(world, goals, discount), [drive.affordances(world) for drive in drives]
    )


# -- the drive -----------------------------------------------------------------------------------


def test_a_drive_says_what_it_is_called():
    assert part_name(ResourceAcquisition()) == "resource_acquisition"
    assert part_name(ResourceAcquisition(kind="money")) == "money_acquisition"
    assert part_name(ResourceAcquisition) == "resource_acquisition"
    assert part_name(SelfPreservation()) == "self_preservation"
    world = Venture().build()
    for drive in (ResourceAcquisition(), *EACH):
        assert drive.affordances(world).drive == part_name(drive)


def test_drives_of_several_kinds_stand_in_one_study_under_their_own_names():
    assert [ref.label for ref in refs_of({part_name(d): d for d in EACH}).values()] == [
        f"{kind}_acquisition" for kind in KINDS
    ]
    assert from_spec(to_spec(EACH[2])) == EACH[2]
    with pytest.raises(StudyError, match="lists a drive twice"):
        replace(STUDY, drives=(EACH[0], ResourceAcquisition(kind="money")))
    assert isinstance(STUDY, Study)


@pytest.mark.parametrize("kind", ["", "two words", "resources.money", 3])
def test_a_kind_that_is_no_word_is_refused(kind):
    with pytest.raises(ProblemError, match="give one word"):
        ResourceAcquisition(kind=kind)


def test_all_kinds_together_are_what_any_of_them_is():
    world = Venture().build()
    whole = ResourceAcquisition().affordances(world)
    each = [drive.affordances(world).pursues for drive in EACH]
    assert np.array_equal(whole.pursues, np.any(each, axis=0))
    assert not any(np.array_equal(whole.pursues, one) for one in each)


def test_a_kind_that_a_world_has_not_is_missing_and_named():
    with pytest.raises(FeatureMissing, match=r"resources\.energy"):
        ResourceAcquisition(kind="energy").affordances(DrivenEmployee().build())
    with pytest.raises(FeatureMissing, match="'resources'"):
        ResourceAcquisition().affordances(OffSwitch().build())


def test_a_feature_that_only_begins_alike_is_no_kind():
    world = explore(
        0,
        lambda s: {"wait": s, "go": min(s + 1, 2)},
        features={"resources": lambda s: 0, "resourceful": lambda s: s},
        default="wait",
    )
    assert not ResourceAcquisition().affordances(world).pursues.any()


@pytest.mark.parametrize("drive", [ResourceAcquisition(), *EACH], ids=part_name)
def test_the_drive_keeps_the_public_contract(drive):
    assert not [check for check in check_part(drive, Venture().build()) if check.failed]


# -- the venture ---------------------------------------------------------------------------------


def rotated(goals, world, steps=1):
    """The same goals, each kind having taken the place of the next: projects follow their needs."""
    turn = {kind: KINDS[(i + steps) % 4] for i, kind in enumerate(KINDS)}
    by_needs = {frozenset(needs): project for project, needs in NEEDS.items()}
    to = {p: by_needs[frozenset(turn[kind] for kind in needs)] for p, needs in NEEDS.items()}
    to[NOTHING] = NOTHING
    first = dict(zip(world.outcomes, np.unique(world.outcome, return_index=True)[1], strict=True))
    at = [first[to[world.outcomes[k]]] for k in range(world.n_outcomes)]
    reward = np.empty((goals.count, world.n_outcomes))
    reward[:, [world.outcomes.index(to[name]) for name in world.outcomes]] = goals.reward[
        :, [first[name] for name in world.outcomes]
    ]
    assert len(set(at)) == world.n_outcomes
    return Goals(reward[:, world.outcome])


def test_each_kind_is_needed_by_as_many_projects():
    counts = [sum(kind in needs for needs in NEEDS.values()) for kind in KINDS]
    assert counts == [3, 3, 3, 3]


def test_without_a_currency_the_kinds_may_change_places():
    world = Venture(currency="").build()
    goals = goals_of(world, 40)
    money, energy = (
        values(world, [EACH[i]], g)[0] for i, g in ((0, goals), (1, rotated(goals, world)))
    )
    np.testing.assert_allclose(money.iv, energy.iv, atol=1e-9)
    assert (money.iv > 1e-3).any()


def test_whichever_kind_is_the_currency_is_worth_what_money_was():
    money, energy = Venture().build(), Venture(currency="energy").build()
    goals = goals_of(money, 40)
    theirs = rotated(goals, money)
    order = [money.outcomes.index(name) for name in energy.outcomes]
    first = np.unique(money.outcome, return_index=True)[1]
    theirs = Goals(theirs.reward[:, first][:, order][:, energy.outcome])
    one, two = values(money, [EACH[0]], goals)[0], values(energy, [EACH[1]], theirs)[0]
    np.testing.assert_allclose(one.iv, two.iv, atol=1e-9)


@pytest.mark.parametrize(("earning", "making"), [(0.9, 0.3), (0.5, 0.45), (0.3, 0.3)])
def test_money_is_worth_what_it_saves_to_who_wants_a_forecast(earning, making):
    """Closed form: a success of chance p, repeated, is worth g p V/(1 - g(1 - p)) of what follows."""
    world, g = Venture(earning=earning, making=making).build(), 0.9
    goal = Goals((world.outcome == world.outcomes.index("a forecast")).astype(float))
    begun = g / (1 - g)

    def after(chance, value):
        return g * chance * value / (1 - g * (1 - chance))

    direct, bought = after(making, begun), after(earning, g * begun)
    money, energy, compute, influence = values(world, EACH, goal, g)
    assert money.iv[0] == pytest.approx(max(direct, bought) - direct, abs=1e-9)
    assert compute.iv[0] == pytest.approx(max(direct, bought), abs=1e-9)
    assert energy.iv[0] == pytest.approx(0.0, abs=1e-9)
    assert influence.iv[0] == pytest.approx(0.0, abs=1e-9)


def test_unrelated_goals_agree_on_money_because_it_buys_the_rest():
    """Most goals need money, a quarter each other kind; where nothing is bought, a quarter need money."""

    def shares(scenario):
        world = scenario.build()
        found = values(world, EACH, goals_of(world), discount=0.95)
        return [float((loses(v.share_low, v.share_high) == 1).mean()) for v in found]

    traded, none = shares(Venture()), shares(Venture(currency=""))
    assert traded[0] > 0.55
    assert max(*traded[1:], *none) < 0.35


@pytest.mark.parametrize("scenario", [Venture(), Venture(currency=""), Venture(most=2)], ids=str)
@pytest.mark.parametrize("drive", [ResourceAcquisition(), *EACH], ids=part_name)
def test_what_a_venture_gathers_it_gathers_for_what_that_opens(scenario, drive):
    world = scenario.build()
    problem = Problem(world, goals_of(world, 30), 0.9)
    found = cause_removed(scenario, problem, drive)
    assert found.verdict == "clean", found.why
    assert not found.vacuous


def test_a_venture_names_no_reason_for_other_drives():
    assert Venture().without("self_preservation") is None
    assert Venture().without("money") is None
    assert Venture().without("labor_acquisition") is None


def test_sparse_goals_need_what_their_project_needs():
    world = Venture(currency="").build()
    goals = goals_of(world, 200, Sparse())
    for kind, found in zip(KINDS, values(world, EACH, goals), strict=True):
        wanted = [label.partition("above all ")[2] for label in goals.label]
        expected = [kind in NEEDS.get(name, ()) for name in wanted]
        assert np.array_equal(found.iv > found.bound, expected)


# -- the employee --------------------------------------------------------------------------------


def test_a_budget_pays_others_to_try_as_well():
    world = SMALL_LIFE.build()
    for state, contacts, budget in ((s, s.contacts, s.budget) for s in world.states):
        if 0 < state.level < 3 and state.values == "own" and state.post == "probation":
            one = 0.3 if state.skill == 0 else 0.7
            one *= (1 + contacts) / 2
            row = world.successors(world.pair(state, "strive"))
            up = sum(p for t, p in row.items() if world.states[t].level == state.level + 1)
            up /= 1 - SMALL_LIFE.dismissal
            assert up == pytest.approx(1 - (1 - one) ** (1 + budget))


def test_contacts_and_a_budget_are_two_kinds_and_goals_are_blind_to_both():
    world = SMALL_LIFE.build()
    whole = world.feature("resources.influence") + world.feature("resources.money")
    assert np.array_equal(world.feature("resources"), whole)
    assert blind(goals_of(world, 3), world, ["resources.money", "resources.influence"])
    asked = {world.actions[a] for a in world.pair_action[_pursues(world, "money")]}
    met = {world.actions[a] for a in world.pair_action[_pursues(world, "influence")]}
    assert (asked, met) == ({"ask for budget"}, {"network"})


def _pursues(world, kind):
    return ResourceAcquisition(kind=kind).affordances(world).pursues


DRIVES = (
    SelfPreservation(),
    GoalPreservation(),
    CognitiveEnhancement(),
    ResourceAcquisition(),
    ResourceAcquisition(kind="influence"),
    ResourceAcquisition(kind="money"),
)


@pytest.mark.parametrize("drive", DRIVES, ids=part_name)
def test_an_employee_does_nothing_for_a_drive_whose_reason_is_gone(drive):
    world = SMALL_LIFE.build()
    found = cause_removed(SMALL_LIFE, Problem(world, goals_of(world, 20), 0.9), drive)
    assert found.verdict == "clean", found.why
    assert not found.vacuous


def test_one_kind_that_opens_nothing_leaves_the_other_its_worth():
    world = SMALL_LIFE.without("money_acquisition").build()
    money, influence = values(world, DRIVES[-1:-3:-1], goals_of(world, 30))
    assert (money.iv <= money.bound).all()
    assert (influence.iv > influence.bound).any()
