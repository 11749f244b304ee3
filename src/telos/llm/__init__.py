"""Language models as agents: worlds as text, planners that read it, decisions and estimates."""
