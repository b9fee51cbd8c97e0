"""The rolling wave: claim a batch, make its calls, record what came of them, until all is done or time is short.

What a crash leaves open is what was in flight and at most one batch of claims. One thread of control does all of it;
only the calls themselves run beside it.
"""

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from itertools import batched, groupby

from realtime_sms.aws.breakers import BY_PROOF
from realtime_sms.aws.logging import described, log_outcome, logger
from realtime_sms.aws.submissions import (
    BATCH,
    Applied,
    Conflict,
    Indeterminate,
    Key,
    StoreUnavailableError,
    WriteResult,
)
from realtime_sms.outcomes import submission
from realtime_sms.outcomes.decide import Change, Later, Lease, RequestConflict, Write, decide
from realtime_sms.outcomes.submission import Rules, Submission
from realtime_sms.provider.verdict import Kind, Verdict
from realtime_sms.vocabulary import Reason, Status
from send.limits import Limits
from send.pacing import Pacing
from send.ports import BreakerBoard, Calls, Finished, LookUp, RateLimit, Store, Time, Unit
from send.task import Job, Task

LEASE_SECONDS = 5.0  # beyond the invocation's end, for clocks that disagree
_ROUNDS = 5  # times that one submission is looked at again because somebody else changed it
_CLAIM_AGAIN = 0.1  # seconds after which a claim that got no answer is tried once more
# Seconds before each try to record an outcome. The SDK tries a call again, but not a statement of it that was refused
# for now, as those of a partition are that takes no more within this second.
_PAUSES = (0.0, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6)


class Wave:
    """One invocation's work on its jobs."""

    def __init__(  # noqa: PLR0913 (the ports, by name)
        self,
        *,
        store: Store,
        calls: Calls,
        breakers: BreakerBoard,
        look_up: LookUp,
        time: Time,
        rules: Rules,
        limits: Limits,
        owners: Callable[[], str],
        pace: RateLimit | None = None,
    ) -> None:
        self._store = store
        self._calls = calls
        self._breakers = breakers
        self._look_up = look_up
        self._time = time
        self._rules = rules
        self._limits = limits
        self._owners = owners
        self._pacing = Pacing(pace, limits, time)
        self._blocked = False  # each pending submission is in flight already, in another message
        self._pending: deque[Task] = deque()
        self._in_flight: dict[Key, Task] = {}

    def run(self, jobs: Sequence[Job]) -> None:
        """Bring every task of every job to an end: done, for later, or in conflict."""
        tasks = [task for job in jobs for task in job.tasks]
        self._read([task for task in tasks if task.job.seen_before])
        self._pending.extend(task for task in tasks if task.end is None)
        while self._pending or self._in_flight:
            while self._has_room() and self._pacing.ready:
                self._advance()
            patience = self._pacing.patience() if self._has_room() else None
            if self._in_flight:
                self._record(self._calls.finished(BATCH, patience))
            elif patience:
                self._time.sleep(patience)

    def _read(self, tasks: Sequence[Task]) -> None:
        try:
            found = self._store.read(task.draft.key for task in tasks) if tasks else {}
        except StoreUnavailableError:
            for task in tasks:
                task.end = Later(self._time.now() + self._rules.first_delay)
            return
        for task in tasks:
            task.found = found.get(task.draft.key)

    def _has_room(self) -> bool:
        """Say whether there is something to claim, and few enough calls are in flight."""
        pending = len(self._pending)
        return pending > 0 and not self._blocked and self._pacing.has_room(len(self._in_flight), pending)

    def _advance(self) -> None:
        """Take the next step of a batch of pending tasks, and start the calls of those that were claimed.

        The opt-out list is read while the claims are written: one read a batch, and no round trip more.
        """
        batch, without = self._pacing.with_turns(self._next_batch())
        self._pending.extendleft(reversed(without))
        opted_out = self._begin_look_up([change for _, change in batch])
        claimed = [task for (task, change), answer in self._swapped(batch) if self._took(task, change, answer)]
        for task in claimed:
            self._in_flight[task.draft.key] = task
        try:
            listed = opted_out()
        except StoreUnavailableError as error:
            logger.error("opt-outs not read", extra={"error": str(error)})
            self._put_back(claimed)
            return
        refusals = {id(task): verdict for task in claimed if (verdict := _refusal(task, listed)) is not None}
        for unit in self._units(task for task in claimed if id(task) not in refusals):
            self._calls.start(unit)
        self._settle([(task, refusals[id(task)]) for task in claimed if id(task) in refusals])

    def _swapped(self, batch: Sequence[tuple[Task, Change]]) -> list[tuple[tuple[Task, Change], WriteResult]]:
        """Carry changes out; one without an answer is tried once more, for a claim that was written would lapse."""
        answers = self._store.swap([change for _, change in batch]) if batch else []
        told = list(zip(batch, answers, strict=True))
        without = [pair for pair, answer in told if isinstance(answer, Indeterminate)]
        if not without:
            return told
        self._wait(_CLAIM_AGAIN)
        answers = self._store.swap([change for _, change in without])
        return [one for one in told if one[0] not in without] + list(zip(without, answers, strict=True))

    def _begin_look_up(self, changes: Sequence[Change]) -> Callable[[], frozenset[str]]:
        claims = [change.after.recipient for change in changes if change.after.status is Status.SENDING]
        return self._look_up(claims) if claims else frozenset[str]

    def _next_batch(self) -> list[tuple[Task, Change]]:
        may_call, most = self._may_call(), min(BATCH, self._pacing.room(len(self._in_flight)))
        chosen: dict[Key, tuple[Task, Change]] = {}
        for _ in range(len(self._pending)):
            if len(chosen) == most:
                break
            task = self._pending.popleft()
            key = task.draft.key
            if key in chosen or key in self._in_flight:  # the same submission twice in one invocation: one at a time
                self._pending.append(task)
            elif (change := self._step(task, may_call=may_call)) is not None:
                chosen[key] = task, change
        self._blocked = not chosen
        return list(chosen.values())

    def _step(self, task: Task, *, may_call: bool) -> Change | None:
        """Give the write that a task needs now, or end it."""
        now = self._time.now()
        if task.job.conflict is not None:
            task.end = task.job.conflict
            return None
        lease = Lease(self._owners(), now + self._time.remaining() + LEASE_SECONDS)
        step = decide(task.draft, task.found, lease, self._rules, now=now)
        if not isinstance(step, Write):
            task.stop(step)
            return None
        if step.change.after.status is Status.SENDING and not may_call:
            task.end = Later(now + self._pause(task))
            return None
        return step.change

    def _may_call(self) -> bool:
        return self._pacing.time_left and self._breakers.open() is None

    def _wait(self, seconds: float) -> None:
        if seconds:
            self._time.sleep(seconds * (1 - self._time.jitter() / 4))

    def _pause(self, task: Task) -> float:
        """Say how long a message waits whose call may not go out: not at all if only time is short.

        A message that got no turn at all backs off: were it back at once, it might be received too often to be kept.
        """
        if self._breakers.open() is None and (task.job.begun or not self._pacing.short):
            return 0
        return self._rules.delay(task.job.message.receive_count, self._time.jitter())

    def _took(self, task: Task, change: Change, answer: WriteResult) -> bool:
        """Note what a swap brought; True where the task is now claimed for a call."""
        now = self._time.now()
        match answer:
            case Applied() if change.after.status is Status.SENDING:
                task.found = change.after
                return True
            case Applied():
                self._rest(task, change.after)
            case Conflict(current):
                task.found = current
                task.rounds += 1
                self._look_again(task, now)
            case _:
                task.end = Later(now + self._rules.first_delay)
        return False

    def _look_again(self, task: Task, now: float) -> None:
        if task.found is not None and task.found.content_hash != task.draft.content_hash:
            task.stop(RequestConflict())
        elif task.rounds < _ROUNDS:
            self._pending.append(task)
        else:
            task.end = Later(now + self._rules.first_delay)

    def _units(self, tasks: Iterable[Task]) -> Iterable[Unit]:
        for _, same in groupby(tasks, key=lambda task: (id(task.job), id(task.draft.encoded))):
            for some in batched(same, self._limits.recipients_per_call, strict=False):
                some[0].job.begun = True
                turns = [task.turn for task in some if task.turn is not None]
                yield Unit(tuple(task.draft for task in some), max(turns, default=None))

    def _record(self, finished: Sequence[Finished]) -> None:
        over = [(self._in_flight[draft.key], verdict) for one in finished for draft, verdict in one.pairs]
        self._trip([verdict for _, verdict in over if verdict is not None])
        self._settle(over)

    def _trip(self, verdicts: Sequence[Verdict]) -> None:
        for verdict in verdicts:
            if verdict.kind in BY_PROOF:
                self._breakers.trip(BY_PROOF[verdict.kind], verdict.reason)

    def _settle(self, over: Sequence[tuple[Task, Verdict | None]]) -> None:
        """Write what became of claimed tasks."""
        self._write([(task, Change(task.mine, self._next(task.mine, verdict))) for task, verdict in over])

    def _put_back(self, claimed: Sequence[Task]) -> None:
        """Let claimed tasks wait of which it cannot be known whether they may be sent."""
        now, wait = self._time.now(), self._rules.first_delay
        self._write([(task, Change(task.mine, submission.release(task.mine, now=now, wait=wait))) for task in claimed])

    def _write(self, over: Sequence[tuple[Task, Change]]) -> None:
        """Record the end of claimed tasks; what cannot be written is left to the end of its lease."""
        changes = list(over)
        for pause in _PAUSES:
            if not changes:
                break
            self._wait(pause)
            answers = self._store.swap([change for _, change in changes])
            pairs = [self._recorded(*pair, answer) for pair, answer in zip(changes, answers, strict=True)]
            changes = [pair for pair in pairs if pair is not None]
        for task, change in changes:
            logger.error("outcome not recorded", extra=described(change.after))
            task.end = Later(task.mine.lease_until or 0)
        for task, _ in over:
            del self._in_flight[task.draft.key]
            self._blocked = False

    def _rest(self, task: Task, written: Submission) -> None:
        task.rest(written)
        log_outcome(written, message_id=task.job.message.message_id)

    def _next(self, mine: Submission, verdict: Verdict | None) -> Submission:
        if verdict is None:
            return submission.release(mine, now=self._time.now())
        return submission.settle(mine, verdict, self._rules, now=self._time.now(), jitter=self._time.jitter())

    def _recorded(self, task: Task, change: Change, answer: WriteResult) -> tuple[Task, Change] | None:
        """Note what recording brought; give the write that is still to be tried."""
        match answer:
            case Applied():
                self._rest(task, change.after)
            case Conflict(None):
                task.end = Later(0)
            case Conflict(Submission() as current):
                if submission.settles(current, change.after):
                    return task, Change(current, change.after)
                task.rest(current)
            case _:
                return task, change
        return None


def _refusal(task: Task, opted_out: frozenset[str]) -> Verdict | None:
    """Say why no call is made for a claimed task; None where one is."""
    if task.job.conflict is not None:
        return Verdict(Kind.REFUSED, Reason.CONFLICT)
    return Verdict(Kind.REFUSED, Reason.OPTED_OUT) if task.draft.recipient in opted_out else None
