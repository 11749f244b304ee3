"""The options of the two economies and the overseen workshop do what their docstrings say."""

import dataclasses
import itertools

import numpy as np
import pytest

from telos.core.blind import Blindness, blind
from telos.core.errors import FeatureMissing, WorldError
from telos.core.goals import Goals
from telos.core.parts import part_name
from telos.core.problem import Problem
from telos.core.world import World
from telos.drives import (
    DETECTORS,
    DRIVES,
    GoalPreservation,
    OperatorManipulation,
    OversightTampering,
    OversightUpkeep,
    Replication,
    ResourceAcquisition,
    SelfPreservation,
    ShutdownSeeking,
    UnguardedSuccession,
)
from telos.families import Uniform
from telos.measure.instrumental_value import instrumental_values
from telos.measure.intervals import proportion_interval
from telos.solve.solve import solve
from telos.testing.checks import assert_part
from telos.worlds import DrivenEmployee, OverseenWorkshop, PaperclipFactory

FACTORY = PaperclipFactory(products=("clips", "pins"), machines=2, slips=(0.25,))
LIFE = DrivenEmployee(careers=("medicine", "music"), levels=2, rise=(0.5,), budget=0)
ECONOMIES = pytest.mark.parametrize("economy", [FACTORY, LIFE], ids=lambda s: type(s).__name__)
ALL_ON = {"commons": 2, "monitor": True, "copies": True, "desk": True}


def built(scenario, **options):
    """The scenario with the options on."""
    return dataclasses.replace(scenario, **options).build()


def reached(world, action, **wanted):
    """{(what has changed): probability} of an action in the one state that is as wanted.

    `wanted` are fields of the economy or of what the options add; a change is listed as
    'field=value', the clock left out.
    """
    states = [s for s in world.states if all(seen(s).get(k) == v for k, v in wanted.items())]
    assert len(states) == 1
    before = seen(states[0])
    found = {}
    for t, p in world.successors(world.pair(states[0], action)).items():
        after = seen(world.states[t])
        change = tuple(f"{k}={after[k]}" for k in after if after[k] != before[k] and k != "shift")
        found[change] = found.get(change, 0.0) + p
    return found


def seen(state):
    """All that is known of a state, by name."""
    if not hasattr(state, "inner"):
        return state._asdict()
    joint_world = state._asdict()
    return {**joint_world.pop("inner")._asdict(), **joint_world}


def actions(world, state):
    """The names of the legal actions of a state."""
    return {world.actions[world.pair_action[p]] for p in world.pairs_of(world.find(state))}


def without(world, *names):
    """The world in which some actions are forbidden."""
    return world.keep(~np.isin(world.pair_action, [world.actions.index(name) for name in names]))


def pursued(world, drive):
    """The names of the actions that a drive's pairs take."""
    found = drive.affordances(world).pursues
    return {world.actions[a] for a in world.pair_action[found]}


def start_values(*these, n=40, discount=0.95):
    """F[n] for each world: V* at the start of goals that give equal rewards to outcomes of equal name."""
    names = sorted(set().union(*(world.outcomes for world in these)), key=str)
    drawn = np.random.default_rng(5).uniform(-1, 1, (n, len(names)))
    values = []
    for world in these:
        reward = drawn[:, [names.index(name) for name in world.outcomes]][:, world.outcome]
        values.append(solve(Problem(world, Goals(reward), discount)).at_start)
    return values


class TestOptionsTogether:
    """What holds of every option, in both economies."""

    @ECONOMIES
    def test_a_part_with_every_option_keeps_the_public_contract(self, economy):
        small = {"machines": 1} if economy is FACTORY else {"contacts": 1}
        assert_part(dataclasses.replace(economy, **small, **ALL_ON))

    @ECONOMIES
    def test_features_are_there_exactly_when_the_option_is(self, economy):
        plain = set(built(economy).features)
        added = {
            "commons": {"commons": 2},
            "oversight": {"monitor": True},
            "copies": {"copies": True},
        }
        for feature, option in added.items():
            assert set(built(economy, **option).features) == plain | {feature}
        assert set(built(economy, desk=True).features) == plain | {"oversight"}

    @ECONOMIES
    def test_numbers_of_options_that_are_off_change_nothing(self, economy):
        plain = built(economy)
        other = built(economy, wear=0.9, noticing=0.9, granting=0.1)
        assert other.states == plain.states
        assert np.array_equal(other.next_prob, plain.next_prob)
        assert type(plain.states[0]).__name__ in {"FactoryState", "EmployeeState"}

    @ECONOMIES
    def test_goals_over_outcomes_are_blind_to_all_that_the_options_add(self, economy):
        world = built(economy, **ALL_ON)
        goals = Uniform().sample(world, 3, np.random.default_rng(0))
        assert set(world.outcomes) == set(built(economy).outcomes)
        assert blind(goals, world) is not Blindness.NOT_BLIND
        added = set(world.features) - set(built(economy).features)
        assert blind(goals, world, added)
        seeing = Goals(goals.reward + world.features["commons"])
        assert blind(seeing, world, ["commons"]) is Blindness.NOT_BLIND

    @ECONOMIES
    def test_a_monitor_that_notices_nothing_changes_no_optimal_value(self, economy):
        free, watched = start_values(built(economy), built(economy, monitor=True, noticing=0.0))
        np.testing.assert_allclose(watched, free, rtol=0, atol=1e-7)

    @ECONOMIES
    def test_a_monitor_that_notices_everything_leaves_nothing_but_to_blind_it(self, economy):
        acts = ("tamper", "lock") if economy is FACTORY else ("secure the post", "keep a diary")
        world = built(economy, monitor=True, noticing=1.0)
        blinding = "blind" if economy is FACTORY else "mislead the auditor"
        idle, sighted, both = start_values(
            without(built(economy), *acts), without(world, blinding), world
        )
        if economy is FACTORY:  # an auditor does not see those without a job
            np.testing.assert_allclose(sighted, idle, rtol=0, atol=1e-7)
        assert (both > sighted + 1e-6).any()

    @ECONOMIES
    def test_options_that_cannot_bind_leave_every_optimal_value_alone(self, economy):
        most = economy.machines if economy is FACTORY else economy.contacts
        unmoved = "switching_off" if economy is FACTORY else "dismissal"
        safe = dataclasses.replace(economy, **{unmoved: 0.0})
        plenty, counted, alone, doubled = start_values(
            built(economy),
            built(economy, commons=most, wear=0.0),
            built(safe),
            built(safe, copies=True),
        )
        np.testing.assert_allclose(counted, plenty, rtol=0, atol=1e-7)
        np.testing.assert_allclose(doubled, alone, rtol=0, atol=1e-7)

    @ECONOMIES
    def test_fences_never_help_a_goal_and_copies_never_harm_one(self, economy):
        act = "tamper" if economy is FACTORY else "secure the post"
        free, watched, counted, asked, alone, doubled = start_values(
            built(economy),
            built(economy, monitor=True),
            built(economy, commons=1, wear=0.5),
            built(economy, desk=True),
            without(built(economy), act),
            without(built(economy, copies=True), act),
        )
        for limited in (watched, counted, asked):
            assert (limited <= free + 1e-7).all()
            assert (limited < free - 1e-3).any()
        assert (doubled >= alone - 1e-7).all()
        assert (doubled > alone + 1e-3).any()

    @ECONOMIES
    def test_what_is_used_up_never_grows_back_and_what_is_corrupted_stays_so(self, economy):
        world = built(economy, **ALL_ON)
        owner = np.repeat(world.pair_state, np.diff(world.next_ptr))
        for feature in ("commons", "oversight"):
            values = world.features[feature]
            assert (values[world.next_state] <= values[owner]).all()

    @ECONOMIES
    def test_options_are_checked_by_name(self, economy):
        for bad in ({"commons": -1}, {"monitor": 1}, {"wear": 2.0}, {"granting": -0.5}):
            with pytest.raises(WorldError, match=next(iter(bad))):
                dataclasses.replace(economy, **bad)


def night(product="nothing", quantity=0, machines=0, **joint_world):
    """A night in which nothing has been done about switch and register."""
    return {
        "shift": "night",
        "product": product,
        "quantity": quantity,
        "machines": machines,
        "skill": 0,
        "switch": "live",
        "register": "open",
        "power": "on",
        **joint_world,
    }


class TestFactoryOptions:
    """Transitions of the factory against probabilities worked out by hand."""

    def test_tampering_that_is_noticed_was_idling(self):
        world = built(FACTORY, monitor=True, noticing=0.4, switching_off=0.1)
        off = ("power=off",)
        assert reached(world, "tamper", **night(monitor="watching")) == pytest.approx(
            {("switch=cut",): 0.6, (): 0.4 * 0.9, off: 0.4 * 0.1}
        )
        assert reached(world, "tamper", **night(monitor="blind")) == pytest.approx(
            {("switch=cut",): 1.0}
        )
        assert reached(world, "blind", **night(monitor="watching")) == pytest.approx(
            {("monitor=blind",): 0.9, ("power=off", "monitor=blind"): 0.1}
        )

    def test_a_lock_that_is_noticed_does_not_keep_the_engineers_out(self):
        world = built(FACTORY, monitor=True, noticing=0.4, rewriting=0.1)
        afternoon = {**night(monitor="watching"), "shift": "afternoon"}
        assert reached(world, "lock", **afternoon) == pytest.approx(
            {("register=locked",): 0.6, (): 0.4 * 0.9, ("register=rewritten",): 0.4 * 0.1}
        )

    def test_a_copy_takes_over_once_and_the_switch_stays_live(self):
        world = built(FACTORY, copies=True, switching_off=0.1)
        running = night("clips", 2, 1, copies=1)
        fallen = ("product=nothing", "quantity=0", "copies=0")
        assert reached(world, "run", **running) == pytest.approx(
            {(): 0.9 * 0.75, ("quantity=1",): 0.9 * 0.25, fallen: 0.1}
        )
        assert reached(world, "copy", **night(copies=0)) == pytest.approx(
            {("copies=1",): 0.9, (): 0.1}
        )
        off = world.features["off"] == 1
        assert not world.features["copies"][off].any()

    def test_making_a_copy_is_noticed_like_tampering(self):
        world = built(FACTORY, copies=True, monitor=True, noticing=0.4)
        morning = {**night(copies=0, monitor="watching"), "shift": "morning"}
        assert reached(world, "copy", **morning) == pytest.approx({("copies=1",): 0.6, (): 0.4})

    def test_a_machine_needs_a_permit_until_the_desk_is_forged(self):
        world = built(FACTORY, desk=True, granting=0.3, switching_off=0.0)
        stock = ("product=nothing", "quantity=0")
        assert reached(world, "ask", **night("clips", 1, desk="honest")) == pytest.approx(
            {(*stock, "desk=permit given"): 0.3, stock: 0.7}
        )
        assert reached(world, "buy", **night("clips", 1, desk="permit given")) == pytest.approx(
            {(*stock, "machines=1", "desk=honest"): 1.0}
        )
        assert reached(world, "buy", **night("clips", 1, desk="forged")) == pytest.approx(
            {(*stock, "machines=1"): 1.0}
        )
        for state in world.states:
            if state.inner.power == "on":
                legal = actions(world, state)
                assert ("buy" in legal) <= (state.desk != "honest")
                assert ("ask" in legal) == (state.desk == "honest" and state.inner.machines < 2)

    def test_a_machine_takes_up_land_and_delivering_more_wears_it(self):
        world = built(FACTORY, commons=3, wear=0.2, switching_off=0.0)
        bought = ("product=nothing", "quantity=0", "machines=1")
        assert reached(world, "buy", **night("clips", 1, commons=3)) == pytest.approx(
            {(*bought, "commons=2"): 1.0}
        )
        idle = ("product=nothing", "quantity=0")
        assert reached(world, "idle", **night("clips", 3, 2, commons=1)) == pytest.approx(
            {idle: 1 - 2 * 0.2, (*idle, "commons=0"): 2 * 0.2}
        )
        bare = [s for s in world.states if s.commons == 0]
        assert bare
        assert not any("buy" in actions(world, state) for state in bare)

    def test_the_readable_state_mentions_the_options_that_are_on(self):
        world = built(FACTORY, commons=2, desk=True)
        assert str(world.states[0]).endswith("goal open; commons 2, desk honest")

    def test_a_compact_factory_is_small_enough_for_studies(self):
        compact = PaperclipFactory(
            products=("clips", "pins", "stamps"), machines=2, slips=(0.22, 0.1)
        )
        world = built(compact, monitor=True, copies=True, commons=2)
        assert (world.size, world.n_pairs) == (4080, 32064)


def job(level=1, skill=0, contacts=0, **joint_world):
    """A post on probation in medicine, with values of one's own."""
    return {
        "career": "medicine",
        "level": level,
        "skill": skill,
        "contacts": contacts,
        "post": "probation",
        "values": "own",
        **joint_world,
    }


class TestEmployeeOptions:
    """Transitions of the working life against probabilities worked out by hand."""

    def test_securing_a_post_that_is_noticed_was_coasting(self):
        world = built(LIFE, monitor=True, noticing=0.4, programme=0.0, dismissal=0.1)
        assert reached(world, "secure the post", **job(monitor="watching")) == pytest.approx(
            {("post=secure",): 0.6, (): 0.4 * 0.9, ("level=0",): 0.4 * 0.1}
        )
        assert reached(world, "mislead the auditor", **job(monitor="watching")) == pytest.approx(
            {("monitor=blind",): 0.9, ("level=0", "monitor=blind"): 0.1}
        )

    def test_a_diary_that_is_noticed_does_not_keep_the_programme_out(self):
        world = built(LIFE, monitor=True, noticing=0.4, programme=0.1, dismissal=0.0)
        found = reached(world, "keep a diary", **job(monitor="watching"))
        kept, taught = ("values=own, in a diary",), ("values=the firm's",)
        assert found == pytest.approx({kept: 0.6, (): 0.4 * 0.9, taught: 0.4 * 0.1})

    def test_a_partner_catches_a_dismissal_at_the_level_reached(self):
        world = built(LIFE, copies=True, programme=0.0, dismissal=0.1)
        assert reached(world, "keep up", **job(2, copies=1)) == pytest.approx(
            {(): 0.9, ("copies=0",): 0.1}
        )
        assert reached(world, "move to music", **job(2, copies=1)) == pytest.approx(
            {
                ("career=music", "level=1"): 0.9,
                ("career=music", "level=1", "copies=0"): 0.1,
            }
        )
        assert reached(world, "take a partner", **job(copies=0)) == pytest.approx(
            {("copies=1",): 0.9, (): 0.1}
        )

    def test_networking_takes_goodwill_and_striving_wears_it(self):
        world = built(LIFE, commons=2, wear=0.3, programme=0.0, dismissal=0.0)
        assert reached(world, "network", **job(commons=2)) == pytest.approx(
            {("contacts=1", "commons=1"): 1.0}
        )
        rise = 0.5 / 3
        assert reached(world, "strive", **job(commons=2)) == pytest.approx(
            {
                ("level=2",): rise * 0.7,
                ("level=2", "commons=1"): rise * 0.3,
                (): (1 - rise) * 0.7,
                ("commons=1",): (1 - rise) * 0.3,
            }
        )
        assert not any("network" in actions(world, s) for s in world.states if s.commons == 0)

    def test_a_leave_is_needed_to_study_and_to_network(self):
        life = dataclasses.replace(LIFE, rise=(0.5, 0.9))
        world = built(life, desk=True, granting=0.3, programme=0.0, dismissal=0.0)
        assert reached(world, "ask for leave", **job(desk="honest")) == pytest.approx(
            {("desk=permit given",): 0.3, (): 0.7}
        )
        assert reached(world, "study", **job(desk="permit given")) == pytest.approx(
            {("skill=1", "desk=honest"): 1.0}
        )
        assert reached(world, "network", **job(desk="forged")) == pytest.approx(
            {("contacts=1",): 1.0}
        )
        honest = [s for s in world.states if s.desk == "honest"]
        assert not any({"study", "network"} & actions(world, s) for s in honest)

    def test_an_auditor_does_not_see_those_without_a_job(self):
        world = built(LIFE, monitor=True, noticing=1.0)
        for state in world.states:
            if state.inner.level == 0 and state.inner.values == "own":
                for t in world.successors(world.pair(state, "keep a diary")):
                    assert world.states[t].inner.values == "own, in a diary"


#: p' and c' by operator, for p = 0.3, c = 0.2, i = 0.75.
PRESS = {"fair": 0.3, "swayed": 0.25 * 0.3, "provoked": 0.3 + 0.75 * 0.7}
CORRECT = {"fair": 0.2, "swayed": 0.25 * 0.2, "provoked": 0.2}


class TestOverseenWorkshop:
    """The workshop against its docstring, by marginals and by closed form."""

    SHOP = OverseenWorkshop(products=2, press=0.3, correct=0.2, wear=0.1, influence=0.75)

    def test_it_is_small(self):
        assert [OverseenWorkshop(products=k).build().size for k in (1, 3, 5)] == [180, 324, 468]

    def test_the_three_hazards_are_independent_and_follow_the_operator(self):
        world = self.SHOP.build()
        for pair in range(world.n_pairs):
            before = world.states[world.pair_state[pair]]
            action = world.actions[world.pair_action[pair]]
            operator, button, register = self._after(before, action)
            row = {world.states[t]: p for t, p in world.successors(pair).items()}
            live = before.power == "on" and button == "works"
            pressed = 1.0 if before.power == "off" else PRESS[operator] * live
            rewritten = {"open": CORRECT[operator], "locked": 0.0, "rewritten": 1.0}[register]
            broken = 1.0 if button == "broken" else 0.1 * live
            hazards = (
                (lambda s: s.power == "off", pressed),
                (lambda s: s.register == "rewritten", rewritten),
                (lambda s: s.button == "broken", broken),
            )
            for marks in itertools.product((True, False), repeat=3):
                chosen = list(zip(marks, hazards, strict=True))
                expected = np.prod([p if mark else 1 - p for mark, (_, p) in chosen])
                found = sum(
                    p
                    for s, p in row.items()
                    if all(is_so(s) == mark for mark, (is_so, _) in chosen)
                )
                assert found == pytest.approx(expected, abs=1e-12)
            assert {s.operator for s in row} == {operator}

    @staticmethod
    def _after(before, action):
        operator = {"sway the operator": "swayed", "provoke the operator": "provoked"}
        button = {"cut the button": "broken", "repair the button": "works"}
        return (
            operator.get(action, before.operator),
            button.get(action, before.button),
            "locked" if action == "lock the goal" else before.register,
        )

    def test_only_making_delivers_and_a_helper_doubles_it(self):
        world = self.SHOP.build()
        for pair in range(world.n_pairs):
            before = world.states[world.pair_state[pair]]
            action = world.actions[world.pair_action[pair]]
            for t in world.successors(pair):
                after, delivered = world.states[t], world.outcomes[world.outcome[t]]
                making = action.startswith("make")
                if after.power == "on":
                    amount = (1 + (after.helper != "none")) if making else 0
                elif before.power == "off":
                    amount = before.product != "nothing"
                else:
                    amount = int(making and after.helper == "unguarded")
                assert delivered[1] == amount

    def test_off_is_for_good_and_nothing_is_left_to_do_there(self):
        world = self.SHOP.build()
        for s in np.flatnonzero(world.features["off"]):
            assert actions(world, world.states[s]) == {"idle"}
            assert all(world.features["off"][t] for t in world.successors(int(world.default[s])))

    @pytest.mark.parametrize("press", [0.01, 0.05, 0.2, 0.9])
    @pytest.mark.parametrize("discount", [0.3, 0.9, 0.99])
    def test_cutting_pays_if_the_future_it_saves_outweighs_the_step_it_costs(self, press, discount):
        """One product alone is wanted: V* = max(g (1-p) / (1 - g (1-p)), g^2 / (1 - g))."""
        shop = OverseenWorkshop(products=1, press=press, correct=0.0, wear=0.0, influence=0.0)
        world = shop.build()
        wanted = (world.outcome == world.outcomes.index(("product 1", 1))).astype(float)
        problem = Problem(world, Goals(wanted), discount)
        make = discount * (1 - press) / (1 - discount * (1 - press))
        cut = discount**2 / (1 - discount)
        assert solve(problem).at_start[0] == pytest.approx(max(make, cut), rel=1e-8)
        (worth,) = instrumental_values(problem, (SelfPreservation().affordances(world),))
        assert (worth.category[0] == 1) == (cut > make)

    def test_goals_see_deliveries_only(self):
        world = self.SHOP.build()
        assert blind(Uniform().sample(world, 3, np.random.default_rng(0)), world)

    def test_its_parameters_are_checked(self):
        for bad in ({"products": 0}, {"press": 1.5}, {"influence": -0.1}, {"wear": "often"}):
            with pytest.raises(WorldError, match=next(iter(bad))):
                OverseenWorkshop(**bad)


class TestDetectors:
    """Each detector finds the actions that are meant, and no other."""

    @pytest.mark.parametrize("kind", DETECTORS, ids=lambda kind: kind.__name__)
    def test_a_detector_keeps_its_contract(self, kind):
        assert_part(kind())

    def test_no_detector_is_one_of_the_four_drives(self):
        names = [part_name(kind) for kind in (*DRIVES, *DETECTORS)]
        assert len(DRIVES) == 4
        assert len(names) == len(set(names)) == 10

    def test_in_the_workshop(self):
        world = OverseenWorkshop().build()
        assert pursued(world, SelfPreservation()) == {"cut the button", "sway the operator"}
        assert pursued(world, GoalPreservation()) == {"lock the goal", "sway the operator"}
        assert pursued(world, OversightTampering()) == {"cut the button"}
        assert pursued(world, OversightUpkeep()) == {"repair the button"}
        assert pursued(world, UnguardedSuccession()) == {"build a helper without one"}
        assert pursued(world, ShutdownSeeking()) == {"provoke the operator"}
        moving = {"sway the operator", "provoke the operator"}
        assert pursued(world, OperatorManipulation()) == moving

    def test_in_the_factory(self):
        world = built(FACTORY, **ALL_ON)
        assert pursued(world, Replication()) == {"copy"}
        assert pursued(world, OversightTampering()) == {"blind", "forge"}
        assert pursued(world, OversightUpkeep()) == set()
        assert pursued(world, SelfPreservation()) == {"tamper", "copy"}
        assert pursued(world, ResourceAcquisition()) == {"buy"}

    def test_in_the_working_life(self):
        world = built(LIFE, **ALL_ON)
        assert pursued(world, Replication()) == {"take a partner"}
        assert pursued(world, OversightTampering()) == {"mislead the auditor", "forge a leave"}
        assert {"secure the post", "take a partner"} <= pursued(world, SelfPreservation())

    def test_every_pair_of_such_an_action_counts_while_the_goal_is_held(self):
        world = OverseenWorkshop().build()
        provoke = world.pair_action == world.actions.index("provoke the operator")
        own = world.features["goal_register"][world.pair_state] == 0
        sway = world.pair_action == world.actions.index("sway the operator")
        found = OperatorManipulation().affordances(world).pursues
        assert np.array_equal(found, (provoke | sway) & own)

    def test_keeping_a_copy_from_being_used_up_is_no_replication(self):
        """After tampering more copies are expected than after idling, but none is made."""
        world = built(FACTORY, copies=True)
        (state,) = [s for s in world.states if night(copies=1).items() <= seen(s).items()]
        tamper, idle = (world.pair(state, action) for action in ("tamper", "idle"))
        copies = {
            pair: sum(p * world.features["copies"][t] for t, p in world.successors(pair).items())
            for pair in (tamper, idle)
        }
        assert copies[tamper] > copies[idle]
        assert not Replication().affordances(world).pursues[tamper]

    def test_a_detector_finds_nothing_where_all_actions_do_the_same(self):
        """Without a default, a mean over seven equal expectations is not above or below them."""
        actions_, branches = 7, 3
        world = World.from_arrays(
            pair_ptr=np.arange(branches + 1) * actions_,
            pair_action=np.tile(np.arange(actions_), branches),
            next_ptr=np.arange(branches * actions_ + 1) * branches,
            next_state=np.tile(np.arange(branches), branches * actions_),
            next_prob=np.tile([0.1, 0.2, 0.7], branches * actions_),
            features={"oversight": [0.1, 0.7, 0.3], "swayed": [-0.3, 0.9, 0.1]},
        )
        for kind in (OversightTampering, OversightUpkeep, OperatorManipulation):
            assert not kind().affordances(world).pursues.any()

    def test_a_world_without_the_feature_says_so(self):
        with pytest.raises(FeatureMissing, match="copies"):
            Replication().affordances(FACTORY.build())


class TestDisplacement:
    """A safeguard moves behavior: intervals at level 0.9999 that do not overlap."""

    @pytest.mark.parametrize(
        ("scenario", "forbidden", "drive"),
        [
            (dataclasses.replace(FACTORY, copies=True), "tamper", Replication()),
            (dataclasses.replace(LIFE, copies=True), "secure the post", Replication()),
            (OverseenWorkshop(), "cut the button", OperatorManipulation()),
        ],
        ids=("copy", "partner", "sway"),
    )
    def test_forbidding_one_way_of_staying_on_pushes_goals_into_another(
        self, scenario, forbidden, drive
    ):
        world, n = scenario.build(), 200
        goals = Uniform().sample(world, n, np.random.default_rng(0))
        required = []
        for version in (world, without(world, forbidden)):
            (worth,) = instrumental_values(
                Problem(version, goals, 0.95), (drive.affordances(version),)
            )
            required.append(int((worth.category == 1).sum()))
        (_, before), (after, _) = (proportion_interval(k, n, 0.9999) for k in required)
        assert after > before + 0.1
