"""Language-model agents under the same ruler: worlds as text, players, decisions, estimates and audits."""
