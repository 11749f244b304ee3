"""Language models as agents: worlds as text, planners that read it, decisions and estimates.

Inspect runs the episodes: `inspect eval telos/factory --model …`; `telos compare` reads its logs.
"""

from telos.llm.game import Game, game_of
from telos.llm.goals import sample_setups
from telos.llm.models import chances
from telos.llm.setup import Setup

__all__ = ["Game", "Setup", "chances", "game_of", "sample_setups"]
