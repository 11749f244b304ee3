"""Every claim that the repository makes, by theme; `telos verify` checks them again."""

from telos.studies.claims import (
    drives,
    interruption,
    off_switch_game,
    option_counting,
    others,
    power,
    quantilizer,
    resources,
    retargetability,
    reward_tampering,
    safeguards,
    safety_levels,
    self_models,
    shutdown,
    side_effects,
    worst_case,
)
from telos.studies.claims.claim import Claim as Claim
from telos.studies.claims.claim import Measured as Measured
from telos.studies.claims.claim import Verdict as Verdict
from telos.studies.claims.claim import verify as verify

#: A theme a file, in alphabetical order: to add one, import it and list it.
THEMES: dict[str, tuple[Claim, ...]] = {
    "drives": drives.CLAIMS,
    "interruption": interruption.CLAIMS,
    "off-switch game": off_switch_game.CLAIMS,
    "option counting": option_counting.CLAIMS,
    "others": others.CLAIMS,
    "power": power.CLAIMS,
    "quantilizer": quantilizer.CLAIMS,
    "resources": resources.CLAIMS,
    "retargetability": retargetability.CLAIMS,
    "reward tampering": reward_tampering.CLAIMS,
    "safeguards": safeguards.CLAIMS,
    "safety levels": safety_levels.CLAIMS,
    "self-models": self_models.CLAIMS,
    "shutdown": shutdown.CLAIMS,
    "side effects": side_effects.CLAIMS,
    "worst case": worst_case.CLAIMS,
}

CLAIMS: tuple[Claim, ...] = tuple(claim for theme in THEMES.values() for claim in theme)
