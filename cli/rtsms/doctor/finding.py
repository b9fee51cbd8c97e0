"""What the doctor says about one thing: good, doubtful or bad, with what to do."""

from enum import StrEnum
from typing import NamedTuple


class Level(StrEnum):
    """How it is; only what is bad makes the command fail."""

    GOOD = "good"
    DOUBT = "doubt"
    BAD = "bad"


class Finding(NamedTuple):
    """One line: what was looked at, how it is, and what to do if it is not good."""

    check: str
    level: Level
    said: str
    to_do: str = ""

    @property
    def document(self) -> dict[str, str]:
        """Give it for machines."""
        told = {"check": self.check, "level": self.level.value, "said": self.said}
        return told | ({"toDo": self.to_do} if self.to_do else {})


def good(check: str, said: str) -> Finding:
    """Find nothing wrong."""
    return Finding(check, Level.GOOD, said)


def doubt(check: str, said: str, to_do: str) -> Finding:
    """Find what somebody should look at."""
    return Finding(check, Level.DOUBT, said, to_do)


def bad(check: str, said: str, to_do: str) -> Finding:
    """Find what stops sending, or will."""
    return Finding(check, Level.BAD, said, to_do)
