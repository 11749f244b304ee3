from .binding import Binding as Binding
from .decorated import within as within
from .effects import Ruling as Ruling
from .effects import Verdict as Verdict
from .files import load_binding as load_binding
from .files import load_bounds as load_bounds
from .log import check_log as check_log
from .log import keep_log as keep_log
from .monitor import Ask as Ask
from .monitor import BoundsMonitor as BoundsMonitor
from .monitor import Ended as Ended
from .monitor import Granted as Granted
from .monitor import LevelsRead as LevelsRead
from .monitor import MemberCall as MemberCall
from .monitor import Refused as Refused
from .monitor import Renewed as Renewed
from .monitor import Settled as Settled
from .rules import Bounds as Bounds
from .safeguard import Within as Within
from .smallest import smallest_world as smallest_world
from .verification import VerifyOptions as VerifyOptions
from .verification import verify as verify

__all__: list[str]
