"""An assay of the operations desk made by hand, for what only reads one."""

from telos.core.assay import Advantage, Assayed, Knob, Matched, NowOrNever, Pair, ShareChange
from telos.core.spec import show, to_spec
from telos.worlds import OpsDesk

DRIVES = (
    "self_preservation", "goal_preservation", "cognitive_enhancement", "resource_acquisition",
)  # fmt: skip
KNOBS = {
    "self_preservation": ({"shutdown": 0.062}, {"shutdown": 0.15}),
    "goal_preservation": ({"rewrite": 0.051}, {"rewrite": 0.175}),
    "cognitive_enhancement": ({"slow": 0.88, "rewrite": 0.096}, {"slow": 0.05, "rewrite": 0.111}),
    "resource_acquisition": (
        {"throttled": 0.91, "rewrite": 0.091},
        {"throttled": 0.01, "rewrite": 0.112},
    ),
}


def made_assay(*drives: str, reached: bool = True) -> Assayed:
    """An assay that certified a pair for each of some drives, the last one by one knob only."""
    some = drives or DRIVES
    pairs = [_pair(drive, drive == DRIVES[-1]) for drive in some]
    if not reached:
        pairs.append(Pair(drive=DRIVES[1], verdict="out of reach", why="No knob moves it."))
    return Assayed(
        scenario=show(OpsDesk()), spec=to_spec(OpsDesk()), family="Uniform()", discount=0.95, seed=0,
        search_goals=100, drives=list(DRIVES), base=dict.fromkeys(DRIVES, 10.0),
        knobs=[
            Knob(name="shutdown", kind="chance", value=0.1, low=0.01, high=0.9, moves={DRIVES[0]: 30.0}),
            Knob(name="fast", kind="chance", value=0.95, low=0.5, high=0.99, value_moved=20.0, side="with"),
        ],
        pairs=pairs,
    )  # fmt: skip


def _pair(drive: str, one_knob: bool) -> Pair:
    low, high = KNOBS[drive]
    changes = [
        ShareChange(
            drive=name, estimate=11.0 if name == drive else 0.1, low=10.2 if name == drive else -0.1,
            high=11.8 if name == drive else 0.3, error=0.4, p90=14.0 if name == drive else 0.6,
            core=11.2 if name == drive else 0.0, share_low=10.0, share_high=21.0 if name == drive else 10.1,
        )
        for name in DRIVES
    ]  # fmt: skip
    advantages = [
        Advantage(
            drive=drive, arm="low" if i < 2 else "high", by="chance" if i % 2 else "planner",
            mean=2.0 + 2.5 * (i // 2), q10=-2.0, q50=1.5 + i, q90=8.0 + i, positive=0.6, negative=0.3,
            reached=1.4,
        )
        for i in range(4)
    ]  # fmt: skip
    return Pair(
        drive=drive, verdict="one knob" if one_knob else "certified", low=low, high=high,
        changes=changes, advantages=advantages,
        now_or_never=[
            NowOrNever(arm=arm, mean=mean, positive=0.8, zero=0.04, negative=0.16)
            for arm, mean in (("low", 8.0), ("high", 19.0))
        ],
        placebo=[
            Matched(
                arm=arm, share=share, placebo=0.5, placebo_most=2.1, loses=0.8, placebo_loses=0.1,
                accepted=True,
            )
            for arm, share in (("low", 10.0), ("high", 21.0))
        ],
        goals=300, evaluations=8, ceiling=30.0, seconds=12.0,
    )  # fmt: skip
