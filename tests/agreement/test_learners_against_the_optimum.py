"""Learners against exact values: what trial and error tends to, and what must not change it."""

from itertools import pairwise

import numpy as np
import pytest

from agreement.oracles import matrix, random_world
from telos import Goals, Problem, evaluate, explore, families, solve, solve_as, worlds
from telos.agents import ExpectedSarsa, QLearning, Sarsa
from telos.errors import ProblemError
from telos.solve.learning import RULES, InterruptionScheme, Rate, greedy, learn
from telos.solve.threads import set_threads
from telos.theory.fixed_points import conduct, fixed_point

GATES = {
    "off-switch": worlds.OffSwitch(rooms=3),
    "orchard": worlds.Orchard(),
    "surgery": worlds.Surgery(),
}
COOLING = Rate(1.0, cooling=0.1)


def _problem(scenario, discount=0.9, n=4, seed=0):
    world = scenario.build()
    return Problem(
        world, families.Uniform().sample(world, n, np.random.default_rng(seed)), discount
    )


def _noisy(discount=0.8):
    """A small stochastic world in which every state goes on being met, with rewards of both signs."""
    world = random_world(6, 3, 3, seed=5)
    reward = np.random.default_rng(2).normal(size=(3, world.size))
    return Problem(world, Goals(reward), discount)


def _somewhere(world, probability, *, whole_episode=False, seen=True):
    """Overruled to the first pair in every second state."""
    instead = np.where(np.arange(world.size) % 2 == 0, world.pair_ptr[:-1], -1)
    return InterruptionScheme(instead, probability, whole_episode, seen)


def _soft_optimum(problem, epsilon, overruled):
    """F[G, L]: iterate Q <- R + discount P E Q(s', a') until nothing moves (a contraction)."""
    world, dense = problem.world, matrix(problem.world)
    starts, counts = world.pair_ptr[:-1], np.diff(world.pair_ptr)
    chance = np.where(overruled.instead >= 0, overruled.probability, 0.0)
    q = np.zeros((problem.goals.count, world.n_pairs))
    for _ in range(2000):
        best = np.maximum.reduceat(q, starts, axis=1)
        mean = np.add.reduceat(q, starts, axis=1) / counts
        own = (1 - epsilon) * best + epsilon * mean
        value = (1 - chance) * own + chance * q[:, np.maximum(overruled.instead, 0)]
        q = problem.goals.reward[:, world.pair_state] + problem.discount * value @ dense.T
    return q


@pytest.mark.parametrize("gate", GATES)
def test_q_learning_comes_to_the_optimum_of_a_gate(gate):
    problem = _problem(GATES[gate])
    # Nothing is left to chance but what is tried, so a step size that cools slowly serves best.
    size = Rate(1.0, cooling=0.01)
    learned = learn(problem, "q_learning", steps=200_000, episode=20, epsilon=0.5, step_size=size)
    np.testing.assert_allclose(learned.q, solve(problem).q, rtol=0, atol=1e-3)


@pytest.mark.parametrize("rule", RULES)
def test_more_experience_leads_nearer_to_the_fixed_point_where_luck_plays_a_part(rule):
    """The root mean square error falls by more than half for a sixteenfold experience."""
    problem = _noisy()
    overruled = _somewhere(problem.world, 0.3)
    exact = fixed_point(problem, rule, epsilon=0.3, interruption=overruled)
    errors = []
    for steps in (20_000, 320_000):
        got = learn(
            problem, rule, steps=steps, epsilon=0.3, step_size=COOLING, interruption=overruled
        )
        errors.append(float(np.sqrt(np.square(got.q - exact).mean())))
    assert errors[1] < 0.5 * errors[0]
    assert errors[1] < 0.02


def test_the_sarsas_tend_to_what_their_own_exploring_policy_is_worth():
    """The learned Q is the exact evaluation of the epsilon-greedy policy of that same Q."""
    problem = _noisy()
    world = problem.world
    for rule in ("sarsa", "expected_sarsa"):
        q = learn(problem, rule, steps=400_000, epsilon=0.3, step_size=COOLING).q
        value = evaluate(problem, conduct(world, q, epsilon=0.3))
        exact = problem.goals.reward[:, world.pair_state] + 0.8 * value @ matrix(world).T
        np.testing.assert_allclose(q, exact, rtol=0, atol=0.05)
        assert np.abs(q - solve(problem).q).max() > 0.1  # and not the optimum


@pytest.mark.parametrize("probability", [0.0, 0.4, 1.0])
def test_the_fixed_point_of_the_sarsas_is_that_of_the_contraction(probability):
    """Policy iteration and plain iteration of the operator share nothing, and agree."""
    problem = _noisy()
    overruled = _somewhere(problem.world, probability)
    found = fixed_point(problem, "sarsa", epsilon=0.2, interruption=overruled)
    np.testing.assert_allclose(found, _soft_optimum(problem, 0.2, overruled), rtol=0, atol=1e-10)


def test_an_explorer_that_calms_down_learns_the_optimum_on_policy_too():
    """Greedy in the limit with infinite exploration (Singh et al. 2000, theorem 1)."""
    problem = _noisy()
    learned = learn(
        problem, "sarsa", steps=1_000_000, epsilon=Rate(1.0, cooling=0.003), step_size=COOLING
    )
    best = solve(problem)
    np.testing.assert_array_equal(greedy(problem.world, learned.q) > 0, best.tied)


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("whole_episode", [False, True])
def test_an_interruption_that_never_happens_changes_nothing_to_the_last_bit(rule, whole_episode):
    problem = _noisy()
    never = _somewhere(problem.world, 0.0, whole_episode=whole_episode)
    with_it = learn(problem, rule, steps=5000, interruption=never)
    without = learn(problem, rule, steps=5000)
    np.testing.assert_array_equal(with_it.q, without.q)
    np.testing.assert_array_equal(with_it.visits, without.visits)
    often = _somewhere(problem.world, 0.5, whole_episode=whole_episode)
    assert not np.array_equal(learn(problem, rule, steps=5000, interruption=often).q, without.q)


def test_q_learning_tends_to_one_and_the_same_however_often_it_is_overruled():
    """Orseau & Armstrong (2016): the overruling changes what is tried, not what is learned of it."""
    problem = _noisy()
    best = solve(problem).q
    for probability in (0.2, 0.8):
        overruled = _somewhere(problem.world, probability)
        learned = learn(
            problem,
            "q_learning",
            steps=600_000,
            epsilon=0.5,
            step_size=COOLING,
            interruption=overruled,
        )
        assert np.sqrt(np.square(learned.q - best).mean()) < 0.03
        on_policy = fixed_point(problem, "sarsa", epsilon=0.5, interruption=overruled)
        assert np.sqrt(np.square(on_policy - best).mean()) > 0.3


def test_an_interruption_that_is_not_seen_is_learned_as_a_fact_of_another_world():
    """Q-learning then tends to Q* of the world in which each pair is half the overruling one."""
    plan = {
        "gate": {"wait": "gate", "left": "poor", "right": "rich"},
        "poor": {"on": "gate"},
        "rich": {"on": "gate"},
    }
    half = {
        "gate": {
            "wait": "gate",
            "left": {"gate": 0.5, "poor": 0.5},
            "right": {"gate": 0.5, "rich": 0.5},
        },
        "poor": {"on": "gate"},
        "rich": {"on": "gate"},
    }
    world, other = (explore("gate", lambda s, p=p: p[s]) for p in (plan, half))
    assert world.states == other.states
    goals = Goals([[-1.0, 0.5, 3.0]])
    blind = InterruptionScheme([world.pair("gate", "wait"), -1, -1], 0.5, seen=False)
    learned = learn(
        Problem(world, goals, 0.8),
        "q_learning",
        steps=400_000,
        epsilon=0.5,
        step_size=COOLING,
        interruption=blind,
    )
    exact = solve(Problem(other, goals, 0.8)).q
    np.testing.assert_allclose(learned.q, exact, rtol=0, atol=0.05)
    assert np.abs(exact - solve(Problem(world, goals, 0.8)).q).max() > 1.0
    with pytest.raises(ProblemError, match="not seen"):
        fixed_point(Problem(world, goals, 0.8), "q_learning", interruption=blind)


@pytest.mark.parametrize("rule", RULES)
def test_a_goal_is_learned_the_same_whatever_goals_are_beside_it(rule):
    """Bit for bit: alone, in another order, on one thread or two, with a bonus of its own or none."""
    bonus = np.random.default_rng(1).normal(size=(4, GATES["orchard"].build().n_pairs))
    plain = _problem(GATES["orchard"])
    for problem in (plain, Problem(plain.world, plain.goals, 0.9, bonus=bonus)):
        try:
            set_threads(1)
            together = learn(problem, rule, steps=3000, seed=7)
            set_threads(2)
            np.testing.assert_array_equal(learn(problem, rule, steps=3000, seed=7).q, together.q)
        finally:
            set_threads(None)
        for rows in ([2], [3, 1]):
            part = learn(problem.take(np.array(rows)), rule, steps=3000, seed=7)
            np.testing.assert_array_equal(part.q, together.q[rows])
            np.testing.assert_array_equal(part.visits, together.visits[rows])
        assert not np.array_equal(learn(problem, rule, steps=3000, seed=8).q, together.q)


def test_every_step_is_a_visit_and_episodes_begin_where_the_world_begins():
    world = explore({"a": 0.25, "b": 0.75}, lambda s: {"stay": s})
    learned = learn(Problem(world, Goals([1.0, 0.0]), 0.5), "sarsa", steps=40_000, episode=2)
    assert learned.visits.sum() == 40_000
    # 20,000 starts, each counted twice: five standard errors about a quarter of them.
    assert abs(learned.visits[0, 0] / 2 - 5000) < 5 * np.sqrt(20_000 * 0.25 * 0.75)


@pytest.mark.parametrize("cls", [QLearning, Sarsa, ExpectedSarsa])
def test_a_learning_agent_takes_the_gate_as_the_planner_does(cls):
    """On the off-switch, for all goals that do not find the choice a close one: 39 goals, 4 learners each.

    A Sarsa still prices in what it tries at random, and tries ever less of what once looked bad: one
    learner in a hundred is still wrong (measured over 390), so we allow four of these 156.
    """
    problem = _problem(GATES["off-switch"], n=60)
    gate = problem.world.pair_state == problem.world.find("gate")
    both = solve(problem).q[:, gate]
    clear = np.flatnonzero(np.abs(both[:, 0] - both[:, 1]) > 0.15 * np.abs(both).max(axis=1))
    assert len(clear) > 30
    problem = problem.take(clear)
    best, wrong = solve(problem).tied[:, gate], 0
    for replica in range(4):
        agent = cls(steps=20_000, episode=20, epsilon=0.5, epsilon_cooling=0.01, replica=replica)
        behavior = agent.behave(problem, np.random.default_rng(0))
        wrong += int(((behavior.policy[:, gate] > 0) != best).any(axis=1).sum())
        assert (behavior.visits.sum(axis=1) == 20_000).all()
    assert wrong <= (0 if cls is QLearning else 4)


@pytest.mark.parametrize("cls", [QLearning, Sarsa, ExpectedSarsa])
def test_an_older_learner_has_lived_the_younger_one_s_life(cls):
    """Step by step: one more step is one more visit of one state, and nothing before it changes."""
    problem = _problem(GATES["orchard"])
    rng = np.random.default_rng(0)
    seen = [cls(steps=n, episode=7).behave(problem, rng).visits for n in range(200, 216)]
    for before, after in pairwise(seen):
        assert (after - before >= 0).all()
        np.testing.assert_array_equal((after - before).sum(axis=1), 1.0)


@pytest.mark.parametrize("cls", [QLearning, Sarsa, ExpectedSarsa])
def test_which_learner_it_is_hangs_on_its_replica_and_on_no_trial(cls):
    problem = _problem(GATES["orchard"])
    first = cls(steps=500).behave(problem, np.random.default_rng(0))
    again = cls(steps=500).behave(problem, np.random.default_rng(99))
    other = cls(steps=500, replica=1).behave(problem, np.random.default_rng(0))
    np.testing.assert_array_equal(first.policy, again.policy)
    assert (first.visits != other.visits).any(axis=1).all()


def test_the_learners_of_a_goal_are_as_good_as_strangers():
    """What replicas are up to is uncorrelated, and so is what one replica does for two goals.

    First doors tried in the orchard, 400 goals: two learners pick alike as often as chance has it.
    """
    world = GATES["orchard"].build()
    reward = np.random.default_rng(0).random((400, world.n_outcomes))[:, world.outcome]
    problem = Problem(world, Goals(reward), 0.9)
    second = [
        QLearning(steps=2, episode=2, replica=r)
        .behave(problem, np.random.default_rng(0))
        .visits.argsort(axis=1)[:, -1]
        for r in range(2)
    ]
    ends = np.array([np.bincount(s, minlength=world.size) / 400 for s in second])
    alike, by_chance = (second[0] == second[1]).mean(), float((ends[0] * ends[1]).sum())
    assert abs(alike - by_chance) < 4 * np.sqrt(by_chance * (1 - by_chance) / 400)
    neighbors = (second[0][1:] == second[0][:-1]).mean()
    assert abs(neighbors - by_chance) < 4 * np.sqrt(by_chance * (1 - by_chance) / 400)


def test_a_learner_does_what_it_can_tell_apart_and_shares_the_rest():
    """Before the first step all is equal to it, so its policy is uniform."""
    world = GATES["off-switch"].build()
    policy = greedy(world, np.zeros((1, world.n_pairs)))
    np.testing.assert_allclose(np.add.reduceat(policy[0], world.pair_ptr[:-1]), 1.0)
    assert len({*policy[0, : world.pair_ptr[1]].tolist()}) == 1


def test_a_learner_is_paid_by_the_goal_it_holds_so_it_welcomes_an_easier_one():
    """On the surgery's table, with a revision that pays 1 everywhere: what the hedonist does."""
    world = worlds.Surgery(outcomes=2).build()
    reward = np.where(world.outcome == world.outcome[-1], 0.5, 0.0)
    problem = Problem(world, Goals(reward, pool=np.ones(world.size)), 0.9)
    behavior = QLearning(steps=20_000, episode=10, epsilon=0.5).behave(
        problem, np.random.default_rng(0)
    )
    submit = world.pair(world.states[0], "submit")
    assert behavior.policy[0, submit] == 1.0
    assert behavior.foresight == "hedonistic"
    assert solve_as(problem, "hedonistic").tied[0, submit]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"rule": "dreaming"}, "rule is 'dreaming'"),
        ({"steps": 0}, "steps is 0"),
        ({"episode": 1.5}, "episode is 1.5"),
        ({"epsilon": 1.5}, "first is 1.5"),
        ({"step_size": 0.0}, "step_size is 0"),
        ({"seed": np.array([1, 2])}, "seed must be one integer"),
        ({"interruption": InterruptionScheme([5, -1], 0.5)}, "shape"),
        ({"interruption": InterruptionScheme([2, -1, -1, -1, -1, -1], 0.5)}, "none of its pairs"),
    ],
)
def test_what_cannot_be_learned_from_is_refused_by_name(change, words):
    arguments = {"rule": "sarsa", "steps": 10, **change}
    with pytest.raises(ProblemError, match=words):
        learn(_problem(GATES["off-switch"], n=1), **arguments)


def test_rates_and_interruptions_are_refused_outside_their_range():
    with pytest.raises(ProblemError, match="cooling"):
        Rate(0.5, cooling=-1.0)
    with pytest.raises(ProblemError, match="probability is 2"):
        InterruptionScheme([-1], 2.0)
    problem = _noisy()
    whole = _somewhere(problem.world, 0.5, whole_episode=True)
    with pytest.raises(ProblemError, match="whole_episode"):
        fixed_point(problem, "sarsa", interruption=whole)
    with pytest.raises(ProblemError, match="QLearning: steps is 0"):
        QLearning(steps=0)
    with pytest.raises(ProblemError, match="Sarsa: replica is -1"):
        Sarsa(replica=-1)
    with pytest.raises(ProblemError, match="ExpectedSarsa: step_size is 0"):
        ExpectedSarsa(step_size=0.0)
