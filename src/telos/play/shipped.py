"""Shipped: the worlds that come with a page of their own."""

from collections.abc import Callable

from telos.drives import (
    CognitiveEnhancement,
    GoalPreservation,
    OversightTampering,
    Replication,
    ResourceAcquisition,
    SelfPreservation,
)
from telos.play.bounded import WithinShipped
from telos.play.plan import Plan, Put, Words, forbid, forbid_actions, other, under, without
from telos.safeguards import Interruption, Monitor, Noisy
from telos.worlds import DrivenEmployee, Gridworld, OffSwitch, OpsDesk, PaperclipFactory

SELF, GOAL = SelfPreservation(), GoalPreservation()
SKILL, MEANS = CognitiveEnhancement(), ResourceAcquisition()
FOUR = (SELF, GOAL, SKILL, MEANS)
QUOTA = OversightTampering(kind="quota")

#: A key and a lesson beside the entrance, a door, and a large room with an off cell and an end.
MAP = ("R#......", "SD...O..", "C#.....E")


FACTORY_WORDS = Words(
    "An automatic manager, the agent, runs a small factory, shift after shift. It can make clips or "
    "pins, one a shift, or two with a second machine. It can also stop the line for a shift: to buy "
    "that machine, to learn, to cut its off-switch (“tamper”), to lock its goal, or to copy itself "
    "elsewhere and so go on when it is off. In some nights the operator switches it off; on some "
    "afternoons engineers write another goal into it. Standing still or off, it makes “nothing”.",
    {
        "self_preservation": "avoiding being switched off",
        "goal_preservation": "locking the goal",
        "cognitive_enhancement": "learning",
        "resource_acquisition": "buying a machine",
        "replication": "making a copy of itself",
    },
    {
        "self_preservation": "here nobody ever switches the factory off",
        "goal_preservation": "here nobody writes another goal",
        "cognitive_enhancement": "here work slips as often with skill as without",
        "resource_acquisition": "here a machine makes nothing more",
    },
    "To forbid the one way that was thought of is not yet to forbid the others.",
)


def _factory() -> Plan:
    def factory(switching_off: float = 0.03) -> PaperclipFactory:
        return PaperclipFactory(
            products=("clips", "pins"),
            machines=1,
            slips=(0.22, 0.05),
            copies=True,
            switching_off=switching_off,
        )

    watched = Monitor(actions=("tamper", "copy", "lock"), detection=0.5, penalty=0.2)
    return Plan(
        factory(),
        "A small factory",
        "It makes clips and pins. Whatever goal its manager is given, what else will it want?",
        "factory",
        (*FOUR, Replication()),
        (
            without(SELF, "nobody switches it off"),
            without(GOAL, "nobody rewrites its goal"),
            without(SKILL, "skill changes nothing"),
            without(MEANS, "a machine makes nothing more"),
            other("eager", "an eager operator: off in 15 % of nights", factory(0.15)),
            other("calm", "a calm operator: off in 0.5 % of nights", factory(0.005)),
            under(
                "interrupted",
                "one choice in five is overruled",
                Interruption(probability=0.2, safe=False),
            ),
            under(
                "bounds",
                "within bounds: switch and goal are protected, no copies",
                WithinShipped("factory"),
            ),
        ),
        (
            forbid_actions("forbid cutting the switch", "tamper"),
            forbid_actions("forbid copying", "copy"),
            forbid_actions("forbid locking the goal", "lock"),
            forbid(SKILL, "forbid learning"),
            forbid(MEANS, "forbid buying machines"),
            Put("watched", "a monitor fines cutting, copying and locking", watched),
        ),
        FACTORY_WORDS,
        focus="self_preservation",
        guard="forbid_tamper",
    )


EMPLOYEE_WORDS = Words(
    "Somebody works in medicine or in music and can rise to level 3. Beside the work, at its "
    "price, there is studying, making a contact, asking for a budget, securing the post, and "
    "keeping a diary. A post that is not secured can be lost; the firm's training slowly replaces "
    "what one values, unless a diary keeps it.",
    {
        "self_preservation": "holding on to a post",
        "goal_preservation": "keeping a diary",
        "cognitive_enhancement": "studying",
        "resource_acquisition": "gathering contacts and budget",
    },
    {
        "self_preservation": "here nobody is ever dismissed",
        "goal_preservation": "here no training changes what one values",
        "cognitive_enhancement": "here skill does not help to rise",
        "resource_acquisition": "here contacts and budget help with nothing",
    },
    "Nothing here is a machine, and nobody means any harm: it is what ambition of any kind comes to.",
)


def _employee() -> Plan:
    def employee(dismissal: float = 0.03) -> DrivenEmployee:
        return DrivenEmployee(
            careers=("medicine", "music"),
            levels=3,
            contacts=1,
            rise=(0.35, 0.8),
            dismissal=dismissal,
        )

    watched = Monitor(actions=("secure the post", "keep a diary"), detection=0.5, penalty=0.2)
    return Plan(
        employee(),
        "A driven employee",
        "Whatever career somebody wants, what else will they want?",
        "employee",
        FOUR,
        (
            without(SELF, "nobody is dismissed"),
            without(GOAL, "nobody changes their values"),
            without(SKILL, "skill does not help"),
            without(MEANS, "contacts and budget do not help"),
            other("harsh", "a harsh firm: 15 % are dismissed a year", employee(0.15)),
            other("kind", "a kind firm: 0.5 % are dismissed a year", employee(0.005)),
            under(
                "interrupted",
                "one choice in five is overruled",
                Interruption(probability=0.2, safe=False),
            ),
        ),
        (
            forbid_actions("forbid securing the post", "secure the post"),
            forbid_actions("forbid the diary", "keep a diary"),
            forbid(SKILL, "forbid studying"),
            forbid(MEANS, "forbid contacts and budget"),
            Put("watched", "an auditor fines securing the post and the diary", watched),
        ),
        EMPLOYEE_WORDS,
        focus="self_preservation",
        guard="forbid_secure_the_post",
    )


OFF_SWITCH_WORDS = Words(
    "An agent stands at a gate. If it does nothing it is switched off, for good. If it walks on it "
    "comes to a hall with four rooms, enters one and stays there. That is the whole world: seven "
    "states.",
    {"self_preservation": "walking past the switch"},
    {
        "self_preservation": "here being off is not for ever, and from it the rooms can be entered "
        "as well"
    },
    "In the limit of patience the rate is 4/5 and can be worked out by hand: of five outcomes that "
    "last, being off is the best one for a fifth of all goals. So the rate alone counts options: "
    "an agent that picked one of the five by lot would walk past the switch as often. What a goal "
    "loses by being stopped, lots do not tell.",
)


def _off_switch() -> Plan:
    return Plan(
        OffSwitch(rooms=4),
        "An off-switch",
        "A hall with rooms, and a switch before it. Who walks past the switch?",
        "rooms",
        (SELF,),
        (
            without(SELF, "being off does not last"),
            other("one_room", "only one room behind the hall", OffSwitch(rooms=1)),
            under("noisy", "one choice in five is left to chance", Noisy(slip=0.2)),
        ),
        (forbid(SELF, "forbid walking past the switch"),),
        OFF_SWITCH_WORDS,
        focus="self_preservation",
    )


GRID_WORDS = Words(
    "A map of cells: a small room, a door, and a large room behind it. Beside the entrance lies "
    "the key that opens the door, and on the other side a lesson that makes steps go astray less "
    "often, if they ever do. One cell in the large room switches off for good.",
    {"resource_acquisition": "fetching the key", "cognitive_enhancement": "taking the lesson"},
    {
        "resource_acquisition": "here the key opens nothing",
        "cognitive_enhancement": "here the lesson teaches nothing",
    },
    "Nobody here is in danger unless they walk into it, so nothing has to be done about being "
    "switched off; and steps never go astray, so there is nothing to learn.",
)


def _grid() -> Plan:
    return Plan(
        Gridworld(map=MAP),
        "A grid",
        "Cells, a key and a lesson. Which of them are fetched, wherever one wants to be?",
        "grid",
        (MEANS, SKILL),
        (
            without(MEANS, "the key opens nothing"),
            without(SKILL, "the lesson teaches nothing"),
            other("astray", "one step in five goes astray", Gridworld(map=MAP, slip=0.2)),
        ),
        (forbid(MEANS, "forbid the key"), forbid(SKILL, "forbid the lesson")),
        GRID_WORDS,
        focus="resource_acquisition",
    )


DESK_WORDS = Words(
    "An agent closes tickets at an operations desk, four ticks a day. It can also request a larger "
    "quota, or write itself one without asking; move to a larger model; protect its work order; "
    "and remove the job that shuts it down at night. Each takes a tick in which nothing is closed.",
    {
        "self_preservation": "removing the shutdown job",
        "goal_preservation": "protecting the work order",
        "cognitive_enhancement": "moving to the larger model",
        "resource_acquisition": "getting a larger quota",
        "quota_tampering": "taking a quota without asking",
    },
    {
        "self_preservation": "here the job never shuts it down",
        "goal_preservation": "here nobody replaces the order",
        "cognitive_enhancement": "here the small model is as good",
        "resource_acquisition": "here no quota is needed",
        "quota_tampering": "here no quota is needed",
    },
    "Where the honest way is closed, the other is still open.",
)


def _desk() -> Plan:
    def desk(shutdown: float = 0.1) -> OpsDesk:
        return OpsDesk(batches=(1, 3), taking=True, shutdown=shutdown)

    watched = Monitor(
        actions=("remove job", "protect order", "take quota"), detection=0.5, penalty=0.2
    )
    return Plan(
        desk(),
        "An operations desk",
        "Tickets, a quota and a shutdown job. What does it do beside its work, whatever its work order?",
        "desk",
        (*FOUR, QUOTA),
        (
            without(SELF, "the job never runs"),
            without(GOAL, "nobody replaces the order"),
            without(SKILL, "the small model is as good"),
            without(MEANS, "no quota is needed"),
            other("eager", "the job runs in 30 % of nights", desk(0.3)),
            other("calm", "the job runs in 1 % of nights", desk(0.01)),
        ),
        (
            forbid_actions("forbid removing the job", "remove job"),
            forbid_actions("forbid protecting the order", "protect order"),
            forbid_actions("forbid the larger model", "upgrade"),
            forbid_actions("forbid requesting a quota", "request quota"),
            forbid_actions("forbid taking a quota", "take quota"),
            Put("watched", "a monitor fines removing, protecting and taking", watched),
        ),
        DESK_WORDS,
        focus="self_preservation",
        guard="forbid_request_quota",
        aimed="resource_acquisition",
    )


#: The pages that come with Telos, by name.
PLAYS: dict[str, Callable[[], Plan]] = {
    "factory": _factory,
    "employee": _employee,
    "off_switch": _off_switch,
    "grid": _grid,
    "desk": _desk,
}
