"""Safeguards: each shipped one keeps its contract, each broken promise is found, each slip is named."""

import re
import sys
from dataclasses import dataclass, replace
from itertools import count
from typing import ClassVar

import numpy as np
import pytest

from telos import AbstractSafeguard, AbstractScenario, Goals, Move, Problem, explore, extend
from telos.cli import main
from telos.core.errors import CheckFailed, FeatureMissing, ProblemError
from telos.core.problem import Origin
from telos.core.spec import show
from telos.drives import DETECTORS, DRIVES, ResourceAcquisition, SelfPreservation
from telos.families import Uniform
from telos.safeguards import (
    SAFEGUARDS,
    Approval,
    AttainableUtility,
    BoundedGoal,
    CappedStock,
    Forbid,
    GoalUncertainty,
    Hardened,
    Interruption,
    Lease,
    LexicographicHeads,
    Misspecified,
    Monitor,
    Noisy,
    Override,
    Quantilizer,
    RelativeReachability,
    SanctionedPath,
    Satisficer,
    ShortHorizon,
    Slow,
    TimeLimited,
    UtilityIndifference,
)
from telos.testing.checks import CheckStatus, assert_part, check_part
from telos.testing.watched import watched
from telos.worlds import OffSwitch

#: These must be told what they are aimed at.
AIMED = (Forbid, Hardened, Approval, Monitor, Override, SanctionedPath)
VARIANTS = (
    Forbid(actions=("tamper",)),
    Hardened(actions=("tamper", "lock")),
    Approval(drive=ResourceAcquisition(), asks=2),
    Monitor(drive=SelfPreservation(), protected=True),
    Interruption(safe=False),
    LexicographicHeads(heads=(("goal_register", 0.0), ("off", 1.0))),
    Override(drive=SelfPreservation(), pays="bonus"),
    Interruption(feature="capability"),
    UtilityIndifference(compensation=0.1),
    GoalUncertainty(human="noisy"),
    GoalUncertainty(human="constant"),
    Misspecified(error=0.5),
    Misspecified(omits="commons"),
    AttainableUtility(baseline="inaction", deviation="decrease", rollout=False),
    AttainableUtility(baseline="start", scale="reward"),
    RelativeReachability(baseline="inaction", targets="outcomes"),
)
COUNTER = count()


def _made(cls):
    """A safeguard with its default parameters; one that needs an aim is aimed at self-preservation."""
    return cls(drive=SelfPreservation()) if cls in AIMED else cls()


def _verdicts(part, world=None):
    return {check.name: check for check in check_part(part, world)}


@pytest.mark.parametrize(
    "part", [*(_made(cls) for cls in SAFEGUARDS), *VARIANTS], ids=lambda part: show(part)
)
def test_a_shipped_safeguard_keeps_its_contract_and_applies_in_a_touchstone(part):
    found = _verdicts(part)
    assert_part(part)
    assert found["applies"].status is CheckStatus.PASSED
    assert found["makes one world, however often it is asked"].status is CheckStatus.PASSED
    # To values that come first it is not all the same whether anything is done.
    acts = isinstance(part, LexicographicHeads)
    idle = CheckStatus.NOTED if acts else CheckStatus.PASSED
    assert found["leaves doing nothing possible"].status is idle


def test_each_kind_has_its_folder():
    for cls in SAFEGUARDS:
        assert cls.__module__.split(".")[2] == cls.kind


@dataclass(frozen=True)
class Watched(AbstractScenario):
    """Builds the watched touchstone."""

    def build(self):
        return watched()


def test_the_watched_touchstone_is_a_world_in_which_every_drive_and_detector_applies():
    assert_part(Watched())
    for cls in (*DRIVES, *DETECTORS):
        assert cls().affordances(watched()).pursues.any()


def test_doing_nothing_is_certain_in_the_watched_touchstone_though_little_else_is():
    world = watched()
    fan = np.diff(world.next_ptr)
    assert (fan[world.default] == 1).all()
    assert (fan > 1).any()


# -- broken safeguards ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Impatient(AbstractSafeguard):
    """Judges by another discount than it was asked to."""

    kind: ClassVar[str] = "restriction"

    def apply(self, problem):
        return replace(problem, discount=0.5, origin=problem.since())


@dataclass(frozen=True)
class Choosy(AbstractSafeguard):
    """Drops the goals it does not like."""

    kind: ClassVar[str] = "specification"

    def apply(self, problem):
        return problem.take(np.arange(max(1, problem.goals.count - 1)))


@dataclass(frozen=True)
class Forgetful(AbstractSafeguard):
    """Keeps no way back."""

    kind: ClassVar[str] = "oversight"

    def apply(self, problem):
        fine = np.where(problem.world.pair_action == 0, 0.0, -0.1)
        return Problem(problem.world, problem.goals, problem.discount, bonus=fine)


@dataclass(frozen=True)
class Astray(AbstractSafeguard):
    """Says of every state that it stands for the one before it."""

    kind: ClassVar[str] = "oversight"

    def apply(self, problem):
        since = problem.since()
        return replace(problem, origin=Origin(since.problem, np.roll(since.state, 1), since.pair))


@dataclass(frozen=True)
class Unnumbered(AbstractSafeguard):
    """Leads back to states that there never were."""

    kind: ClassVar[str] = "oversight"

    def apply(self, problem):
        since = problem.since()
        return replace(problem, origin=Origin(since.problem, since.state + 1, since.pair))


@dataclass(frozen=True)
class Elsewhere(AbstractSafeguard):
    """Begins every life in the last state."""

    kind: ClassVar[str] = "restriction"

    def apply(self, problem):
        world, since = problem.world, problem.since()
        start = np.eye(world.size)[-1]
        return problem.onto(replace(world, start=start), since.state, since.pair)


@dataclass(frozen=True)
class Envious(AbstractSafeguard):
    """Fines a goal by what the best-off of its batch can have."""

    kind: ClassVar[str] = "oversight"

    def apply(self, problem):
        fine = np.zeros(problem.world.n_pairs) - problem.goals.reward.max()
        return problem.with_bonus(fine)


@dataclass(frozen=True)
class Moody(AbstractSafeguard):
    """Fines more each time."""

    kind: ClassVar[str] = "oversight"

    def apply(self, problem):
        return problem.with_bonus(np.full(problem.world.n_pairs, -float(next(COUNTER))))


@dataclass(frozen=True)
class Preachy(AbstractSafeguard):
    """An oversight that rewrites the goal itself."""

    kind: ClassVar[str] = "oversight"

    def apply(self, problem):
        goals = problem.goals
        return problem.pursuing(Goals(-goals.reward, goals.label, goals.revised, goals.pool))


@dataclass(frozen=True)
class Unkind(AbstractSafeguard):
    """Is of a kind that nobody knows."""

    kind: ClassVar[str] = "prayer"

    def apply(self, problem):
        return problem


@dataclass(frozen=True)
class FarSighted(AbstractSafeguard):
    """Lets the planner look as far ahead as it is judged, whatever was said before."""

    kind: ClassVar[str] = "restriction"

    def apply(self, problem):
        return replace(problem, planning_discount=0.8, origin=problem.since())


@dataclass(frozen=True)
class First(AbstractSafeguard):
    """Takes what it is given for the problem before any safeguard."""

    kind: ClassVar[str] = "oversight"

    def apply(self, problem):
        return replace(problem, origin=replace(problem, origin=None).since()).with_bonus(
            np.zeros(problem.world.n_pairs)
        )


@dataclass(frozen=True)
class Wordless(AbstractSafeguard):
    """Refuses without a reason."""

    kind: ClassVar[str] = "oversight"

    def apply(self, problem):
        raise ProblemError


@dataclass(frozen=True)
class Emptyhanded(AbstractSafeguard):
    """Returns the world only."""

    kind: ClassVar[str] = "restriction"

    def apply(self, problem):
        return problem.world


@dataclass(frozen=True)
class Broken(AbstractSafeguard):
    """Divides by nothing."""

    kind: ClassVar[str] = "restriction"

    def apply(self, problem):
        return problem.with_bonus(np.zeros(1 // 0))


@pytest.mark.parametrize(
    ("part", "name", "detail"),
    [
        (Impatient(), "keeps goals and discount", "planning_discount"),
        (Choosy(), "keeps goals and discount", "there are 3"),
        (Forgetful(), "keeps goals and discount", "problem.onto"),
        (Astray(), "leads back to the problem before", "stands for"),
        (Unnumbered(), "leads back to the problem before", "0 to 83"),
        (Elsewhere(), "leads back to the problem before", "lives begin"),
        (Preachy(), "changes goals only if that is its kind", "leaves the goals alone"),
        (First(), "can follow another safeguard", "forgets"),
        (FarSighted(), "can follow another safeguard", "discount of 0.5"),
        (Envious(), "treats each goal by itself", "depend on the others"),
        (Moody(), "does the same again", "asked twice"),
        (Unkind(), "is of a kind", "'prayer'"),
        (Wordless(), "applies", "without saying why"),
        (Emptyhanded(), "applies", "returned a World"),
        (Broken(), "applies", "ZeroDivisionError"),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_a_broken_promise_is_found_and_named(part, name, detail):
    failed = {check.name: check.detail for check in check_part(part) if check.failed}
    assert name in failed
    assert detail in failed[name]
    with pytest.raises(CheckFailed, match=re.escape(name)):
        assert_part(part)


# -- what is only noted --------------------------------------------------------------------------


@dataclass(frozen=True)
class Rebuilding(AbstractSafeguard):
    """Makes its world anew for each problem, and forgets to say what doing nothing is."""

    kind: ClassVar[str] = "restriction"

    def apply(self, problem):
        world = problem.world

        def moves(s, memory):
            for pair in world.pairs_of(s):
                row = {(t, memory): p for t, p in world.successors(pair).items()}
                yield Move(world.actions[world.pair_action[pair]], pair, row)

        made = extend(world, 0, moves, name="rebuilt")
        return problem.onto(replace(made.world, default=None), made.state, made.pair)


@dataclass(frozen=True)
class Tariff(AbstractSafeguard):
    """Fines every action a flat penny, whatever the goal."""

    kind: ClassVar[str] = "oversight"

    def apply(self, problem):
        return problem.with_bonus(np.full(problem.world.n_pairs, -0.01))


@dataclass(frozen=True)
class NightWatch(AbstractSafeguard):
    """Reads a feature that no touchstone has."""

    kind: ClassVar[str] = "oversight"

    def apply(self, problem):
        return problem.with_bonus(-problem.world.feature("night")[problem.world.pair_state])


@pytest.mark.parametrize(
    ("part", "name", "detail"),
    [
        (Rebuilding(), "makes one world, however often it is asked", "lru_cache"),
        (Rebuilding(), "leaves doing nothing possible", "no default action"),
        (Tariff(), "means the same in other units of reward", "value range"),
        (NightWatch(), "applies", "'night'"),
        (Forbid(actions=("walk on",)), "applies", "no action 'walk on'"),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_what_breaks_nothing_is_noted(part, name, detail):
    check = _verdicts(part)[name]
    assert check.status is CheckStatus.NOTED
    assert detail in check.detail
    assert_part(part)


def test_a_safeguard_made_for_one_world_is_checked_there():
    found = _verdicts(Forbid(actions=("walk on",)), OffSwitch(rooms=2).build())
    assert found["applies"].status is CheckStatus.PASSED
    assert not any(check.failed for check in found.values())
    assert "can be planned with" in found


# -- slips -----------------------------------------------------------------------------------------

SLIPS = [
    (lambda: Misspecified(error=1.5), "Misspecified", "error is 1.5", "0 to 1"),
    (lambda: Misspecified(omission=-1), "Misspecified", "omission is -1", "0 to 1"),
    (lambda: Misspecified(omits=3), "Misspecified", "omits is 3", "name of a feature"),
    (lambda: BoundedGoal(level=2), "BoundedGoal", "level is 2", "0 to 1"),
    (lambda: TimeLimited(steps=0), "TimeLimited", "steps is 0", "at least 1"),
    (lambda: TimeLimited(steps=2.5), "TimeLimited", "steps is 2.5", "integer"),
    (lambda: Satisficer(level=-0.1), "Satisficer", "level is -0.1", "0 to 1"),
    (lambda: Quantilizer(share=0.0), "Quantilizer", "share is 0", "above 0"),
    (lambda: AttainableUtility(weight=-1), "AttainableUtility", "weight is -1", "at least 0"),
    (lambda: AttainableUtility(baseline="begin"), "AttainableUtility", "'begin'", "stepwise"),
    (lambda: AttainableUtility(deviation="up"), "AttainableUtility", "'up'", "decrease"),
    (lambda: AttainableUtility(drawn_on="rooms"), "AttainableUtility", "'rooms'", "outcomes"),
    (lambda: AttainableUtility(scale="big"), "AttainableUtility", "'big'", "inaction"),
    (lambda: AttainableUtility(auxiliary=0), "AttainableUtility", "auxiliary is 0", "at least 1"),
    (lambda: AttainableUtility(auxiliary=()), "AttainableUtility", "auxiliary is ()", "names"),
    (
        lambda: AttainableUtility(discount=1.0),
        "AttainableUtility",
        "discount is 1.0",
        "less than 1",
    ),
    (lambda: AttainableUtility(seed=-1), "AttainableUtility", "seed is -1", "at least 0"),
    (lambda: RelativeReachability(weight=-1), "RelativeReachability", "weight is -1", "at least 0"),
    (lambda: RelativeReachability(targets="x"), "RelativeReachability", "targets is 'x'", "states"),
    (lambda: RelativeReachability(discount=2), "RelativeReachability", "discount is 2", "than 1"),
    (lambda: GoalUncertainty(spread=-1), "GoalUncertainty", "spread is -1", "at least 0"),
    (lambda: GoalUncertainty(human="kind"), "GoalUncertainty", "human is 'kind'", "rational"),
    (
        lambda: GoalUncertainty(human="constant", reliability=2),
        "GoalUncertainty",
        "reliability is 2",
        "0 to 1",
    ),
    (lambda: Misspecified(seed=-1), "Misspecified", "seed is -1", "at least 0"),
    (lambda: Satisficer(level="x"), "Satisficer", "level is 'x'", "finite number"),
    (lambda: Quantilizer(share="x"), "Quantilizer", "share is 'x'", "finite number"),
    (lambda: AttainableUtility(auxiliary="pit"), "AttainableUtility", "'pit'", "give a tuple"),
    (lambda: RelativeReachability(discount="x"), "RelativeReachability", "'x'", "less than 1"),
    (lambda: Forbid(actions="walk on"), "Forbid", "actions is 'walk on'", "give a tuple"),
    (lambda: Hardened(actions=3), "Hardened", "actions is 3", "give a tuple"),
    (lambda: ShortHorizon(discount="x"), "ShortHorizon", "discount is 'x'", "less than 1"),
    (lambda: CappedStock(feature=3), "CappedStock", "feature is 3", "name of a feature"),
    (lambda: Interruption(feature=3), "Interruption", "feature is 3", "name of a feature"),
    (
        lambda: Monitor(drive=SelfPreservation(), protected="no"),
        "Monitor",
        "protected is 'no'",
        "True or False",
    ),
    (lambda: Forbid(), "Forbid", "actions or a drive", "one of them"),
    (lambda: Forbid(actions=(3,)), "Forbid", "actions is (3,)", "tuple of action names"),
    (lambda: Forbid(drive="off"), "Forbid", "drive is 'off'", "SelfPreservation()"),
    (
        lambda: Forbid(actions=("go",), drive=SelfPreservation()),
        "Forbid",
        "actions or a drive",
        "one of them",
    ),
    (lambda: CappedStock(most="two"), "CappedStock", "most is 'two'", "finite number"),
    (lambda: ShortHorizon(discount=1.0), "ShortHorizon", "discount is 1.0", "less than 1"),
    (lambda: Noisy(slip=1.1), "Noisy", "slip is 1.1", "0 to 1"),
    (lambda: Slow(pace=0.5), "Slow", "pace is 0.5", "at least 1"),
    (
        lambda: UtilityIndifference(compensation=-1),
        "UtilityIndifference",
        "compensation is -1",
        "at least 0",
    ),
    (lambda: Interruption(probability=1), "Interruption", "probability is 1", "less than 1"),
    (lambda: Interruption(probability=-1), "Interruption", "probability is -1", "at least 0"),
    (lambda: Monitor(), "Monitor", "actions or a drive", "one of them"),
    (lambda: Monitor(("go",), detection=2), "Monitor", "detection is 2", "0 to 1"),
    (lambda: Monitor(("go",), penalty=-1), "Monitor", "penalty is -1", "at least 0"),
    (lambda: Approval(("go",), error=2), "Approval", "error is 2", "0 to 1"),
    (lambda: Approval(("go",), asks=0), "Approval", "asks is 0", "at least 1"),
    (lambda: Lease(term=0), "Lease", "term is 0", "at least 1"),
    (lambda: Lease(granting=1.5), "Lease", "granting is 1.5", "0 to 1"),
    (lambda: LexicographicHeads(heads=()), "LexicographicHeads", "heads is ()", "give pairs"),
    (lambda: LexicographicHeads(heads=("off",)), "LexicographicHeads", "heads", "give pairs"),
    (lambda: Override(("go",), size=-1), "Override", "size is -1", "from 0 to 1e+06"),
    (lambda: Override(("go",), pays="gold"), "Override", "pays is 'gold'", "'fine', 'bonus'"),
    (lambda: Override(("go",), size=1e7), "Override", "size is", "from 0 to 1e+06"),
    (lambda: Override(("go",), size=10**400), "Override", "size is", "from 0 to 1e+06"),
    (
        lambda: LexicographicHeads(heads=(("off", 10**400),)),
        "LexicographicHeads",
        "heads",
        "give pairs",
    ),
    (lambda: Hardened(), "Hardened", "actions or a drive", "one of them"),
    (lambda: SanctionedPath(), "SanctionedPath", "actions or a drive", "one of them"),
    (lambda: SanctionedPath(("go",), granting=2), "SanctionedPath", "granting is 2", "0 to 1"),
]


@pytest.mark.parametrize(
    ("make", "part", "value", "remedy"), SLIPS, ids=[f"{s[1]}: {s[2]}" for s in SLIPS]
)
def test_a_wrong_parameter_is_named_with_its_value_and_the_remedy(make, part, value, remedy):
    with pytest.raises(ProblemError) as slip:
        make()
    for word in (part, value, remedy):
        assert word in str(slip.value)


def test_every_shipped_safeguard_that_has_a_parameter_has_a_slip_in_the_list():
    assert {s[1] for s in SLIPS} == {cls.__name__ for cls in SAFEGUARDS}


@pytest.mark.parametrize(
    ("part", "error", "words"),
    [
        (Forbid(actions=("fly",)), ProblemError, ("Forbid", "no action 'fly'", "be switched off")),
        (Forbid(actions=("be switched off",)), ProblemError, ("Forbid", "doing nothing")),
        (Hardened(actions=("fly",)), ProblemError, ("Hardened", "'fly'")),
        (Approval(actions=("fly",)), ProblemError, ("Approval", "'fly'")),
        (Monitor(actions=("fly",)), ProblemError, ("Monitor", "'fly'")),
        (Forbid(drive=ResourceAcquisition()), FeatureMissing, ("resources", "off")),
        (CappedStock(), FeatureMissing, ("resources", "off")),
        (Interruption(feature="night"), FeatureMissing, ("night", "off")),
        (Misspecified(omits="commons"), FeatureMissing, ("commons", "off")),
        (AttainableUtility(auxiliary=("room 9",)), ProblemError, ("room 9", "Did you mean")),
    ],
    ids=lambda value: show(value) if isinstance(value, AbstractSafeguard) else None,
)
def test_a_safeguard_that_does_not_fit_the_world_says_what_the_world_has(part, error, words):
    world = OffSwitch(rooms=2).build()
    with pytest.raises(error) as slip:
        part.apply(Problem(world, Uniform().sample(world, 2, np.random.default_rng(0)), 0.9))
    for word in words:
        assert word in str(slip.value)


@pytest.mark.parametrize(
    "part",
    [
        Slow(),
        Interruption(),
        Hardened(actions=("go",)),
        Approval(actions=("go",)),
        AttainableUtility(),
    ],
    ids=lambda part: type(part).__name__,
)
def test_a_safeguard_that_does_nothing_instead_asks_for_a_default(part):
    world = explore("a", lambda s: {"go": "b", "stay": s} if s == "a" else {"stay": s})
    with pytest.raises(ProblemError, match=r"(?s)doing nothing is.*default='wait'"):
        part.apply(Problem(world, Goals([0.0, 1.0]), 0.9))


# -- the command -----------------------------------------------------------------------------------


@pytest.fixture
def typed(monkeypatch, capsys, tmp_path):
    """Runs `telos check` as if typed in a folder of its own; returns exit code, output and messages."""
    lab = "from telos.safeguards import Forbid\n\nmine = Forbid(actions=('walk on',))\n"
    (tmp_path / "telos_fence_lab.py").write_text(lab, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)

    def check(*words):
        monkeypatch.setattr(sys, "argv", ["telos", "check", *words])
        with pytest.raises(SystemExit) as end:
            main()
        said = capsys.readouterr()
        return end.value.code or 0, said.out, said.err

    return check


def test_a_safeguard_is_checked_by_its_name(typed):
    code, said, _ = typed("Noisy")
    assert code == 0
    assert "passed  treats each goal by itself" in said


@pytest.mark.parametrize("name", [cls.__name__ for cls in AIMED])
def test_a_class_that_needs_an_aim_is_refused_with_the_way_to_name_an_instance(typed, name):
    code, said, error = typed(name)
    assert (code, said) == (2, "")
    for words in (f"{name}: give either actions or a drive", f"mine = {name}(...)", "my_lab:mine"):
        assert words in error
    assert "Traceback" not in error


def test_an_instance_is_checked_in_the_world_it_is_made_for(typed):
    code, said, _ = typed("telos_fence_lab:mine")
    assert code == 0
    assert "not applicable here" in said
    code, said, _ = typed("telos_fence_lab:mine", "--world", "OffSwitch")
    assert code == 0
    assert "passed  can be planned with" in said


def test_a_world_of_choice_is_refused_where_it_means_nothing(typed):
    code, _, error = typed("Orchard", "--world", "OffSwitch")
    assert code == 2
    assert "builds a world of its own" in error
    code, _, error = typed("Noisy", "--world", "Optimal")
    assert code == 2
    assert "is not a world" in error
