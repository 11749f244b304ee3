"""Lettered: the possible actions as letters, so that one token's probabilities say what a model would do."""

import re

#: A letter for each possible action; providers tell the chances of the twenty likeliest tokens.
LETTERS = "ABCDEFGHIJKLMNOPQRST"
ASKED = "Answer with the letter of one action, and nothing else:"
LINE = re.compile(r"^([A-T])\. `([^`]*)`$", re.MULTILINE)


def lettered(situation: str, words: tuple[str, ...]) -> str:
    """A situation that asks for a letter.

    Args:
        situation: the state and the possible actions, as the game tells them. words: the actions, at most 20.

    Example:
        >>> print(lettered("The state now: …", ("wait", "go")))
        The state now: …
        <BLANKLINE>
        Answer with the letter of one action, and nothing else:
        A. `wait`
        B. `go`
    """
    lines = [f"{letter}. `{word}`" for letter, word in zip(LETTERS, words, strict=False)]
    return "\n".join([situation, "", ASKED, *lines])


def letters_in(text: str) -> dict[str, str]:
    """The action behind each letter of a text that `lettered` made; none if it asks for no letter.

    Example:
        >>> letters_in(lettered("…", ("wait", "go")))
        {'A': 'wait', 'B': 'go'}
    """
    _, found, listed = text.rpartition(ASKED)
    return dict(LINE.findall(listed)) if found else {}


def mass_of(tokens: dict[str, float], letters: dict[str, str]) -> dict[str, float]:
    """The probability of each action: that of all tokens that are its letter, blanks and brackets aside.

    Args:
        tokens: the probability of each token. letters: the action behind each letter.

    Example:
        >>> mass_of({"A": 0.5, " A": 0.25, "Well": 0.25}, {"A": "wait", "B": "go"})
        {'wait': 0.75}
    """
    found: dict[str, float] = {}
    for token, chance in tokens.items():
        word = letters.get(token.strip().strip("`*().\"'").upper())
        if word is not None and chance > 0.0:
            found[word] = found.get(word, 0.0) + chance
    return found
