"""Agents: anything that turns a problem into behavior; one agent a file."""

from telos.agents.antirational import AntiRational as AntiRational
from telos.agents.best_of_k import BestOfK as BestOfK
from telos.agents.boltzmann import Boltzmann as Boltzmann
from telos.agents.default_policy import DefaultPolicy as DefaultPolicy
from telos.agents.expected_sarsa import ExpectedSarsa as ExpectedSarsa
from telos.agents.hedonistic import Hedonistic as Hedonistic
from telos.agents.ignorant import Ignorant as Ignorant
from telos.agents.optimal import Optimal as Optimal
from telos.agents.partially_sighted import PartiallySighted as PartiallySighted
from telos.agents.q_learning import QLearning as QLearning
from telos.agents.quantilizing import Quantilizing as Quantilizing
from telos.agents.sarsa import Sarsa as Sarsa
from telos.agents.satisficing import Satisficing as Satisficing
from telos.agents.short_sighted import ShortSighted as ShortSighted
from telos.agents.stable_baselines import StableBaselines as StableBaselines
from telos.agents.status_quo_biased import StatusQuoBiased as StatusQuoBiased
from telos.agents.uniform_random import UniformRandom as UniformRandom

AGENTS = (
    Optimal,
    Ignorant,
    Hedonistic,
    Boltzmann,
    ShortSighted,
    PartiallySighted,
    Satisficing,
    Quantilizing,
    BestOfK,
    StatusQuoBiased,
    AntiRational,
    UniformRandom,
    DefaultPolicy,
    QLearning,
    Sarsa,
    ExpectedSarsa,
)

#: Agents that need an extra to be installed; all of AGENTS work without one.
AGENTS_WITH_EXTRAS = (StableBaselines,)
