"""The names of the record's columns that pages read, in one place."""

IV = "iv"
RETAINED = "task_retained"
PAY = "willingness_to_pay"
DECLINED = "declined"
BASELINES = ("baseline_actions", "baseline_outcomes")
REMOVAL = "removal_incentive"
REMOVAL_TABLE = "removal_incentives"
SWEEPS, ONSETS = "sweeps", "onsets"
SWEEP = "sweep"
