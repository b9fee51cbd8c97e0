"""What a command stops at: where, what, and what to do about it, with the exit code that says whose turn it is."""

from collections.abc import Iterable
from enum import IntEnum

import click

from realtime_sms.requests.errors import Problem


class Exit(IntEnum):
    """The exit codes, the same for every command; docs/rtsms.md lists them."""

    DONE = 0
    WRONG = 1  # it was done, and the answer is not a good one
    USAGE = 2  # what was given cannot be used; nothing was done
    NOT_FOUND = 3
    NO_ANSWER = 4  # AWS refused, or did not answer
    NOT_OVER = 5  # not within the time given
    INTERRUPTED = 130  # Ctrl-C: 128 and the number of the signal, as shells have it


class Fault(click.ClickException):
    """Where it went wrong, what is wrong, and what to do; `problems` are the single places, if there are several."""

    def __init__(self, code: Exit, where: str, what: str, *, to_do: str = "", problems: Iterable[Problem] = ()) -> None:
        super().__init__(f"{where}: {what}")
        self.exit_code = code
        self.where = where
        self.what = what
        self.to_do = to_do
        self.problems = tuple(problems)

    @property
    def document(self) -> dict[str, object]:
        """Give it for machines."""
        told: dict[str, object] = {"exit": int(self.exit_code), "where": self.where, "what": self.what}
        if self.to_do:
            told["toDo"] = self.to_do
        if self.problems:
            told["problems"] = [{"where": one.where, "what": one.what} for one in self.problems]
        return {"error": told}

    @property
    def lines(self) -> list[str]:
        """Give it for people."""
        more = [f"  {problem}" for problem in self.problems]
        return [f"error: {self.message}", *more, *([f"  → {self.to_do}"] if self.to_do else [])]


def refused(where: str, problems: Iterable[Problem]) -> Fault:
    """Refuse what was given, with everything that is wrong with it."""
    problems = tuple(problems)
    if len(problems) == 1:
        return Fault(Exit.USAGE, problems[0].where or where, problems[0].what)
    return Fault(Exit.USAGE, where, f"{len(problems)} things are wrong with it", problems=problems)
