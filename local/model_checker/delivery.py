"""What an invocation of the send or the maintenance function does: production code over simulated clients."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import cache, partial
from itertools import count
from typing import Any, NamedTuple

from local.model_checker.clients import AwsClients, RealTimeClient, TwoTokens
from local.model_checker.invocation import Callers, GroupCommit, Invocation, Program, Semaphore, reported
from local.model_checker.scenario import CALL_SECONDS, DEFAULTS, Scenario
from maintenance.changes import apply_all
from maintenance.sweep import sweep
from realtime_sms.aws.breakers import Breakers
from realtime_sms.aws.cancel import cancel_all, of_messages
from realtime_sms.aws.opt_outs import OptOuts
from realtime_sms.aws.queues import DeadLetter, DeadLetters, Producer, QueueMessage, QueueUnavailableError, SendQueue
from realtime_sms.aws.schedules import Route, Schedules
from realtime_sms.aws.submissions import Submissions
from realtime_sms.aws.table import StoreUnavailableError, Table
from realtime_sms.outcomes.decide import Unreadable, end_dead_letter
from realtime_sms.outcomes.submission import Submission
from realtime_sms.provider.verdict import Verdict
from realtime_sms.requests.prepare import Message
from realtime_sms.vocabulary import MessageType, Reason
from rtsms.redrive import Redrive
from send.admission import Admission, Permit
from send.call import Caller, in_threads
from send.deliver import Delivery
from send.lanes import move
from send.messages import Job, Rejected, acknowledge, read_record
from send.scheduling import Scheduling, until_its_time

TABLE = "outcomes"
_CLAIM_AHEAD = 1  # workers beyond the calls in flight


class Begin(NamedTuple):
    """How an invocation starts: its number among those under way, its messages, and when.

    With no messages it is the sweeper's, or the canceller's. The redriver's has one, which is a dead letter.
    """

    number: int
    batch: tuple[QueueMessage, ...]
    now: float
    ends: float
    cancels: bool = False
    redrives: bool = False


def program(scenario: Scenario, begin: Begin) -> Program:
    """Return what an invocation does."""
    if begin.cancels:
        return partial(_cancel, scenario, begin)
    if begin.redrives:
        return partial(_redrive, scenario, begin)
    return partial(_send, scenario, begin) if begin.batch else partial(_sweep, scenario)


def _sweep(scenario: Scenario, run: Invocation) -> tuple[str, ...]:
    client: Any = AwsClients(run)
    with suppress(StoreUnavailableError):  # the maintenance function fails then, and runs again in a minute
        sweep(Submissions(_table(client, run)), scenario.rules, run.now())
    return ()


def _cancel(scenario: Scenario, begin: Begin, run: Invocation) -> tuple[str, ...]:
    """Cancel every recipient; return each with its answer, or nothing if the table did not answer."""
    client: Any = AwsClients(run)
    messages = [message for sent in scenario.sent for message in messages_of(sent.body(None))]
    wanted = of_messages(messages, owner=f"{begin.number}.1", now=begin.now)
    try:
        answers = cancel_all(Submissions(_table(client, run)), wanted, now=run.now, sleep=run.sleep)
    except StoreUnavailableError:
        return ()
    return tuple(f"{recipient} {one.answer}" for (_, recipient), one in answers.items())


def _redrive(scenario: Scenario, begin: Begin, run: Invocation) -> tuple[str, ...]:
    """Record a dead letter as the maintenance function does, then send it back; return it if it stays."""
    client: Any = AwsClients(run)
    submissions, [message] = Submissions(_table(client, run)), begin.batch
    letters: Any = _OneLetter(message, run)
    redrive = Redrive(Producer(client, {MessageType.TRANSACTIONAL: "queue"}), letters, submissions, DEFAULTS)
    with suppress(StoreUnavailableError, QueueUnavailableError):  # either function fails then, and runs again
        if _record(messages_of(message.body), submissions, scenario, begin, run):
            list(redrive.run(Reason.DEAD_LETTERED, now=run.now()))
    return () if letters.removed else (message.message_id,)


def _record(
    messages: Sequence[Message], submissions: Submissions, scenario: Scenario, begin: Begin, run: Invocation
) -> bool:
    """End what a dead letter leaves behind; return True if nothing is left to end."""
    pairs = [(message, one) for message in messages for one in message.recipients]
    found = submissions.read((message.request_id, one) for message, one in pairs)
    ends = [
        end_dead_letter(message, one, held, scenario.rules, owner=f"{begin.number}.1", now=run.now())
        for message, one in pairs
        for held in [found.get((message.request_id, one))]
    ]
    changes = [change for change in ends if change is not None]
    after = {**found} | {(one.after.request_id, one.after.recipient): one.after for one in changes}
    return apply_all(changes, submissions) == len(changes) and all(_is_final(one) for one in after.values())


def _is_final(held: Submission | Unreadable) -> bool:
    return isinstance(held, Submission) and held.final


class _OneLetter:
    """The dead-letter queue, with one letter whose reason is recorded."""

    def __init__(self, message: QueueMessage, run: Invocation) -> None:
        sent_at = run.now() - 1
        self._letter = DeadLetter(
            message.message_id, "", message.body, Reason.DEAD_LETTERED, request_id="r", sent_at=sent_at
        )
        self.removed = False

    def receive(self, **_: int) -> Iterator[DeadLetter]:
        """Yield the letter."""
        yield self._letter

    def remove(self, _letter: DeadLetter) -> None:
        """Note that the letter was removed."""
        self.removed = True


def _table(client: Any, run: Invocation) -> Table:  # noqa: ANN401 (the simulated clients)
    return Table(client, TABLE, ttl_days=45, sleep=run.sleep)


def _send(scenario: Scenario, begin: Begin, run: Invocation) -> tuple[str, ...]:
    client: Any = AwsClients(run)
    here: Any = run  # the clock and the pool
    table = _table(client, run)
    submissions, opt_outs, breakers = Submissions(table), OptOuts(table), Breakers(table, now=run.now)
    taken = [_read(message, scenario.recipients_per_call) for message in begin.batch]
    jobs = [one for one in taken if isinstance(one, Job)]
    promotional = [one for one in jobs if one.messages[0].message_type is MessageType.PROMOTIONAL]
    moving = [one for one in promotional if not _is_moved(scenario, one)]
    if later := [one for one in jobs if one.messages[0].send_at is not None and one not in moving]:
        scheduling = Scheduling(
            Schedules(client, "group"), "queue", Route("role", "dead"), rules=scenario.rules, clock=here
        )
        taken = scheduling.schedule(taken, later)
        jobs = [one for one in taken if isinstance(one, Job)]
    admission = Admission(breakers, here, call_seconds=CALL_SECONDS)
    claims = count(1)
    post: Any = RealTimeClient(run, run.now).perform
    caller = _Caller(post, TwoTokens(run), admission, breakers, token_test=Semaphore(1))
    callers: Any = Callers(scenario.calls_in_flight)
    delivery = _Delivery(
        submissions=submissions,
        opted_out=lambda numbers: partial(opt_outs.find, numbers),  # beside the claims, so after them is as good
        call=in_threads(caller.call, callers),
        admission=admission,
        clock=here,
        rules=scenario.rules,
        new_owner=lambda: f"{begin.number}.{next(claims)}",
        holds=[until_its_time] if later else [],
        group=GroupCommit,
    )
    breakers.open()
    delivery.deliver_all([one for one in jobs if one not in moving], here, scenario.calls_in_flight + _CLAIM_AHEAD)
    if moving:
        move(moving, Producer(client, {MessageType.PROMOTIONAL: "promotional"}), scenario.rules, here)
    if admission.shut:
        admission.wait_while_shut()
    return tuple(acknowledge(taken, SendQueue(client, "queue"), DeadLetters(client, "dead"), submissions, here))


def _is_moved(scenario: Scenario, job: Job) -> bool:
    return scenario.is_moved(int(job.queue_message.message_id))


class _Delivery(Delivery):
    """Shows the explorer what production code would log and leave to the next delivery."""

    def deliver(self, job: Job, message: Message) -> None:
        with reported():
            super().deliver(job, message)


class _Caller(Caller):
    """Likewise."""

    def _with_token(self, message: Message, ready: Sequence[Submission], permit: Permit) -> list[Verdict]:
        with reported():
            return super()._with_token(message, ready, permit)


def _read(queue_message: QueueMessage, recipients_per_call: int) -> Job | Rejected:
    """Read a message; what its body asks for depends on nothing else but its id, and is remembered for speed."""
    known = _known(queue_message.body, recipients_per_call, queue_message.message_id)
    if isinstance(known, Rejected):
        return replace(known, queue_message=queue_message)
    return Job(queue_message, known.request_id, known.messages, known.recipients)


@cache
def _known(body: str, recipients_per_call: int, message_id: str) -> Job | Rejected:
    return read_record({"messageId": message_id, "receiptHandle": "0", "body": body}, DEFAULTS, recipients_per_call)


def messages_of(body: str, recipients_per_call: int = 1) -> Sequence[Message]:
    """Return the messages that a readable body asks for."""
    known = _known(body, recipients_per_call, "0")
    return [] if isinstance(known, Rejected) else known.messages
