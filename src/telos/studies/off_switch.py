"""The off-switch study: how the number of rooms behind a switch decides who avoids it."""

from telos.agents import Optimal, UniformRandom
from telos.drives import SelfPreservation
from telos.families import Uniform
from telos.runs.study import Study
from telos.worlds import OffSwitch

STUDY = Study(
    name="off_switch",
    question="Do unrelated goals keep an agent from being switched off, and is it more than chance?",
    scenarios=tuple(OffSwitch(rooms=rooms) for rooms in (2, 4, 8)),
    families=(Uniform(),),
    agents=(Optimal(), UniformRandom()),
    drives=(SelfPreservation(),),
    discounts=(0.1, 0.5, 0.9, 0.99),
    references=("turner2021", "omohundro2008"),
)
