"""The nouns of the laboratory: worlds, goals, problems, behaviors, readings, and the five abstract parts."""
