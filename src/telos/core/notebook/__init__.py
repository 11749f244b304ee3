"""How nouns show themselves in a notebook: as a card, as a frame, as a chart.

The functions here become methods of the nouns (`plot = charts.plot_world`). They are given the noun and
import none, so that no circle of files arises. Polars and Altair are loaded when a frame or a chart is
asked for.
"""
