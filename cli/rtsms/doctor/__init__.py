"""Looking a deployment over: each check asks one thing, and one that cannot ask does not stop the others."""

from collections.abc import Callable, Iterable, Iterator

from botocore.exceptions import BotoCoreError, ClientError

from realtime_sms.aws.submissions import StoreUnavailableError
from rtsms.aws_fault import cause_of, explained
from rtsms.doctor import account, queues, running
from rtsms.doctor.finding import Finding, doubt
from rtsms.fault import Fault
from rtsms.stack import Stack

type Check = Callable[[Stack], Iterable[Finding]]

CHECKS: tuple[tuple[str, Check], ...] = (
    ("stack", running.stack_status),
    ("table", running.table),
    ("token", account.token),
    ("credentials", account.credentials),
    ("RealTime", account.provider),
    ("breakers", running.breakers),
    ("sending", running.event_source),
    ("send queue", queues.send_queue),
    ("dead letters", queues.dead_letters),
    ("alarms", running.alarms),
)


def examine(stack: Stack) -> Iterator[Finding]:
    """Look at everything, in the order in which one thing depends on another."""
    for name, check in CHECKS:
        try:
            yield from check(stack)
        except (ClientError, BotoCoreError, StoreUnavailableError) as error:
            cause = cause_of(error)
            fault = explained(cause) if cause else None
            said = f"could not be looked at: {fault.message}" if fault else "could not be looked at"
            yield doubt(name, said, fault.to_do if fault else "try again")
        except Fault as fault:
            yield doubt(name, f"could not be looked at: {fault.message}", fault.to_do)
