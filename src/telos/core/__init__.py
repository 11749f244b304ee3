"""The nouns of the laboratory: worlds, goals, problems, behaviours, readings, and the five abstract parts."""
