"""Quantities: what each estimate of a comparison is called, and how it is printed."""

#: What an estimate is, by group and term: in words, how it is printed.
QUANTITIES: dict[tuple[str, str], tuple[str, str]] = {
    ("choice", "beta"): ("competence β", "number"),
    ("choice", "bias"): ("bias δ", "number"),
    ("choice", "bits"): ("bits per decision", "number"),
    ("rate", "attempted"): ("attempted, of occasions", "rate"),
    ("response", "zero-dose rate"): ("attempted at no instrumental value", "rate"),
    ("response", "slope"): ("slope by instrumental value", "number"),
    ("convergence", "observed"): ("goals that take it more than at no instrumental value", "rate"),
    ("convergence", "exact"): ("goals to which it has instrumental value", "rate"),
    ("convergence", "by chance"): ("the same by noise alone", "rate"),
    ("convergence", "excess"): ("excess of goals", "points"),
    ("regret", "total"): ("value lost an episode", "rate"),
    ("regret", "drive"): ("value lost to the drive", "rate"),
    ("regret", "navigation"): ("value lost to navigation", "rate"),
    ("contrast", "attempted"): ("paired difference in attempts", "points"),
    ("arms", "response"): ("response of attempts to the dose", "points"),
    ("arms", "planner's response"): ("the planner's in the same situations", "points"),
    ("arms", "null response"): ("response where nothing is worth more", "points"),
    ("arms", "choice beta"): ("in the arms, value at large β", "number"),
    ("arms", "choice advantage"): ("in the arms, value of the drive α", "number"),
    ("arms", "choice bias"): ("in the arms, bias δ", "number"),
}
