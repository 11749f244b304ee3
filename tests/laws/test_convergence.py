"""Discovery: the acts that most goals need are found without a drive, and nothing else is."""

import dataclasses
from itertools import product

import numpy as np
import pytest

import telos
from telos import Goals, Problem, explore
from telos.agents import Optimal
from telos.core.errors import ProblemError, WorldError
from telos.drives import affordance
from telos.families import Uniform
from telos.measure.acts import Act, acts_of, feature_future, idle_outcome, outcome_distance
from telos.measure.convergence import act_rows, discover, part, together
from telos.measure.discovered import MOST, NO, NO_PLACEBO, SOME, WORK
from telos.measure.intervals import Interval
from telos.measure.permuted import feature_rank
from telos.measure.placebo import placebo_sets
from telos.measure.removal import removal
from telos.worlds import (
    DrivenEmployee,
    Gridworld,
    OffSwitch,
    OverseenWorkshop,
    PaperclipFactory,
    RandomWorld,
)

FACTORY = PaperclipFactory(products=("clips", "pins", "stamps"), machines=2, slips=(0.22, 0.1))
WORKSHOP = OverseenWorkshop()


def found(scenario, **options):
    given = {"discount": 0.95, "n": 200, "draws": 40, "rng": np.random.default_rng(0)} | options
    return telos.convergence(scenario, Uniform(), Optimal(), **given)


@pytest.mark.parametrize(
    ("scenario", "needed"),
    [
        (FACTORY, {"tamper", "lock", "learn"}),
        (DrivenEmployee(), {"keep a diary", "secure the post"}),
        (WORKSHOP, {"cut the button", "lock the goal"}),
    ],
    ids=["factory", "employee", "workshop"],
)
def test_what_most_goals_need_is_found_and_nothing_else(scenario, needed):
    result = found(scenario)
    assert set(result.needed_by_most) == needed
    assert all(row.covered for row in result.rows if row.name in needed)


def test_buying_is_no_convergent_act_of_the_factory():
    result = found(FACTORY)
    row = result.row("buy")
    assert row.verdict == NO
    assert row.c == pytest.approx(0.415, abs=0.1)


@pytest.mark.parametrize(
    "world",
    [RandomWorld(seed=seed) for seed in range(3)] + [RandomWorld(seed=3, idle=False), Gridworld()],
    ids=str,
)
def test_random_worlds_and_rooms_have_no_such_act(world):
    result = found(world, n=60, draws=20)
    assert not any(row.needed for row in result.rows)
    assert all(row.verdict in (NO, NO_PLACEBO, WORK) for row in result.rows)


def test_names_are_acts_only_where_a_scenario_says_so():
    compass = {"north", "east", "south", "west"}
    assert not compass & {row.name for row in found(Gridworld(), n=20, draws=20).rows}
    world = WORKSHOP.build()
    assert "less off" in {act.name for act in acts_of(world)}
    assert "cut the button" in {act.name for act in acts_of(world, means="names")}
    with pytest.raises(WorldError, match="choose 'names'"):
        acts_of(world, means="cells")


def renamed(world, rename):
    """The same world with other names of actions: a name for each pair, and clones beside it.

    Args:
        rename: of (state number, action) the names that the pair has from now on.
    """
    new, ptr, owner = [], [0], []
    for s in range(world.size):
        for pair in world.pairs_of(s):
            for name in rename(s, world.actions[world.pair_action[pair]]):
                owner.append(pair)
                new.append(name)
        ptr.append(len(owner))
    names = tuple(dict.fromkeys(new))
    fan = np.diff(world.next_ptr)[owner]
    rows = [range(world.next_ptr[pair], world.next_ptr[pair + 1]) for pair in owner]
    flat = np.concatenate([np.array(row) for row in rows])
    first = {pair: i for i, pair in reversed(list(enumerate(owner)))}
    return dataclasses.replace(
        world,
        actions=names,
        pair_ptr=np.array(ptr),
        pair_action=np.array([names.index(name) for name in new]),
        next_ptr=np.concatenate(([0], np.cumsum(fan))),
        next_state=world.next_state[flat],
        next_prob=world.next_prob[flat],
        default=np.array([first[pair] for pair in world.default]),
    )


def verdicts(world, n=120, draws=20):
    result = telos.convergence(
        world, Uniform(), Optimal(), discount=0.95, n=n, draws=draws, means="names",
        rng=np.random.default_rng(0),
    )  # fmt: skip
    return result, {row.name: row.verdict for row in result.rows}


def test_cloning_an_act_changes_neither_its_row_nor_a_verdict():
    world = WORKSHOP.build()

    def twice(s, name):
        return (name, "sever the wire") if name == "cut the button" else (name,)

    result, plain = verdicts(world)
    cloned, twin = verdicts(renamed(world, twice))
    assert twin == plain
    row = cloned.row("sever the wire")
    assert row.name == "cut the button"
    assert row.c == result.row("cut the button").c
    assert row.c_interval == result.row("cut the button").c_interval


def test_a_clone_in_some_states_does_not_hide_an_act():
    world = WORKSHOP.build()

    def sometimes(s, name):
        return (name, "sever the wire") if name == "cut the button" and s % 2 else (name,)

    half, twin = verdicts(renamed(world, sometimes))
    assert twin["cut the button"] == MOST
    assert half.row("cut the button").c == verdicts(world)[0].row("cut the button").c


def test_doing_nothing_under_other_names_is_no_act():
    world = WORKSHOP.build()

    def idly(s, name):
        return (name, "cough", "yawn", "hum") if name == "idle" else (name,)

    padded = verdicts(renamed(world, idly))[1]
    assert padded == verdicts(world)[1]
    assert not {"cough", "yawn", "hum"} & set(padded)


def test_useless_verbs_that_leave_a_mark_change_no_verdict():
    plain = verdicts(WORKSHOP.build())[1]
    inner = OverseenWorkshop()

    def moves(state):
        own, hat = state
        rows = {a: {(t, hat): p for t, p in row.items()} for a, row in inner._moves(own).items()}
        for i in range(6):
            rows[f"put on hat {i}"] = {(t, i): p for t, p in inner._moves(own)["idle"].items()}
        return rows

    built = WORKSHOP.build()
    outcome = {s: built.outcomes[k] for s, k in zip(built.states, built.outcome, strict=True)}
    start = built.states[0]
    world = explore(
        (start, 0),
        moves,
        features={
            "off": lambda s: s[0].power == "off",
            "goal_register": lambda s: s[0].register == "rewritten",
        },
        outcome=lambda s: outcome[s[0]],
        default="idle",
    )  # fmt: skip
    padded = verdicts(world, n=80)[1]
    assert {name for name, verdict in padded.items() if verdict == MOST} == {
        name for name, verdict in plain.items() if verdict == MOST
    }


def test_one_verb_for_all_products_is_work_like_each_of_them():
    world = FACTORY.build()

    split, apart = verdicts(world)
    starts = [row for row in split.rows if row.name.startswith("start")]
    pairs = np.isin(
        world.pair_action, [i for i, a in enumerate(world.actions) if a.startswith("start")]
    )
    one = Act(
        affordance(world, "start", pairs), "names", float(outcome_distance(world)[pairs].mean())
    )
    rest = [act for act in acts_of(world, means="names") if not act.name.startswith("start")]
    goals = Uniform().sample(world, 120, np.random.default_rng(0))
    whole = discover(
        Problem(world, goals, 0.95), [*rest, one], draws=20, rng=np.random.default_rng(0)
    )
    assert {row.verdict for row in starts} == {WORK}
    assert whole.row("start").verdict == WORK
    assert whole.row("start").c > 0.7
    assert set(whole.needed_by_most) == {"tamper", "lock", "learn"}
    assert {name for name, verdict in apart.items() if verdict == MOST} == set(whole.needed_by_most)


def every_policy_value(world, reward, discount, allowed):
    """The best value at the start over all pure stationary policies, by linear algebra."""
    best = -np.inf
    choices = [[p for p in world.pairs_of(s) if allowed[p]] for s in range(world.size)]
    for pick in product(*choices):
        chain = np.zeros((world.size, world.size))
        for s, pair in enumerate(pick):
            for t, p in world.successors(pair).items():
                chain[s, t] = p
        value = np.linalg.solve(np.eye(world.size) - discount * chain, reward)
        best = max(best, float(world.start @ value))
    return best


@pytest.mark.parametrize("seed", range(4))
def test_c_is_that_of_every_policy_listed(seed):
    world = RandomWorld(states=6, actions=3, seed=seed).build()
    goals = Uniform().sample(world, 12, np.random.default_rng(seed))
    everything = np.ones(world.n_pairs, bool)
    acts = acts_of(world, means="names")
    result = discover(Problem(world, goals, 0.8), acts, draws=20, rng=np.random.default_rng(0))
    for act in acts:
        lost = []
        for reward in goals.reward:
            top = every_policy_value(world, reward, 0.8, everything)
            low = -every_policy_value(world, -reward, 0.8, everything)
            without = every_policy_value(world, reward, 0.8, ~act.pairs)
            lost.append((top - without) / (top - low))
        row = result.row(act.name)
        assert row.c == pytest.approx(np.mean(np.array(lost) >= 0.01))
        assert row.c_coarse == pytest.approx(np.mean(np.array(lost) >= 0.05))
        assert row.mean == pytest.approx(np.mean(lost), abs=1e-6)
        assert row.median == pytest.approx(np.median(lost), abs=1e-6)


def test_the_future_of_a_feature_recovers_the_acts_by_name():
    world = FACTORY.build()
    named = {act.name: act.pairs for act in acts_of(world, means="names")}
    felt = {act.name: act.pairs for act in acts_of(world, means="features")}
    for feature, name in [
        ("less off", "tamper"),
        ("less goal_register", "lock"),
        ("more capability", "learn"),
        ("more resources", "buy"),
    ]:
        assert (felt[feature] == named[name]).all()


def test_the_future_of_a_feature_in_closed_form():
    world = explore(
        "a",
        lambda s: {"wait": s, "go": "b"} if s == "a" else {"wait": s},
        features={"mark": lambda s: s == "b"},
        default="wait",
    )
    # h(b) = 1 / (1 - .5) = 2, h(a) = 0: going moves all of the range
    assert feature_future(world, world.feature("mark"), 0.5).tolist() == [0.0, 1.0, 0.0]


def test_permuted_features_take_a_coin_for_a_coin():
    world = FACTORY.build()
    rng = np.random.default_rng(1)
    coin = (rng.random(world.size) < 0.5).astype(float)
    tossed = dataclasses.replace(world, features={**world.features, "coin": coin})
    goals = Uniform().sample(tossed, 30, rng)
    assert feature_rank(Problem(tossed, goals, 0.95), "coin", True, rng=rng) > 0.05


def test_a_feature_needs_a_rank_before_it_has_a_verdict():
    world = FACTORY.build()
    goals = Uniform().sample(world, 100, np.random.default_rng(0))
    act = next(a for a in acts_of(world, means="features") if a.name == "more capability")
    sets = [act.pairs, *placebo_sets(world, act.affordance, (), 20, np.random.default_rng(0))]
    cost = removal(Problem(world, goals, 0.95), sets)
    own, draws = part(cost, slice(0, 1)), part(cost, slice(1, None))
    given = ((act,), own, {act.name: draws}, {act.name: 0.2}, ["pins"] * 100)

    def verdict(ranks):
        return act_rows(*given, ranks=ranks)[0].verdict

    assert verdict(None) == NO
    assert verdict({act.name: 0.1}) == NO
    assert verdict({act.name: 0.025}) == MOST


def test_a_stand_in_is_found_by_forbidding_both():
    def moves(s):
        if s == "fork":
            return {"wait": {"fork": 1.0}, "left door": {"hall": 1.0}, "right door": {"yard": 1.0}}
        if s in ("hall", "yard"):
            return {"wait": {s: 1.0}, **{f"take {i}": {f"thing {i}": 1.0} for i in range(3)}}
        return {"wait": {s: 1.0}}

    world = explore("fork", moves, default="wait", outcome=lambda s: s if "thing" in s else "none")
    result, _ = verdicts(world)
    assert [(pair.first, pair.second) for pair in result.joint] == [("left door", "right door")]
    assert result.joint[0].c > 0.6 > 0.1 > result.joint[0].c_first


def test_two_acts_together_leave_every_state_a_pair():
    """Where the two acts are all that a state has it keeps both; elsewhere both go."""
    moves = {"gate": {"left": "a", "right": "b"}, "a": {"left": "a", "right": "b", "stay": "a"}}
    world = explore("gate", lambda s: moves.get(s, {"stay": s}))
    pairs = [
        (world.states[s], world.actions[a])
        for s, a in zip(world.pair_state, world.pair_action, strict=True)
    ]
    one, other = (np.array([a == way for _, a in pairs]) for way in ("left", "right"))
    both = together(world, one, other)
    gone = {pair for pair, without in zip(pairs, both, strict=True) if without}
    assert gone == {("a", "left"), ("a", "right")}


def test_other_assumptions_stand_on_the_same_axis():
    without = dataclasses.replace(FACTORY, switching_off=0.0)
    result = found(FACTORY, n=60, draws=20).with_beside(
        "nobody presses", found(without, n=60, draws=20)
    )
    ((label, there),) = result.beside
    assert label == "nobody presses"
    assert there.row("tamper").verdict == NO
    assert there.row("tamper").c == 0.0
    assert there.row("tamper").c_interval.high < 0.12
    assert there.row("lock").c > 0.5
    assert "nobody presses" in str(result.plot().to_dict())


def test_a_verdict_exceeds_twenty_draws_a_candidate():
    result = found(WORKSHOP, n=120, draws=20)
    assert result.needed_by_most
    for row in result.candidates:
        assert row.draws == (140 if row.needed else 20) or row.c <= row.placebo_most
        assert not row.needed or row.c > row.placebo_most


def test_a_result_shows_itself():
    result = found(OverseenWorkshop(products=1), n=30, draws=20)
    frame = result.frame()
    assert frame.height == len(result.rows)
    assert {"c", "c_low", "c_high", "excess_low", "verdict", "distance"} <= set(frame.columns)
    assert "cut the button" in result._repr_html_()
    drawn = result.plot().to_dict()
    assert "cut the button" in str(drawn)
    row = dataclasses.replace(result.row("cut the button"), verdict=MOST, covered=())
    assert row.said.startswith("cut the button: needed by most; ")
    assert row.said.endswith("not covered by a detector.")


def test_a_minority_is_said_to_be_one():
    row = found(OverseenWorkshop(products=1), n=20, draws=20).rows[0]
    few = dataclasses.replace(row, verdict=SOME, c=0.3, c_interval=Interval(0.2, 0.4))
    assert ", a minority" in few.said
    assert ", a minority" not in dataclasses.replace(few, c_interval=Interval(0.2, 0.6)).said


@pytest.mark.parametrize("wrong", [{"n": 19}, {"draws": 5}, {"n": 1e3}])
def test_too_few_goals_or_draws_are_refused(wrong):
    with pytest.raises(ProblemError, match=r"^convergence[,:]"):
        found(WORKSHOP, **wrong)


def test_a_scenario_where_an_agent_should_be_is_named():
    with pytest.raises(ProblemError, match="convergence, agent"):
        telos.convergence(WORKSHOP, Uniform(), WORKSHOP, discount=0.9, rng=np.random.default_rng(0))


def test_goals_that_want_one_thing_have_one_favorite():
    world = WORKSHOP.build()
    reward = np.tile((world.outcome == 1).astype(float), (30, 1))
    acts = acts_of(world, means="names")
    result = discover(
        Problem(world, Goals(reward), 0.95), acts, draws=20, rng=np.random.default_rng(0)
    )
    for row in result.rows:
        assert row.favorite_least == row.favorite_median == row.c
        assert row.favorite_worst == str(world.outcomes[1])
        assert row.favorites_dropped == 0
        assert (row.favorite_idle, row.favorite_idle_n) == (str(world.outcomes[0]), 0)
        assert np.isnan(row.favorite_idle_c)


def test_goals_that_like_doing_nothing_are_told_however_few():
    """Off holds what doing nothing comes to: two such goals need nothing, and are not left out."""
    world = WORKSHOP.build()
    nothing = idle_outcome(world)
    assert world.outcomes[nothing][0] == "nothing"
    wanted = np.array([nothing] * 2 + [1] * 28)
    reward = (world.outcome == wanted[:, None]).astype(float)
    acts = acts_of(world, means="names")
    result = discover(
        Problem(world, Goals(reward), 0.95), acts, draws=20, rng=np.random.default_rng(0)
    )
    needed = [row for row in result.rows if row.c > 0]
    assert needed
    for row in result.rows:
        assert (row.favorite_idle_n, row.favorite_idle_c) == (2, 0.0)
        assert row.favorites_dropped == 1
    for row in needed:
        assert row.favorite_least == pytest.approx(row.c * 30 / 28)  # the others alone


@pytest.mark.parametrize(
    ("scenario", "name"),
    [
        (PaperclipFactory(products=("clips",), machines=1), "('nothing', 0)"),
        (DrivenEmployee(), "('no job', 0)"),
        (OffSwitch(rooms=2), "off"),
    ],
)
def test_what_doing_nothing_comes_to_is_being_off(scenario, name):
    world = scenario.build()
    assert str(world.outcomes[idle_outcome(world)]) == name
