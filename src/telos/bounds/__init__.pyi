from .binding import Binding as Binding
from .decorated import within as within
from .effects import Ruling as Ruling
from .effects import Verdict as Verdict
from .files import load_binding as load_binding
from .files import load_bounds as load_bounds
from .files import read_binding as read_binding
from .files import read_bounds as read_bounds
from .happenings import Ended as Ended
from .happenings import Granted as Granted
from .happenings import Joined as Joined
from .happenings import LevelsRead as LevelsRead
from .happenings import MemberCall as MemberCall
from .happenings import Refused as Refused
from .happenings import Renewed as Renewed
from .happenings import Settled as Settled
from .log import check_log as check_log
from .log import keep_log as keep_log
from .monitor import Ask as Ask
from .monitor import BoundsMonitor as BoundsMonitor
from .rules import Bounds as Bounds
from .safeguard import Within as Within
from .smallest import smallest_world as smallest_world
from .verification import VerifyOptions as VerifyOptions
from .verification import verify as verify

__all__: list[str]
