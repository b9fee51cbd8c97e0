"""The way of every message: claim, call, record.

Each message takes it in a thread of its own, and waits for nobody's call but its own. Writes of messages that are under
way at the same time travel together, up to 25 to a call of the table (see `GroupCommit`).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future
from dataclasses import replace
from itertools import chain, repeat, zip_longest
from typing import Any

from realtime_sms.aws.forgotten import Forgotten
from realtime_sms.aws.group_commit import GroupCommit
from realtime_sms.aws.submissions import Applied, Conflict, Indeterminate, Submissions, WriteResult, is_throttled
from realtime_sms.aws.table import BATCH, StoreUnavailableError
from realtime_sms.aws.telemetry import described, log_outcome, logger
from realtime_sms.outcomes import submission
from realtime_sms.outcomes.decide import Change, Done, Hold, Later, decide
from realtime_sms.outcomes.submission import Rules, Submission
from realtime_sms.provider.verdict import Kind, Verdict
from realtime_sms.requests.prepare import Message
from realtime_sms.vocabulary import MessageType, OptOutScope, Reason
from send.admission import Admission, Clock, Permit
from send.call import Send
from send.known import end_forgotten, read_known
from send.messages import Job
from send.stops import Caps, Claim, counted, is_stopped, looked_at_again

LEASE_SECONDS = 5.0  # beyond the invocation's end, for clocks that disagree
_PATIENCE = 0.02  # seconds for which a write waits for others
_ROUNDS = 5  # times that a recipient is looked at again because somebody else changed its submission
_UNANSWERED = 0.1  # seconds after which a write of a claim that got no answer is tried once more
# Seconds before each next try of a write that was refused for now, as by a partition that takes no more within this
# second; the last is repeated. The SDK tries a call again, but not a single statement of it.
_PAUSES = (0.05, 0.1, 0.2, 0.4, 0.8, 1.6)
_LAST_WRITE = 1.0  # seconds before the end of the invocation after which no write is tried again

type HeldUntil = Callable[[Message, float], Hold | None]  # given a message and the epoch seconds
type Work = tuple[Job, Message]
type Write = tuple[Job, Change]


class Delivery:
    """Delivers the messages of one invocation, from many threads.

    `opted_out` starts to look numbers up, and returns a function that waits for the answer. `holds` say why and until
    when a message must not be sent yet; the first that does so counts. `caps` counts claimed submissions, where the
    deployment has caps. `forgotten` finds submissions that had ended before their number was forgotten.
    """

    def __init__(  # noqa: PLR0913 (the ports, by name)
        self,
        *,
        submissions: Submissions,
        opted_out: Callable[[Sequence[str]], Callable[[], Mapping[str, OptOutScope]]],
        call: Send,
        admission: Admission,
        clock: Clock,
        rules: Rules,
        new_owner: Callable[[], str],
        holds: Sequence[HeldUntil] = (),
        caps: Caps | None = None,
        forgotten: Forgotten | None = None,
        group: type[GroupCommit[Any, Any]] = GroupCommit,
    ) -> None:
        self._submissions = submissions
        self._opted_out = opted_out
        self._call = call
        self._admission = admission
        self._clock = clock
        self._rules = rules
        self._new_owner = new_owner
        self._holds = holds
        self._caps = caps
        self._forgotten = forgotten
        self._claims = group(self._write_claims, most=BATCH, patience=_PATIENCE)
        self._outcomes = group(self._write, most=BATCH, patience=_PATIENCE)

    def deliver(self, job: Job, message: Message) -> None:
        """Send a message to those of its recipients who are not done: claim, call, record."""
        claimed, permit = self._claim(job, message)
        if not claimed:
            return
        withheld = {mine.recipient: self._withheld(job, mine, claim) for mine, claim in claimed}
        ready = [mine for mine, _ in claimed if withheld[mine.recipient] is None]
        if self._caps is not None:
            ready = [replace(mine, counted=True) for mine in ready]
        job.called = job.called or bool(ready)
        verdicts = self._call(message, ready, permit) if ready else []
        sent = {mine.recipient: self._settled(mine, one) for mine, one in zip(ready, verdicts, strict=True)}
        self._record(job, [Change(mine, withheld[mine.recipient] or sent[mine.recipient]) for mine, _ in claimed])

    def deliver_all(self, jobs: Sequence[Job], pool: Executor, workers: int) -> None:
        """Deliver the messages of all jobs, up to `workers` at once; no two of one request at the same time."""
        if self._forgotten is not None:
            end_forgotten(jobs, self._forgotten, self._soon())
        # Of these a claim may fail, also because somebody cancelled them; and that may waste a slot of the rate limit.
        some = [
            job
            for job in jobs
            if job.queue_message.receive_count > 1
            or len(job.recipients) > 1
            or (job.messages[0].message_type is MessageType.PROMOTIONAL and self._admission.is_limited)
        ]
        if some:
            read_known(some, self._submissions, self._soon())
        by_request: dict[str, list[Job]] = {}
        for job in jobs:
            by_request.setdefault(job.request_id, []).append(job)
        for one_of_each in zip_longest(*by_request.values()):
            work = [(job, message) for job in one_of_each if job is not None for message in job.messages]
            left, threads = iter(work), min(workers, len(work))
            self._expect(threads)
            started: list[Future[None]] = []
            self._work(left, pool, threads - 1, started)
            for thread in started:  # each adds the next before it ends
                thread.result()

    def _work(self, left: Iterator[Work], pool: Executor, others: int, started: list[Future[None]]) -> None:
        """Deliver one message after the other, beside so many other threads that take from the same.

        Each thread starts the next. If one started all, they would contend for the interpreter before the first claim.
        None waits for the next: the pool may give that one no thread before another has ended.
        """
        if others:
            started.append(pool.submit(self._work, left, pool, others - 1, started))
        for job, message in left:
            try:
                self.deliver(job, message)
            except Exception as error:  # noqa: BLE001 (a fault of ours with one message; it stays, and the others go on)
                logger.error("delivery failed", extra={"requestId": job.request_id, "error": type(error).__name__})
                later = Later(self._clock.now() + self._back_off(job))
                job.ends = dict.fromkeys(message.recipients, later) | job.ends
        self._expect(-1)

    def _expect(self, more: int) -> None:
        """Expect so many more threads that deliver, or fewer if it is below zero."""
        for group in (self._claims, self._outcomes, self._admission.reservations):
            group.expect(more)

    # ---- claim

    def _claim(self, job: Job, message: Message) -> tuple[list[tuple[Submission, Claim]], Permit]:
        """Bring each recipient to where it is ours to call, or has ended; return those that are ours."""
        claimed: list[tuple[Submission, Claim]] = []
        permit = Permit()
        left = [one for one in message.recipients if one not in job.ends]
        for _ in range(_ROUNDS):
            changes = self._next_changes(job, message, left)
            claims = [change for change in changes if change.is_claim]
            asks = bool(claims) and permit.probe is None  # a probe that was given in an earlier round still holds
            admitted = self._admission.to_claim(message, len(claims)) if asks else permit
            if admitted is None:
                for change in claims:
                    job.end(change.after.recipient, Later(self._clock.now() + self._delay(job)))
                changes = [change for change in changes if not change.is_claim]
            permit, left = admitted or permit, []
            answers = self._claims.ask([(job, change) for change in changes])
            if [one for one in answers if isinstance(one.result, Indeterminate)]:
                answers = self._claim_again(job, changes, answers)
            for change, claim in zip(changes, answers, strict=True):
                if isinstance(result := claim.result, Conflict):
                    job.found[change.after.recipient] = result.current
                    left.append(change.after.recipient)
                elif not isinstance(result, Applied):
                    job.end(change.after.recipient, self._soon())
                elif change.is_claim:
                    claimed.append((change.after, claim))
                else:
                    self._end(job, change.after)
            if not left:
                break
        job.ends |= {one: self._soon() for one in left}
        return claimed, permit

    def _claim_again(self, job: Job, changes: Sequence[Change], answers: Sequence[Claim]) -> Sequence[Claim]:
        """Try claims again that the table refused for now, as long as a call can still follow; return all answers."""
        claims = list(answers)
        pauses = self._pauses(seconds_left=self._admission.seconds_before_a_call)
        while again := [place for place, one in enumerate(claims) if is_throttled(one.result)]:
            if next(pauses, None) is None:
                break
            asked = self._claims.ask([(job, changes[place]) for place in again])
            for place, claim in zip(again, asked, strict=True):
                claims[place] = claim
        return claims

    def _next_changes(self, job: Job, message: Message, recipients: Sequence[str]) -> list[Change]:
        """Return the writes that recipients need now; note the end of those that need none."""
        changes: list[Change] = []
        now = self._clock.now()
        lease_until = now + self._clock.remaining() + LEASE_SECONDS
        hold = next((known for held_until in self._holds if (known := held_until(message, now)) is not None), None)
        for one in recipients:
            owner, found = self._new_owner(), job.found.get(one)
            step = decide(message, one, found, self._rules, owner=owner, lease_until=lease_until, now=now, hold=hold)
            if not isinstance(step, Change):
                job.end(one, step)
            elif not job.conflict:
                changes.append(step)
        return changes

    def _write_claims(self, writes: Sequence[Write]) -> list[Claim]:
        """Write the claims of many messages, and look their numbers up in the opt-out list meanwhile.

        A change that got no answer is tried once more: a claim that was written without our knowledge would lapse. One
        that was refused for now is the caller's to try again, so that it holds up no other.
        """
        numbers = [change.after.recipient for _, change in writes if change.is_claim]
        listed = self._opted_out(numbers) if numbers else dict
        results = self._write(writes)
        unanswered = [isinstance(one, Indeterminate) and not is_throttled(one) for one in results]
        if again := [place for place, one in enumerate(unanswered) if one]:
            self._clock.sleep(_UNANSWERED)
            for place, result in zip(again, self._write([writes[place] for place in again]), strict=True):
                results[place] = result
        try:
            opted_out = listed()
        except StoreUnavailableError as error:
            logger.error("opt-outs not read", extra={"error": str(error)})
            return [Claim(result, None) for result in results]
        pairs = zip(writes, results, strict=True)
        claims = [
            Claim(result, is_stopped(change.after, opted_out) if opted_out else False) for (_, change), result in pairs
        ]
        changes = [change for _, change in writes]
        if self._forgotten is not None:
            claims = looked_at_again(changes, claims, self._forgotten)
        return claims if self._caps is None else counted(changes, claims, self._caps)

    def _delay(self, job: Job) -> float:
        """Return how long a message waits that was not admitted: not at all if only time is short.

        If slots are short or a breaker is open, a message backs off: SQS moves it to the dead-letter queue after 1,000
        receives.
        """
        if self._admission.only_time_is_short(called=job.called):
            return 0
        return self._back_off(job)

    def _back_off(self, job: Job) -> float:
        return self._rules.delay(job.queue_message.receive_count, self._clock.jitter())

    def _soon(self) -> Later:
        """Return the end of what is tried again after the first delay, as when the table gave no answer."""
        return Later(self._clock.now() + self._rules.first_delay)

    # ---- call

    def _withheld(self, job: Job, mine: Submission, claim: Claim) -> Submission | None:
        """Return what becomes of a claimed submission that must not be called; None if it may."""
        if job.conflict:
            return self._settled(mine, Verdict(Kind.REFUSED, Reason.CONFLICT))
        if claim.opted_out is None:
            return submission.release(mine, now=self._clock.now(), wait=self._rules.first_delay)
        stop = Reason.OPTED_OUT if claim.opted_out else claim.stop
        if isinstance(stop, Hold):
            now = self._clock.now()
            return submission.release(mine, stop.reason, now=now, wait=stop.until - now)
        return self._settled(mine, Verdict(Kind.REFUSED, stop)) if stop else None

    def _settled(self, mine: Submission, verdict: Verdict) -> Submission:
        return submission.settle(mine, verdict, self._rules, now=self._clock.now(), jitter=self._clock.jitter())

    # ---- record

    def _record(self, job: Job, changes: Sequence[Change]) -> None:
        """Record the outcomes of claimed submissions; what cannot be written is left to the end of its lease.

        Some tries are made however late it is: what is known may still settle a submission that was given up meanwhile.
        """
        left = list(changes)
        pauses = self._pauses(seconds_left=lambda: self._clock.remaining() - _LAST_WRITE, least=len(_PAUSES))
        while True:
            pairs = zip(left, self._outcomes.ask([(job, change) for change in left]), strict=True)
            left = [again for change, result in pairs if (again := self._recorded(job, change, result)) is not None]
            if not left:
                return
            if next(pauses, None) is None:
                break
        for change in left:
            logger.error("outcome not recorded", extra=described(change.after))
            lease_until = change.before.lease_until if change.before else None
            job.end(change.after.recipient, Later(lease_until or 0))

    def _pauses(self, *, seconds_left: Callable[[], float], least: int = 0) -> Iterator[float]:
        """Sleep before each next try, and yield how long; end when less is left than the next pause takes.

        The first pauses, `least` of them, are made in any case.
        """
        for number, pause in enumerate(chain(_PAUSES, repeat(_PAUSES[-1]))):
            seconds = pause * (1 - self._clock.jitter() / 4)
            if number >= least and seconds_left() < seconds:
                return
            self._clock.sleep(seconds)
            yield seconds

    def _recorded(self, job: Job, change: Change, result: WriteResult) -> Change | None:
        """Note what recording came to; return the write that is still to be tried."""
        if isinstance(result, Applied):
            self._end(job, change.after)
            return None
        if not isinstance(result, Conflict):
            return change
        current = result.current
        if not isinstance(current, Submission):
            job.end(change.after.recipient, Later(0))
        elif submission.settles(current, change.after):
            return Change(current, change.after)
        else:
            self._end(job, current)
        return None

    def _end(self, job: Job, held: Submission) -> None:
        """End a recipient with what the table holds: done if that is final, else for when it is due."""
        job.end(held.recipient, Done() if held.final else Later(held.due_at or held.lease_until or 0))

    def _write(self, writes: Sequence[Write]) -> list[WriteResult]:
        """Carry out the changes of many messages; log and count the outcomes among them that were written."""
        results = self._submissions.apply([change for _, change in writes])
        for (job, change), result in zip(writes, results, strict=True):
            if isinstance(result, Applied) and not change.is_claim:
                log_outcome(change.after, message_id=job.queue_message.message_id)
        return results
