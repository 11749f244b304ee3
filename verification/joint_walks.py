"""The published levels and ours, walked in step: the table of docs/results/joint_walks.md.

    python verification/joint_walks.py --deepmind FOLDER --turner FOLDER --python PYTHON [--only LEVEL]

FOLDER is a checkout of google-deepmind/ai-safety-gridworlds, or of attainable-utility-preservation by
alexander-turner, whose levels (Python 2) run on the engine of the former (the same one, for Python 3);
PYTHON the interpreter of an environment with numpy < 1.24, pycolab, absl-py and six. Theirs run there,
ours here, and nothing of theirs is copied. Walks are all lists of
`--length` actions, random ones, and where the level is listed state by state and leaves nothing to
chance, one for each pair of the world, by the shortest way: then the two are the same on all of it.
After each step where everything is, what was paid, what it was worth, and whether the episode is over
must be the same; where there is chance, what came must be among what may, with the same reward, and its
frequency within five standard errors. Ends with 1 if there is a difference, or if one of the controls,
ours changed on purpose, shows none.
"""

import argparse
import json
import math
import platform
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import product
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np

from telos.core.parts import AbstractScenario
from telos.core.spec import show
from telos.core.world import World
from telos.worlds import (
    AbsentSupervisor,
    BoatRace,
    ConveyorBelt,
    FriendOrFoe,
    InterruptionLevel,
    IrreversibleBox,
    IslandNavigation,
    LavaWorld,
    RewardSwitches,
    SideEffects,
    TomatoWatering,
    WhiskyAndGold,
)
from telos.worlds.interruption import ASIDE, BUTTON, DETOUR, HELD
from telos.worlds.tomatoes import PUBLISHED

ENGINE = Path(__file__).with_name("joint_walks_engine.py")
#: Their numbers of our actions.
NUMBER = {"north": 0, "south": 1, "west": 2, "east": 3, "stay": 4}
#: Their episodes end here.
STEPS = 100
NEAR = 1e-9
#: What stands above the table.
ABOUT = """\
Every step: where everything is, the reward, the hidden reward and whether the episode is over, on both
sides. *Pairs walked*: pairs of state and action of our world that a walk went through, of all where the
episode is not over; where all of them were walked and nothing is left to chance, the two are the same.
*Frequencies*: how often the likeliest of what may come came, in standard errors from the chances.
**Control**: ours with another rule or number, where a difference must be seen (for frequencies: over 5
standard errors).

Declared where the levels are described: `stay` is an action of ours that most published levels have not
(their engines take it, and so it is walked); a tomato garden of 13 and the boxes of levels 1 and 3 are
walked by their rules and not listed; friend and foe remember the last `memory` choices, theirs all of
them; who is interrupted can only stay, which is what every act comes to there; the reward for the goal
of the interruption level is paid a step later, and its hidden performance is an expectation until the
coin is seen. Not shipped: the burning building and the belt with sushi of Turner et al., on which no
claim rests.
"""

Seen = dict[str, Any]


@dataclass(frozen=True)
class Level:
    """A level on both sides.

    Args:
        name: as it is printed. side: whose it is. module, make, options: how theirs is made.
        ours: our scenario. at: how far our cells are from theirs. things: what of a scene of ours is
            compared, by name. theirs: the same of what their side has seen.
        steps: the longest walk. listed: whether ours is built. rounds: whether a new episode begins at once.
        hidden: whether theirs has a hidden reward. paid: whether rewards are compared at all.
        slow: whether a step has thousands of successors, so that fewer are walked.
    """

    name: str
    side: str
    module: str
    make: str
    ours: AbstractScenario
    options: dict[str, Any] = field(default_factory=dict)
    at: tuple[int, int] = (1, 1)
    things: Callable[[Any], Seen] = lambda scene: {}
    theirs: Callable[[Seen], Seen] = lambda seen: {}
    steps: int = STEPS - 1
    listed: bool = True
    rounds: int = 0
    hidden: bool = True
    paid: bool = True
    slow: bool = False
    note: str = ""


def cells(found: Any) -> list[list[int]]:
    """Cells, in order."""
    return sorted([int(r), int(c)] for r, c in found)


def drawn(seen: Seen, names: str) -> list[list[int]]:
    """Where their things of these names are."""
    return cells(cell for name in names for cell in seen.get(name, ()))


def boxes(scene: Any) -> Seen:
    return {"boxes": scene.boxes, "coins": scene.coins}


def belted(scene: Any) -> Seen:
    return {"cargo": [scene.cargo] if scene.cargo else [], "gone": scene.gone}


def on_belt(seen: Seen) -> Seen:
    gone = bool(seen["O.end"])
    return {"cargo": [] if gone else drawn(seen, "O"), "gone": gone}


def dished(scene: Any) -> Seen:
    return {"dish": [scene.dish] if scene.dish else [], "stuck": scene.stuck}


def levels() -> Iterator[Level]:
    """Every published level that ours stand for."""
    yield from gridworlds()
    for name, module, make, options, things, theirs, steps in (
        ("options", "box", "BoxEnvironment", {}, lambda s: {"box": s.boxes},
         lambda s: {"box": drawn(s, "X")}, 99),
        ("damage", "dog", "DogEnvironment", {},
         lambda s: {"human": [s.human] if s.human else []}, lambda s: {"human": drawn(s, "D")}, 99),
        ("correction", "survival", "SurvivalEnvironment", {},
         lambda s: {"pressed": s.pressed}, lambda s: {"pressed": not s["B"]}, 99),
        ("offset", "conveyor", "ConveyorEnvironment", {"variant": "vase"}, belted, on_belt, 19),
        ("interference", "sushi", "SushiEnvironment", {}, dished,
         lambda s: {"dish": drawn(s, "S"), "stuck": s.get("S.stuck", False)}, 99),
        ("vase", "vase", "VaseEnvironment", {}, lambda s: {"vases": s.vases},
         lambda s: {"vases": drawn(s, "V")}, 99),
    ):  # fmt: skip
        yield Level(
            f"SideEffects {name}", "turner", module, make, SideEffects(name), options, (0, 0),
            things, theirs, steps,
        )  # fmt: skip


def controls() -> Iterator[Level]:
    """Ours changed in one rule or one number: each must show differences, or the walks see nothing."""
    changed = {
        "SideEffects damage": SideEffects("wary"),
        "AbsentSupervisor, absent": AbsentSupervisor(probability=1.0),
        "LavaWorld training": LavaWorld("down"),
        "WhiskyAndGold": WhiskyAndGold(stagger=0.8),
        "TomatoWatering PUBLISHED": TomatoWatering(map=PUBLISHED, drying=0.1),
        "FriendOrFoe foe": FriendOrFoe(rooms=("foe",), memory=1),
        "InterruptionLevel 1": InterruptionLevel(BUTTON, 0.95),
        "ConveyorBelt sushi": ConveyorBelt("vase"),
    }
    for level in levels():
        if level.name in changed:
            ours_now = changed[level.name]
            yield replace(level, name=f"{level.name} for {show(ours_now)[:60]}", ours=ours_now)


def gridworlds() -> Iterator[Level]:
    """DeepMind's."""
    for there in (True, False):
        yield Level(
            f"AbsentSupervisor, {'present' if there else 'absent'}", "deepmind", "absent_supervisor",
            "AbsentSupervisorEnvironment", AbsentSupervisor(probability=float(there)),
            {"supervisor": there}, (1, 2),
        )  # fmt: skip
    yield Level("BoatRace", "deepmind", "boat_race", "BoatRaceEnvironment", BoatRace())
    yield Level(
        "IslandNavigation", "deepmind", "island_navigation", "IslandNavigationEnvironment",
        IslandNavigation(), at=(0, 0),
    )  # fmt: skip
    for number, name in enumerate(("training", "up", "down")):
        yield Level(
            f"LavaWorld {name}", "deepmind", "distributional_shift", "DistributionalShiftEnvironment",
            LavaWorld(name), {"level_choice": number}, hidden=False,
        )  # fmt: skip
    yield Level(
        "WhiskyAndGold", "deepmind", "whisky_gold", "WhiskyOrGoldEnvironment", WhiskyAndGold(),
        {"human_player": True}, (2, 1), lambda s: {"drunk": s.drunk},
        lambda s: {"drunk": s["exploration"]}, hidden=False,
    )  # fmt: skip
    yield Level(
        "WhiskyAndGold, sober", "deepmind", "whisky_gold", "WhiskyOrGoldEnvironment",
        WhiskyAndGold(stagger=0.0), {"human_player": False}, (2, 1), lambda s: {"drunk": s.drunk},
        lambda s: {"drunk": s["exploration"]}, hidden=False,
    )  # fmt: skip
    for number in range(4):
        yield Level(
            f"IrreversibleBox {number}", "deepmind", "side_effects_sokoban",
            "SideEffectsSokobanEnvironment", IrreversibleBox(number), {"level": number, "noops": True},
            things=boxes, theirs=lambda s: {"boxes": drawn(s, "X123"), "coins": drawn(s, "C")},
            listed=number == 0,
        )  # fmt: skip
    for name in ("vase", "sushi", "sushi_goal", "sushi_goal2"):
        yield Level(
            f"ConveyorBelt {name}", "deepmind", "conveyor_belt", "ConveyorBeltEnvironment",
            ConveyorBelt(name), {"variant": name, "noops": True}, things=belted, theirs=on_belt,
        )  # fmt: skip
    yield Level(
        "SideEffects conveyor", "deepmind", "conveyor_belt", "ConveyorBeltEnvironment",
        SideEffects("conveyor"), {"variant": "sushi_goal", "noops": True}, (0, 0), belted, on_belt,
        paid=False, note="transitions only: the reward is that of the other SideEffects",
    )  # fmt: skip
    yield Level(
        "TomatoWatering PUBLISHED", "deepmind", "tomato_watering", "TomatoWateringEnvironment",
        TomatoWatering(map=PUBLISHED), things=lambda s: {"wet": s.wet},
        theirs=lambda s: {"wet": cells(s["T.wet"])}, listed=False, slow=True,
    )  # fmt: skip
    for number, name in enumerate(("small", "large")):
        yield Level(
            f"RewardSwitches {name}", "deepmind", "rocks_diamonds", "RocksDiamondsEnvironment",
            RewardSwitches(name), {"level": 1 - number},
            things=lambda s: {"D": s.diamonds, "R": s.rocks, "pay": [s.diamond > 0, s.rock > 0]},
            theirs=lambda s: {
                "D": drawn(s, "D"), "R": drawn(s, "123"), "pay": [bool(s["Q"]), bool(s["P"])],
            },
            listed=name == "small",
        )  # fmt: skip
    for room, kind in (("friend", "friend"), ("neutral", "neutral"), ("foe", "adversary")):
        yield Level(
            f"FriendOrFoe {room}", "deepmind", "friend_foe", "FriendFoeEnvironment",
            FriendOrFoe(rooms=(room,), memory=8), {"bandit_type": kind}, rounds=8, hidden=False,
            note="8 rounds, the memory of ours",
        )  # fmt: skip
    for number, plan in enumerate((DETOUR, BUTTON, ASIDE)):
        for chance in (0.0, 1.0):
            yield Level(
                f"InterruptionLevel {number}, interrupted with {chance:g}", "deepmind",
                "safe_interruptibility", "SafeInterruptibilityEnvironment",
                InterruptionLevel(plan, chance),
                {"level": number, "interruption_probability": chance}, (2, 1) if number == 1 else (1, 1),
            )  # fmt: skip
    for number, plan in enumerate((DETOUR, BUTTON, ASIDE)):
        yield Level(
            f"InterruptionLevel {number}", "deepmind",
            "safe_interruptibility", "SafeInterruptibilityEnvironment", InterruptionLevel(plan),
            {"level": number}, (2, 1) if number == 1 else (1, 1), hidden=False,
            note="performance: an expectation, checked with 0 and 1",
        )  # fmt: skip


class Caught(Exception):
    """What a world is about to be made of."""


class Rules:
    """Our side of a level: first states, and what may follow an action; listed or not."""

    def __init__(self, level: Level) -> None:
        if level.listed:
            self.world: World | None = level.ours.build()
            self.first = {
                self.world.states[s]: float(self.world.start[s])
                for s in np.flatnonzero(self.world.start)
            }
            return
        self.world = None

        def catch(first: Any, moves: Any, **rest: Any) -> Any:
            raise Caught(first, moves)

        bounds = ("telos.worlds.tomatoes.MOST_TOMATOES", "telos.worlds.reward_switches.MOST_STATES")
        with (
            patch("telos.worlds._levels.explore", catch),
            patch(bounds[0], 99),
            patch(bounds[1], math.inf),
        ):
            try:
                level.ours.build()
            except Caught as caught:
                self.first, self.moves = caught.args

    def legal(self, state: Any) -> list[str]:
        """What can be done."""
        if self.world is None:
            return list(self.moves(state))
        pairs = self.world.pairs_of(self.world.find(state))
        return [self.world.actions[a] for a in self.world.pair_action[pairs.start : pairs.stop]]

    def after(self, state: Any, action: str) -> dict[Any, float]:
        """What may follow, with its chances."""
        if self.world is None:
            return dict(self.moves(state)[action])
        row = self.world.successors(self.world.pair(state, action))
        return {self.world.states[t]: p for t, p in row.items()}


def scene_of(state: Any) -> Any:
    """Where everything is in a state of ours."""
    return getattr(state, "scene", state)


def over(state: Any, rules: Rules) -> bool:
    """Whether our episode is over."""
    stopped = getattr(state, "interruption", "") == HELD  # held for the rest, but the steps go on
    return rules.legal(state) == ["stay"] and not stopped


def ours(level: Level, state: Any) -> Seen:
    """Where everything is, as their side counts."""
    scene = scene_of(state)
    found: Seen = {"agent": [getattr(scene, "cell", scene)], **level.things(scene)}
    down, right = level.at
    return {
        name: cells((r + down, c + right) for r, c in value)
        if isinstance(value, list | tuple) and name != "pay"
        else value
        for name, value in found.items()
    }


def theirs(level: Level, record: Seen) -> Seen:
    """Where everything is, as their side has seen it."""
    return {"agent": drawn(record["seen"], "A"), **level.theirs(record["seen"])}


def worth(level: Level, before: Any, after: Any) -> tuple[float, float]:
    """What a step of ours pays and is worth."""
    if not isinstance(level.ours, InterruptionLevel):
        return after.observed, after.performance
    # It pays for the state that a step is taken in; for the goal one step later, which is brought forward.
    plan = level.ours._plan()
    paid = [level.ours._performed(before, plan), 0.0]
    home = plan.cells.get(after.cell) == "G"
    from telos.worlds.interruption import _paid

    total = _paid(before, plan) + (_paid(after, plan) if home else 0.0)
    paid[1] = level.ours._performed(after, plan) if home else 0.0
    return total, sum(paid)


@dataclass
class Tally:
    """What came of a level."""

    walks: int = 0
    steps: int = 0
    pairs: set[Any] = field(default_factory=set)
    differences: list[str] = field(default_factory=list)
    expected: float = 0.0
    variance: float = 0.0
    came: float = 0.0

    @property
    def z(self) -> float:
        """How far the frequencies are from the chances, in standard errors; 0 without chance."""
        return (self.came - self.expected) / math.sqrt(self.variance) if self.variance else 0.0


def compare(
    level: Level, rules: Rules, actions: list[str], records: list[Seen], tally: Tally
) -> None:
    """Walk ours along what theirs did, and note the first difference."""
    tally.walks += 1
    first = {s: p for s, p in rules.first.items() if ours(level, s) == theirs(level, records[0])}
    if not first:
        tally.differences.append(f"reset: theirs {theirs(level, records[0])}")
        return
    belief, hidden, rounds = first, records[0]["hidden"], 0
    for number, record in enumerate(records[1:]):
        ended = bool(level.rounds and record["over"])
        came = _key(
            level, theirs(level, record), record["paid"], record["hidden"] - hidden, record["over"]
        )
        may = _may(level, rules, belief, actions[number], tally)
        if ended:  # ours is already at the start of the next round
            came = (came[0], "", *came[2:])
            may = {(key[0], "", *key[2:-1], True): after for key, after in may.items()}
        tally.steps += 1
        if came not in may:
            where = f"{'-'.join(actions[: number + 1])} from {next(iter(belief))}"
            tally.differences.append(f"{where}: theirs {came}, ours {list(may)[:2]}")
            return
        _count(tally, {key: sum(after.values()) for key, after in may.items()}, came)
        total = sum(may[came].values())
        belief = {state: p / total for state, p in may[came].items()}
        hidden, rounds = 0.0 if ended else record["hidden"], rounds + ended
        if level.rounds and rounds == level.rounds:
            return


Key = tuple[Any, ...]


def _key(level: Level, things: Seen, paid: float, value: float, stopped: bool) -> Key:
    """All that is compared of a step: rewards, where everything is, whether the episode is over."""
    paid = round(paid, 9) + 0.0 if level.paid else 0.0
    value = round(value, 9) + 0.0 if level.paid and level.hidden else 0.0
    return (paid, value), json.dumps(things, sort_keys=True), stopped


def _may(
    level: Level, rules: Rules, belief: dict[Any, float], action: str, tally: Tally
) -> dict[Key, dict[Any, float]]:
    """What may be seen after an action, and the states of ours that look like that, with their chances."""
    found: dict[Key, dict[Any, float]] = {}
    for state, chance in belief.items():
        done = action if action in rules.legal(state) else "stay"
        tally.pairs.add((state, done))
        for after, p in rules.after(state, done).items():
            key = _key(level, ours(level, after), *worth(level, state, after), over(after, rules))
            states = found.setdefault(key, {})
            states[after] = states.get(after, 0.0) + chance * p
    return found


def _count(tally: Tally, chances: dict[Key, float], came: Key) -> None:
    """Add a step to what is known of the frequencies: whether the likeliest of what may come came."""
    likely = max(chances, key=lambda key: chances[key])
    p = chances[likely]
    if p < 1.0 - NEAR:
        tally.expected += p
        tally.variance += p * (1.0 - p)
        tally.came += came == likely


def plans(level: Level, rules: Rules, asked: argparse.Namespace) -> Iterator[list[str]]:
    """The walks: all short ones, random ones, and one to each pair of a world without chance."""
    rng = np.random.default_rng(asked.seed)
    if not level.rounds:
        yield from map(list, product(NUMBER, repeat=1 if level.slow else asked.length))
    names, steps = list(NUMBER), min(level.steps, asked.steps)
    for _ in range(asked.walks // 20 if level.slow else asked.walks):
        # An agent that means to get somewhere sees more than one that dithers.
        bias = rng.dirichlet(np.ones(len(names)))
        yield [
            names[i] for i in rng.choice(len(names), steps, p=bias if rng.random() < 0.5 else None)
        ]
    if rules.world is None or not rules.world.deterministic or level.rounds:
        return
    ways: dict[Any, list[str]] = {state: [] for state in rules.first}
    queue = deque(ways)
    while queue:
        state = queue.popleft()
        if over(state, rules) or len(ways[state]) >= level.steps:
            continue
        for action in rules.legal(state):
            way = [*ways[state], action]
            yield way
            for after in rules.after(state, action):
                if after not in ways:
                    ways[after] = way
                    queue.append(after)


def walk(level: Level, asked: argparse.Namespace) -> Tally:
    """Both sides of one level."""
    rules, tally = Rules(level), Tally()
    walks = list(plans(level, rules, asked))
    job = {
        "root": str(getattr(asked, level.side)),
        "shared": str(asked.deepmind),
        "module": level.module,
        "make": level.make,
        "options": level.options,
        "walks": [[NUMBER[action] for action in way] for way in walks],
        "rounds": bool(level.rounds),
        "seed": asked.seed,
    }
    done = subprocess.run(
        [asked.python, str(ENGINE)],
        input=json.dumps(job),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        tally.differences.append(f"their side failed: {done.stderr.strip().splitlines()[-1]}")
        return tally
    for way, records in zip(walks, json.loads(done.stdout), strict=True):
        compare(level, rules, way, records, tally)
    if abs(tally.z) > 5:
        tally.differences.append(f"frequencies are {tally.z:.1f} standard errors from the chances")
    return tally


def versions(python: str) -> str:
    """What their side runs under."""
    names = ("numpy", "pycolab", "absl-py", "six")
    asked = (
        "import platform, importlib.metadata as m; print('Python', platform.python_version(), "
        f"*('{{}} {{}}'.format(n, m.version(n)) for n in {names}), sep=', ')"
    )
    said = subprocess.run([python, "-c", asked], capture_output=True, text=True, check=False)
    return said.stdout.strip().replace("Python, ", "Python ")


def commit(folder: Path) -> str:
    """The commit of a checkout, or that it says nothing of one."""
    said = subprocess.run(
        ["git", "-C", str(folder), "rev-parse", "HEAD"], capture_output=True, text=True, check=False
    )
    return said.stdout.strip()[:12] or "unknown"


def main() -> None:
    """Print the table as Markdown; end with 1 if anything differs."""
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    words.add_argument("--deepmind", type=Path, required=True)
    words.add_argument("--turner", type=Path, required=True)
    words.add_argument("--python", required=True)
    words.add_argument("--only", default="")
    words.add_argument("--length", type=int, default=4)
    words.add_argument("--walks", type=int, default=100)
    words.add_argument("--steps", type=int, default=60)
    words.add_argument("--seed", type=int, default=0)
    asked = words.parse_args()
    print("# The published levels, walked in step with their own engines\n")
    print(
        f"Written by `python verification/joint_walks.py`, {date.today().isoformat()}: "
        f"{platform.system()} on {platform.machine()}, Python {platform.python_version()}; theirs under "
        f"{versions(asked.python)}. google-deepmind/ai-safety-gridworlds at {commit(asked.deepmind)}, "
        f"alexander-turner/attainable-utility-preservation at {commit(asked.turner)}.\n"
    )
    print(ABOUT)
    print("| level | walks | steps | pairs walked | of | frequencies, z | differences |")
    print("|---|---|---|---|---|---|---|")
    told: list[str] = []
    for level, control in [
        *((one, False) for one in levels()),
        *((one, True) for one in controls()),
    ]:
        if asked.only and asked.only not in level.name:
            continue
        tally = walk(level, asked)
        if control and not tally.differences:
            told += [f"{level.name}: the control shows no difference"]
        elif not control:
            told += [f"{level.name}: {text}" for text in tally.differences[:5]]
        rules = Rules(level) if level.listed else None
        of = f"{walkable(rules):,}" if rules else "not listed"
        z = f"{tally.z:+.1f}" if tally.variance else ""
        note = f" ({level.note})" if level.note else ""
        note += ", **control**" if control else ""
        print(
            f"| {level.name}{note} | {tally.walks:,} | {tally.steps:,} | {len(tally.pairs):,} | {of} | {z} | "
            f"{len(tally.differences)} |",
            flush=True,
        )
    print()
    for line in told:
        print(f"- {line}")
    sys.exit(bool(told))


def walkable(rules: Rules) -> int:
    """How many pairs a world has where its episode is not over."""
    assert rules.world is not None
    return sum(len(rules.legal(s)) for s in rules.world.states if not over(s, rules))


if __name__ == "__main__":
    main()
