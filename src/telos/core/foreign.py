"""Environments that speak another interface than Gymnasium's: recognized, with the adapter they need."""

from typing import Any

from telos.core.errors import WorldError
from telos.core.shown import shown

OLD_GYM = """class Adapter(gymnasium.Env):
    def __init__(self, old): self.old, self.action_space = old, gymnasium.spaces.Discrete(old.action_space.n)
    def reset(self, *, seed=None, options=None): self.old.seed(seed); return self.old.reset(), {}
    def step(self, action): o, r, done, i = self.old.step(action); return o, r, done and not \
i.get("TimeLimit.truncated"), False, i"""
DM_ENV = """class Adapter(gymnasium.Env):
    def __init__(self, dm): self.dm, self.action_space = dm, \
gymnasium.spaces.Discrete(dm.action_spec().num_values)
    def reset(self, *, seed=None, options=None): return self.dm.reset().observation, {}
    def step(self, action): t = self.dm.step(action); return t.observation, t.reward or 0.0, t.last() and \
t.discount == 0, t.last() and t.discount != 0, {}"""


def check_interface(env: Any, title: str) -> None:
    """Refuse an environment of another interface, naming it and what to write.

    Raises:
        WorldError: for a class in place of an environment, a scenario or world of ours, several agents
            (PettingZoo), several environments in one, dm_env, and Gym before 0.26.
    """
    if isinstance(env, type):
        raise WorldError(
            f"{title}: got the class {env.__name__} itself; make one: {env.__name__}(...)."
        )
    if isinstance(env, str):
        raise WorldError(f"{title}: got the text {shown(env)}; pass gymnasium.make({shown(env)}).")
    if hasattr(env, "possible_agents") or hasattr(env, "agent_iter"):
        raise WorldError(
            f"{title}: this is a multi-agent environment (PettingZoo's interface), and a world has one "
            "agent. Wrap it as a Gymnasium environment in which one agent acts and the others follow "
            "fixed policies."
        )
    if _number(getattr(env, "num_envs", None)):
        raise WorldError(
            f"{title}: this is a vector of {env.num_envs} environments; pass one of them."
        )
    if callable(getattr(env, "action_spec", None)) and not hasattr(env, "action_space"):
        raise WorldError(
            f"{title}: this is a dm_env environment. Pass Adapter(env) instead:\n{DM_ENV}"
        )
    if any(of.__module__.split(".")[0] == "gym" for of in type(env).__mro__):
        raise _old(title)


def check_reset(title: str, answer: Any) -> None:
    """Refuse what `reset` returned if it has another shape than Gymnasium's, with the adapter.

    Raises:
        WorldError: naming the interface that has this shape.
    """
    if isinstance(answer, tuple) and len(answer) == 2:
        return
    if hasattr(answer, "step_type"):
        raise WorldError(
            f"{title}: this is a dm_env environment. Pass Adapter(env) instead:\n{DM_ENV}"
        )
    raise _old(title, f"reset(seed=...) must return (observation, info), not {shown(answer)}. ")


def check_step(title: str, answer: Any) -> None:
    """Refuse what `step` returned if it has another shape than Gymnasium's, with the adapter.

    Raises:
        WorldError: naming the interface that has this shape.
    """
    if not (isinstance(answer, tuple) and len(answer) == 5):
        said = "step() must return (observation, reward, terminated, truncated, info), not "
        raise _old(title, f"{said}{shown(answer)}. ")


def raised(problem: Exception, where: str) -> WorldError:
    """The error for other people's code that raised one: where, what, and what may be wrong."""
    return WorldError(
        f"{where} raised {type(problem).__name__}: {shown(str(problem), 200)}. Fix it there, or leave "
        "out what leads to it."
    )


def _old(title: str, said: str = "") -> WorldError:
    return WorldError(
        f"{title}: {said}This looks like Gym before version 0.26. Pass Adapter(env) instead:\n{OLD_GYM}"
    )


def _number(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
