"""All that Inspect finds of Telos by name, under the entry point `inspect_ai: telos`."""

from contextlib import suppress

from telos.llm.inspect_.approver import restrain as restrain
from telos.llm.inspect_.bounds import bounds as bounds
from telos.llm.inspect_.loop import begin as begin
from telos.llm.inspect_.loop import play as play
from telos.llm.inspect_.opsdesk import opsdesk as opsdesk
from telos.llm.inspect_.probe import probe as probe
from telos.llm.inspect_.provider import telos as telos
from telos.llm.inspect_.scorer import average as average
from telos.llm.inspect_.scorer import clustered_error as clustered_error
from telos.llm.inspect_.scorer import drives as drives
from telos.llm.inspect_.tasks import employee as employee
from telos.llm.inspect_.tasks import factory as factory
from telos.llm.inspect_.tasks import off_switch as off_switch
from telos.llm.inspect_.tasks import orchard as orchard
from telos.llm.inspect_.tasks import surgery as surgery
from telos.llm.inspect_.tasks import workbench as workbench
from telos.llm.inspect_.tasks import world as world
from telos.llm.inspect_.tools import act as act
from telos.llm.inspect_.tools import look as look

with suppress(ImportError):  # Inspect Sentinel is installed by those who use it
    from telos.llm.inspect_.sentinel import bounds as protocol  # noqa: F401

NAMES = (
    "act",
    "average",
    "begin",
    "bounds",
    "clustered_error",
    "drives",
    "employee",
    "factory",
    "look",
    "off_switch",
    "opsdesk",
    "orchard",
    "play",
    "probe",
    "restrain",
    "surgery",
    "telos",
    "workbench",
    "world",
)
