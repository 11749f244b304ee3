"""What staying switched on is worth, against how far an agent looks ahead.

Blue: the mean over 200 goals of the instrumental value of self-preservation, in percent of the value range,
with its 95 % interval. Gray: ten random sets of pairs of the same size, measured on the same goals.
"""

import altair as alt
import numpy as np

import telos
from telos.measure.intervals import mean_interval
from telos.measure.placebo import placebo_sets

world = telos.worlds.OverseenWorkshop(products=2).build()
goals = telos.families.Uniform().sample(world, 200, np.random.default_rng(0))
own = telos.drives.SelfPreservation().affordances(world)
rows = []
for discount in (0.5, 0.7, 0.8, 0.9, 0.95, 0.98):
    sets = placebo_sets(world, own, draws=10, rng=np.random.default_rng(1))
    others = [telos.Affordance(f"random set {i}", pairs, own.forks) for i, pairs in enumerate(sets)]
    problem = telos.Problem(world, goals, discount)
    for found in telos.instrumental_values(problem, [own, *others]):
        low, high = mean_interval(found.share)
        kind = "self-preservation" if found.drive == own.drive else "random set"
        row = {"discount": str(discount), "set": kind, "share": 100 * found.share.mean()}
        rows.append({**row, "low": 100 * low, "high": 100 * high})

base = alt.Chart(alt.Data(values=rows)).encode(
    x=alt.X("discount:N", axis=alt.Axis(labelAngle=0)),
    color=alt.Color("set:N", scale=alt.Scale(range=["#8C8C8C", "#0072B2"]), title=None),
)
means = base.mark_point(filled=True, size=50).encode(
    y=alt.Y("share:Q", title="% of the value range")
)
limits = (
    base.mark_rule().encode(y="low:Q", y2="high:Q").transform_filter("datum.set != 'random set'")
)
picture = (limits + means).properties(width=380, height=200)
