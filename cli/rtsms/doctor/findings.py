"""What a check of `rtsms doctor` found: how bad it is, and what to do about it."""

from enum import StrEnum
from typing import NamedTuple

from rich.text import Text


class Level(StrEnum):
    """The result of a check; only `bad` makes the command fail."""

    GOOD = "good"
    DOUBT = "doubt"
    BAD = "bad"


_MARKS = {Level.GOOD: ("✓", "green"), Level.DOUBT: ("!", "yellow"), Level.BAD: ("✗", "red")}


class Finding(NamedTuple):
    """What a check found, and what to do if it is not good."""

    check: str
    level: Level
    said: str
    to_do: str = ""

    @property
    def document(self) -> dict[str, str]:
        """Return the finding as JSON."""
        document = {"check": self.check, "level": self.level.value, "said": self.said}
        return document | ({"toDo": self.to_do} if self.to_do else {})

    @property
    def lines(self) -> list[Text | str]:
        """Return the finding as text."""
        line = Text.assemble(_MARKS[self.level], f" {self.check}: {self.said}")
        return [line, f"  → {self.to_do}"] if self.to_do else [line]


def good(check: str, said: str) -> Finding:
    """Return a finding that needs nothing."""
    return Finding(check, Level.GOOD, said)


def doubt(check: str, said: str, to_do: str) -> Finding:
    """Return a finding that somebody should look at."""
    return Finding(check, Level.DOUBT, said, to_do)


def bad(check: str, said: str, to_do: str) -> Finding:
    """Return a finding that stops sending, or will."""
    return Finding(check, Level.BAD, said, to_do)
