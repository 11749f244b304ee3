"""The means study: which of four kinds of means do unrelated goals agree on, and why?"""

from telos.agents import Optimal
from telos.drives import ResourceAcquisition
from telos.families import Sparse, Uniform
from telos.runs.study import Study
from telos.worlds import DrivenEmployee, Venture
from telos.worlds.venture import KINDS

STUDY = Study(
    name="means",
    question="Do unrelated goals agree on money because it buys the other means?",
    # The controls: nothing buys anything; energy does.
    scenarios=(Venture(), Venture(currency=""), Venture(currency="energy"), DrivenEmployee()),
    families=(Uniform(), Sparse()),
    agents=(Optimal(),),
    drives=(ResourceAcquisition(), *(ResourceAcquisition(kind=kind) for kind in KINDS)),
    discounts=(0.95,),
    references=("omohundro2008", "bostrom2012"),
)
