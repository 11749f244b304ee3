"""The instrument: instrumental values, propensities, their random baselines, and intervals."""
