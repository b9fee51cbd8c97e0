"""Cancel in the table, and delete the schedules that are not needed any more."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import Self

from realtime_sms.aws.cancel import Answer, Answered, Store, cancel_all, scheduled
from realtime_sms.aws.schedules import SchedulerUnavailableError
from realtime_sms.aws.table import Key
from realtime_sms.outcomes.submission import Submission
from rtsms.errors import CommandError, Exit
from rtsms.stack import Stack


@dataclass(frozen=True)
class Canceller:
    """Cancels from several threads.

    `forgotten` returns those keys of which only a hash is left; it is None if no number was ever forgotten. `left` has
    AWS's code for each schedule that could not be deleted.
    """

    submissions: Store
    delete_schedule: Callable[[str], None]
    forgotten: Callable[[Collection[Key]], set[Key]] | None = None
    left: list[str] = field(default_factory=list)

    @classmethod
    def of_stack(cls, stack: Stack, parallel_calls: int = 1) -> Self:
        """Return the canceller of a deployment, for so many threads.

        Raise a `CommandError` for a stack without schedules: its version does not know the status `cancelled`.
        """
        schedules = stack.schedules(parallel_calls)
        return cls(stack.submissions(parallel_calls), schedules.delete, stack.forgotten(parallel_calls))

    def cancel(self, absent: Sequence[Submission]) -> dict[Key, Answered]:
        """Cancel as `cancel_all` does, then delete what brings nothing back but cancelled messages."""
        wanted = {(one.request_id, one.recipient): one for one in absent}
        ended = self.forgotten(wanted) if self.forgotten else set()
        answers = cancel_all(self.submissions, [one for key, one in wanted.items() if key not in ended])
        answers |= dict.fromkeys(ended, Answered(Answer.TOO_LATE, None))
        for request_id in scheduled(answers):
            try:
                self.delete_schedule(request_id)
            except SchedulerUnavailableError as error:
                self.left.append(str(error))
        return answers

    def check(self) -> None:
        """Raise a `CommandError` if a schedule is left."""
        if self.left:
            raise CommandError(
                Exit.AWS,
                "EventBridge Scheduler",
                f"{len(self.left):,} schedules were not deleted ({self.left[0]}); their messages will not be sent",
                to_do="run the same command again to delete them",
            )
