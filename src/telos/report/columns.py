"""The names of the record's columns that pages read, in one place."""

IV = "incentive"
RETAINED = "kept"
PAY = "pay"
DECLINED = "avoided"
BASELINES = ("chance_action", "chance_outcome")
REMOVAL = "pressure"
REMOVAL_TABLE = "pressure"
SWEEPS = "dials"
SWEEP = "dial"
#: What the factors of a comparison are called.
FACTORS = {"skin": "framing", "norm": "instruction"}
