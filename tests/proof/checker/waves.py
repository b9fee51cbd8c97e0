"""One wave over made-up ports: nobody has opted out, and no breaker is open or opens."""

import json
from collections.abc import Callable, Sequence

from realtime_sms.aws.breakers import Breaker
from realtime_sms.aws.queue import QueueMessage
from realtime_sms.outcomes.submission import Rules
from realtime_sms.provider.verdict import Kind, Verdict
from realtime_sms.requests.prepare import Defaults
from realtime_sms.vocabulary import Reason
from send.intake import take_in
from send.limits import Limits
from send.ports import Calls, Store, Time
from send.task import Job
from send.wave import Wave

ACCEPTED = Verdict(Kind.ACCEPTED, Reason.ACCEPTED, 200, submission_id="1")


class _Closed:
    def open(self) -> None:
        return None

    def trip(self, breaker: Breaker, reason: Reason) -> None:
        raise AssertionError((breaker, reason))


def _nobody(_numbers: Sequence[str]) -> Callable[[], frozenset[str]]:
    return frozenset


def job_of(request_id: str, recipients: int) -> Job:
    """Give the job of a message to so many recipients."""
    body = {
        "requestId": request_id,
        "recipients": [f"+569{number:08}" for number in range(recipients)],
        "sender": "96000",
        "message": {"text": "hello"},
    }
    job = take_in(QueueMessage(request_id, "handle", json.dumps(body), 1), Defaults())
    assert isinstance(job, Job)
    return job


def wave_of(store: Store, calls: Calls, time: Time, in_flight: int) -> Wave:
    """Give a wave with up to so many calls in flight, of one recipient each."""
    return Wave(
        store=store,
        calls=calls,
        breakers=_Closed(),
        look_up=_nobody,
        time=time,
        rules=Rules(),
        limits=Limits(in_flight, 1, 10),
        owners=lambda: "owner",
    )
