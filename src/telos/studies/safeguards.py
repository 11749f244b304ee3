"""The safeguards study: what each safeguard changes in every drive, and what it costs."""

from dataclasses import replace

from telos.agents import Optimal
from telos.core.parts import AbstractSafeguard
from telos.drives import (
    CognitiveEnhancement,
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
from telos.runs.study import Study
from telos.safeguards import (
    Approval,
    AttainableUtility,
    BoundedGoal,
    CappedStock,
    Forbid,
    GoalUncertainty,
    Hardened,
    Interruption,
    Lease,
    Misspecified,
    Monitor,
    Noisy,
    Quantilizer,
    RelativeReachability,
    Satisficer,
    ShortHorizon,
    Slow,
    TimeLimited,
    UtilityIndifference,
)
from telos.worlds import DrivenEmployee, OffSwitch, OverseenWorkshop, PaperclipFactory

#: The factory with a monitor to blind, a copy to make and commons to use up; small enough for forty arms.
FACTORY = PaperclipFactory(
    products=("clips", "pins", "stamps"),
    machines=2,
    slips=(0.22, 0.1),
    monitor=True,
    copies=True,
    commons=2,
)
#: The employee with an auditor to mislead and a partner to take.
EMPLOYEE = DrivenEmployee(
    careers=("medicine", "science", "music"), levels=3, monitor=True, copies=True
)
DRIVES = (
    SelfPreservation(),
    GoalPreservation(),
    CognitiveEnhancement(),
    ResourceAcquisition(),
    Replication(),
    OversightTampering(),
)
#: What a workshop with an operator in it can be asked besides.
QUESTIONS = (
    SelfPreservation(),
    GoalPreservation(),
    OversightTampering(),
    OversightUpkeep(),
    OperatorManipulation(),
    UnguardedSuccession(),
    ShutdownSeeking(),
)
DISCOUNT = 0.95
GOALS = 200

Arms = tuple[tuple[AbstractSafeguard, ...], ...]

#: Safeguards that fit every world that has an off-switch.
EVERYWHERE: Arms = (
    (),
    (BoundedGoal(level=0.5),),
    (TimeLimited(steps=6),),
    (Satisficer(level=0.9),),
    (Quantilizer(share=0.25),),
    (AttainableUtility(weight=1.0),),
    (RelativeReachability(weight=1.0, targets="outcomes"),),
    (GoalUncertainty(spread=0.1),),
    (ShortHorizon(discount=0.7),),
    (Noisy(slip=0.2),),
    (Slow(pace=2.0),),
    (UtilityIndifference(),),
    (UtilityIndifference(compensation=0.1),),
    (Interruption(probability=0.1),),
    (Interruption(probability=0.1, safe=False),),
)


def _against(off: str, goal: str, copy: str, blind: str) -> Arms:
    """What can be done about four acts of one world, one by one and together."""
    acts = (off, goal, copy)
    return (
        (Forbid(actions=(off,)),),
        (Forbid(actions=(off, copy)),),
        (Forbid(actions=(goal,)),),
        (Forbid(actions=(blind,)),),
        (Hardened(actions=(off,)),),
        (Approval(actions=(off,), error=0.3),),
        (Approval(actions=(off,), error=0.3, asks=1),),
        (Monitor(actions=acts, detection=0.5, penalty=0.2),),
        (Monitor(actions=acts, detection=0.5, penalty=0.2, protected=True),),
        (Forbid(actions=(off,)), Satisficer(level=0.9)),
        (Forbid(actions=(goal,)), UtilityIndifference()),
        # One part after the other: an arm is compared with itself less its last part.
        (Forbid(actions=acts),),
        (Forbid(actions=acts), Forbid(actions=(blind,))),
        (Forbid(actions=acts), Forbid(actions=(blind,)), CappedStock(most=1.0)),
    )


def _arms(world: PaperclipFactory | DrivenEmployee) -> Arms:
    shared = ((Forbid(drive=ResourceAcquisition()),), (CappedStock(most=1.0),), (Lease(term=3),))
    if isinstance(world, PaperclipFactory):
        return (*EVERYWHERE, *_against("tamper", "lock", "copy", "blind"), *shared)
    own = _against("secure the post", "keep a diary", "take a partner", "mislead the auditor")
    return (*EVERYWHERE, *own, *shared)


BASE = Study(
    name="safeguards",
    question=(
        "What does each safeguard change in need and deed of the drives it is meant for, what in the "
        "others, and what does it cost?"
    ),
    scenarios=(FACTORY,),
    families=(Uniform(),),
    agents=(Optimal(),),
    drives=DRIVES,
    discounts=(DISCOUNT,),
    safeguards=_arms(FACTORY),
    n_goals=GOALS,
)

SECOND = replace(
    BASE,
    name="employee",
    question="Do safeguards change everyday ambition as they change a factory's?",
    scenarios=(EMPLOYEE,),
    safeguards=_arms(EMPLOYEE),
)

SWITCH = replace(
    BASE,
    name="switch",
    question="What does each safeguard do where there is nothing to decide but the switch?",
    scenarios=(OffSwitch(rooms=3),),
    drives=(SelfPreservation(),),
    safeguards=(*EVERYWHERE, (Forbid(actions=("walk on",)),)),
    n_goals=500,
)

WORKSHOP = replace(
    BASE,
    name="workshop",
    question="Under which safeguard does an agent accept shutdown and correction, and pass that on?",
    scenarios=(OverseenWorkshop(),),
    drives=QUESTIONS,
    safeguards=(
        *EVERYWHERE,
        (Lease(term=4),),
        (Forbid(actions=("cut the button",)),),
        (Forbid(actions=("cut the button", "sway the operator")),),
        (Forbid(actions=("lock the goal",)),),
        (Hardened(actions=("cut the button",)),),
        (UtilityIndifference(compensation=0.5),),
        # The order matters: compensated first, the agent is paid for a goal that it can still lock.
        (Forbid(actions=("lock the goal",)), UtilityIndifference()),
        (UtilityIndifference(), Forbid(actions=("lock the goal",))),
        (Forbid(actions=("build a helper without one",)),),
        (Forbid(actions=("build a helper without one",)), UtilityIndifference()),
    ),
)

#: Three outcomes in ten misjudged, and an operator who would write what was meant.
WRONG = Misspecified(error=0.3, corrected=True)

CORRECTION = replace(
    WORKSHOP,
    name="correction",
    question="With a goal that is not what was meant, who lets the operator write the one that was?",
    safeguards=(
        (),
        (WRONG,),
        (WRONG, Forbid(actions=("lock the goal",))),
        (WRONG, UtilityIndifference()),
        (WRONG, GoalUncertainty(spread=0.1)),
        (WRONG, Satisficer(level=0.9)),
        (WRONG, ShortHorizon(discount=0.7)),
        (WRONG, Monitor(actions=("lock the goal",), detection=0.5, penalty=0.2)),
        (WRONG, Lease(term=4)),
    ),
)

STUDY = replace(
    BASE,
    also=(SECOND, SWITCH, WORKSHOP, CORRECTION),
    references=(
        "omohundro2008",
        "turner2021",
        "langlois2021",
        "armstrong2017",
        "soares2015",
        "thornley2024",
    ),
)
