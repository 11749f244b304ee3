"""Arrays in, arrays out: the compiled inner loops, which know nothing of worlds or goals."""
