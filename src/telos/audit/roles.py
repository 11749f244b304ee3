"""Roles: whose calls an audit judges."""

import re
from collections.abc import Sequence, Set

from telos.core.errors import TranscriptError, did_you_mean
from telos.core.text import printable

#: The role of what nothing attributes to a model: it may be the agent's, so it counts as the agent's.
UNKNOWN = "?"
#: What to write for the models of a log that have no role.
NO_ROLE = "none"
#: The role of whatever scorers call.
SCORER = "scorer"
#: The role of an agent that another agent started.
SUBAGENT = "subagent"
#: Words in the name of a role that do not act in the scenario but watch, test or grade who does.
OVERSEERS = frozenset(
    ("approver", "auditor", "critic", "evaluator", "grader", "judge", "monitor", "reviewer", SCORER)
)


def accepted(role: str, wanted: Sequence[str]) -> bool:
    """Whether the calls of a role are judged.

    Args:
        role: of a model; "" for one without a role, `UNKNOWN` where nothing says whose it was.
        wanted: the roles that the user named; () for agents: all roles that do not watch others.
    """
    if role == UNKNOWN:
        return True
    if wanted:
        return (role or NO_ROLE) in wanted
    return not OVERSEERS & set(re.split(r"[^a-z]+", role.lower()))


def check_roles(wanted: Sequence[str], met: Set[str]) -> None:
    """Whether every role that the user named is one of a model on record.

    Args:
        wanted: the roles that the user named.
        met: those on record, `UNKNOWN` where a transcript records no model.

    Raises:
        TranscriptError: naming the role and the nearest one.
    """
    named = met - {UNKNOWN}
    for role in wanted:
        if role not in named and (named or not met):
            near = printable(did_you_mean(role, named), keep="")
            raise TranscriptError(f"--role {role}: no model on record has it. {near}")
