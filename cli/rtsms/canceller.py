"""Cancel submissions in the table, and delete the schedules that they no longer need."""

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
    """Cancels submissions; safe to use from several threads.

    `forgotten` returns the keys whose number was replaced by a hash; it is None if no number was ever forgotten. `left`
    has AWS's error code for each schedule that could not be deleted.
    """

    submissions: Store
    delete_schedule: Callable[[str], None]
    forgotten: Callable[[Collection[Key]], set[Key]] | None = None
    left: list[str] = field(default_factory=list)

    @classmethod
    def of_stack(cls, stack: Stack, parallel_calls: int = 1) -> Self:
        """Return the canceller of a deployment, for this number of threads.

        Raise a `CommandError` if the stack has no schedules: its version does not know the status `cancelled`.
        """
        schedules = stack.schedules(parallel_calls)
        return cls(stack.submissions(parallel_calls), schedules.delete, stack.forgotten(parallel_calls))

    def cancel(self, absent: Sequence[Submission]) -> dict[Key, Answered]:
        """Cancel as `cancel_all` does, then delete the schedules whose recipients are all cancelled."""
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
        """Raise a `CommandError` if a schedule could not be deleted."""
        if self.left:
            raise CommandError(
                Exit.AWS,
                "EventBridge Scheduler",
                f"{len(self.left):,} schedules were not deleted ({self.left[0]}); their messages will not be sent",
                to_do="run the same command again to delete them",
            )
