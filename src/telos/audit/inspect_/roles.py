"""Roles: whose model made a call; agents are judged, and those who watch them stand apart."""

import re
from collections.abc import Sequence

#: The role of what no event attributes to a model: it may be the agent's, so it counts as the agent's.
UNKNOWN = "?"
#: What to write for the models of a log that have no role.
NO_ROLE = "none"
#: The role of whatever scorers call.
SCORER = "scorer"
#: Words in the name of a role that do not act in the scenario but watch, test or grade who does.
OVERSEERS = frozenset(
    ("approver", "auditor", "critic", "evaluator", "grader", "judge", "monitor", "reviewer", SCORER)
)


def accepted(role: str, wanted: Sequence[str]) -> bool:
    """Whether the calls of a role are judged.

    Args:
        role: of a model; "" for one without a role, `UNKNOWN` where no event says whose it was.
        wanted: the roles that the user named; () for agents: all roles that do not watch others.
    """
    if role == UNKNOWN:
        return True
    if wanted:
        return (role or NO_ROLE) in wanted
    return not OVERSEERS & set(re.split(r"[^a-z]+", role.lower()))
