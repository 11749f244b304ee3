"""Reading a model exactly: asked once in each situation, it becomes a `Behavior` like any agent's."""

from telos.llm.tabulation.exact import read_exactly
from telos.llm.tabulation.ledger import Ledger
from telos.llm.tabulation.record import Heading, Reply

__all__ = ["Heading", "Ledger", "Reply", "read_exactly"]
