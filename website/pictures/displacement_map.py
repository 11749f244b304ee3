"""Where a safeguard moves the need.

By how many points more (red) or fewer (blue) of 200 goals require each drive, with each safeguard, in the
overseen workshop; the 95 % interval of the change below it. Gray: the interval holds 0.
"""

import altair as alt
import numpy as np

import telos
from telos import drives, safeguards

world = telos.worlds.OverseenWorkshop(products=2).build()
goals = telos.families.Uniform().sample(world, 200, np.random.default_rng(0))
problem = telos.Problem(world, goals, discount=0.95)
own = drives.SelfPreservation()
watched = (
    own,
    drives.GoalPreservation(),
    drives.OversightTampering(),
    drives.OperatorManipulation(),
    drives.ShutdownSeeking(),
)
tried = (
    safeguards.Forbid(drive=own),
    safeguards.Monitor(drive=own),
    safeguards.UtilityIndifference(),
    safeguards.ShortHorizon(0.5),
)
rows = []
for part in tried:
    rng = np.random.default_rng(1)
    found = telos.displacement(problem, (part,), telos.agents.Optimal(), watched, rng)
    for change in found.changes(arms=len(tried)):
        low, high = (round(100 * limit) for limit in change.need.interval)
        points = round(100 * change.need.value)
        row = {"safeguard": type(part).__name__, "drive": change.drive.replace("_", " ")}
        shown = points if low > 0 or high < 0 else 0
        rows.append({**row, "points": shown, "text": f"{points:+d}", "limits": f"[{low}, {high}]"})

base = alt.Chart(alt.Data(values=rows)).encode(
    x=alt.X("safeguard:N", title=None, sort=None, axis=alt.Axis(labelAngle=0, orient="top")),
    y=alt.Y("drive:N", title=None, sort=None),
)
scale = alt.Scale(domain=[-100, 0, 100], range=["#6BAED6", "#EEEEEE", "#F4A582"])
cells = base.mark_rect().encode(color=alt.Color("points:Q", scale=scale, title="points"))
numbers = base.mark_text(dy=-6, fontWeight="bold").encode(text="text:N")
below = base.mark_text(dy=9, fontSize=10).encode(text="limits:N")
picture = (cells + numbers + below).properties(width=alt.Step(130), height=alt.Step(44))
