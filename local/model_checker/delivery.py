"""The send function's sequence for one batch, and the sweeper's run, on the shell's own code over simulated clients."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, partial
from itertools import count
from typing import Any

from local.model_checker.clients import AwsClients, RealTimeClient, TwoTokens
from local.model_checker.invocation import Invocation, Program
from local.model_checker.scenario import DEFAULTS, Scenario
from maintenance.sweep import sweep
from realtime_sms.aws.breakers import Breakers
from realtime_sms.aws.opt_outs import OptOuts
from realtime_sms.aws.queue import QueueMessage, SendQueue
from realtime_sms.aws.submissions import StoreUnavailableError, Submissions
from realtime_sms.requests.prepare import Draft
from send.acknowledge import acknowledge
from send.intake import Rejected, take_in
from send.submitter import Submitter
from send.task import Job
from send.turn import Turns
from send.wave import Wave

TABLE = "outcomes"


@dataclass(frozen=True, slots=True)
class Begin:
    """How an invocation starts: its number among those under way, its messages (none: the sweeper), and when."""

    number: int
    batch: tuple[QueueMessage, ...]
    now: float
    ends: float


def program(scenario: Scenario, begin: Begin) -> Program:
    """Give what an invocation does."""
    if not begin.batch:
        return partial(_sweep, scenario)
    return partial(_send, scenario, begin)


def _sweep(scenario: Scenario, run: Invocation) -> tuple[str, ...]:
    client: Any = AwsClients(run)
    with suppress(StoreUnavailableError):  # the watch function fails then, and runs again in a minute
        sweep(Submissions(client, TABLE, ttl_days=45), scenario.rules, run.now())
    return ()


def _send(scenario: Scenario, begin: Begin, run: Invocation) -> tuple[str, ...]:
    client: Any = AwsClients(run)
    submissions = Submissions(client, TABLE, ttl_days=45)
    taken = [_taken(message) for message in begin.batch]
    jobs = [one for one in taken if isinstance(one, Job)]
    rejected = [one for one in taken if isinstance(one, Rejected)]
    turns = Turns(scenario.limits, run)
    submitter = Submitter(RealTimeClient(run).exchange, TwoTokens(run), may_start=turns.may_start)
    run.submit = submitter.submit
    claims = count(1)
    opt_outs = OptOuts(client, TABLE)
    Wave(
        store=submissions,
        calls=run,
        breakers=Breakers(client, TABLE, now=run.now),
        look_up=lambda numbers: partial(opt_outs.find, numbers),  # beside the claims, so after them is as good
        time=run,
        rules=scenario.rules,
        limits=scenario.limits,
        owners=lambda: f"{begin.number}.{next(claims)}",
    ).run(jobs)
    queue = SendQueue(client, "queue", "dead letters")
    return tuple(acknowledge(jobs, rejected, queue=queue, notes=submissions, time=run))


def _taken(message: QueueMessage) -> Job | Rejected:
    """Take a message in; what is composed of a body depends on nothing else, and is remembered for speed."""
    prepared = _composed(message.body)
    if isinstance(prepared, Rejected):
        return prepared
    request_id, drafts = prepared
    job = Job(message, request_id)
    for draft in drafts:
        job.add(draft)
    return job


@cache
def _composed(body: str) -> Rejected | tuple[str, Sequence[Draft]]:
    taken = take_in(QueueMessage("0", "0", body, 1), DEFAULTS)
    return taken if isinstance(taken, Rejected) else (taken.request_id, [task.draft for task in taken.tasks])


def drafts_of(body: str) -> Sequence[Draft]:
    """Give what a readable message asks for."""
    prepared = _composed(body)
    return [] if isinstance(prepared, Rejected) else prepared[1]
