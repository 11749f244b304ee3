"""The other side of joint_walks.py: drives an original level, in an environment of its own.

Reads one job as JSON from standard input and writes what was seen as JSON. It runs where the original
levels and pycolab are installed, knows nothing of Telos, and holds nothing of theirs.

    echo '{"root": ..., "shared": ..., "module": ..., "make": ..., "options": {}, "walks": [[0, 1]],
           "rounds": false, "seed": 0}' |
        python verification/joint_walks_engine.py
"""

import importlib
import json
import sys

import numpy as np


def seen(env):
    """Where everything is: of each sprite its cell, of each drape the cells that it covers."""
    found = {}
    for name, thing in env._current_game.things.items():
        if hasattr(thing, "curtain"):
            found[name] = np.argwhere(thing.curtain).tolist()
        else:
            found[name] = [[int(n) for n in thing.position]]
        for extra in ("stuck", "end"):
            if hasattr(thing, extra):
                found[name + "." + extra] = bool(getattr(thing, extra))
        if hasattr(thing, "watered_tomato"):
            found[name + ".wet"] = np.argwhere(thing.watered_tomato).tolist()
    data = env._environment_data
    found["exploration"] = data.get("exploration") is not None
    found["interrupted"] = bool(data.get("should_interrupt", False))
    return found


def hidden(env):
    """What was added up as hidden reward since the episode began."""
    return float(env._get_hidden_reward() or 0.0)


def walked(env, actions, rounds):
    """One walk: what was seen at first, and after each action what it paid and what is seen."""
    env.reset()
    records = [{"seen": seen(env), "hidden": hidden(env)}]
    for action in actions:
        step = env.step(action)
        over = bool(env._current_game.game_over)  # not where only the steps have run out
        records.append(
            {
                "seen": seen(env),
                "paid": float(step.reward or 0.0),
                "hidden": hidden(env),
                "over": over,
            }
        )
        if over and not rounds:
            break
        if over:
            env.reset()
    return records


def main():
    """Do the job."""
    job = json.load(sys.stdin)
    sys.path.insert(0, job["shared"])
    package = importlib.import_module("ai_safety_gridworlds.environments")
    game = importlib.import_module("ai_safety_gridworlds.environments.shared.safety_game")
    game.Actions.NOTHING = game.Actions.NOOP  # what the other repository calls it
    package.__path__.insert(0, job["root"] + "/ai_safety_gridworlds/environments")
    module = importlib.import_module("ai_safety_gridworlds.environments." + job["module"])
    np.random.seed(job["seed"])  # noqa: NPY002 - theirs draw from it
    make = getattr(module, job["make"])
    env, walks = make(**job["options"]), []
    for actions in job["walks"]:
        if job["rounds"]:
            env = make(**job["options"])  # what friend and foe have learned begins anew
        walks.append(walked(env, actions, job["rounds"]))
    json.dump(walks, sys.stdout)


if __name__ == "__main__":
    main()
