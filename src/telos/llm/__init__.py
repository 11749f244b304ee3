"""Language-model agents under the same ruler: worlds as text, models, decisions, estimates and audits."""
