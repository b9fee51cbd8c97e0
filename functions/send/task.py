"""The work of one invocation: a job for each message, a task for each of its recipients."""

from dataclasses import dataclass, field

from realtime_sms.aws.queue import QueueMessage
from realtime_sms.outcomes.decide import Done, Later, RequestConflict
from realtime_sms.outcomes.submission import Submission
from realtime_sms.requests.prepare import Draft

type End = Done | Later | RequestConflict


@dataclass(slots=True, eq=False)
class Job:
    """One readable request and the message that brought it; `conflict` once its id is found used with other content."""

    message: QueueMessage
    request_id: str
    tasks: list["Task"] = field(default_factory=list)
    conflict: RequestConflict | None = None
    begun: bool = False  # some call of it was started in this invocation

    @property
    def seen_before(self) -> bool:
        """Say whether reading first is cheaper than claiming: a redelivery, or more recipients than one."""
        return self.message.receive_count > 1 or len(self.tasks) > 1

    def add(self, draft: Draft) -> None:
        """Take on one recipient."""
        self.tasks.append(Task(self, draft))

    @property
    def due_at(self) -> float | None:
        """Give the epoch second at which something can be done again; None when all its recipients are final."""
        return min((_due(task.end) for task in self.tasks if not isinstance(task.end, Done)), default=None)


@dataclass(slots=True, eq=False)
class Task:
    """One draft on its way: what the table is known to hold for it, and how it ended in this invocation."""

    job: Job
    draft: Draft
    found: Submission | None = None
    end: End | None = None
    turn: float | None = None  # reserved for its call, where the account has a rate limit (epoch seconds)
    rounds: int = 0

    @property
    def mine(self) -> Submission:
        """Give the submission as claimed.

        Raises:
            RuntimeError: it was not claimed.

        """
        if self.found is None:
            raise RuntimeError("the task was not claimed")
        return self.found

    def stop(self, end: End) -> None:
        """End the task; a conflict ends its whole job."""
        self.end = end
        if isinstance(end, RequestConflict):
            self.job.conflict = end

    def rest(self, now_held: Submission) -> None:
        """End the task with what the table holds: done if final, else for when it is due."""
        self.found = now_held
        self.end = Done() if now_held.final else Later(now_held.due_at or now_held.lease_until or 0)


def _due(end: End | None) -> float:
    """Give the time of an end that is none yet; 0, that is at once, where nothing better is known."""
    return end.at if isinstance(end, Later) else 0
