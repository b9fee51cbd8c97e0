"""From a queue message to a job, or to the reason why it can never be one."""

from dataclasses import dataclass

from realtime_sms.aws.queue import QueueMessage
from realtime_sms.requests.envelope import identity, open_envelope
from realtime_sms.requests.errors import InvalidInputError
from realtime_sms.requests.prepare import Defaults, prepare
from realtime_sms.vocabulary import Reason
from send.task import Job


@dataclass(frozen=True, slots=True)
class Rejected:
    """A message that no later delivery can make right."""

    message: QueueMessage
    request_id: str
    reason: Reason
    detail: str


def take_in(message: QueueMessage, defaults: Defaults) -> Job | Rejected:
    """Open a message, read its request, and encode its text for each recipient."""
    try:
        prepared = prepare(open_envelope(message.body, message.message_id), defaults)
    except InvalidInputError as error:
        return Rejected(message, identity(message.body, message.message_id), error.reason, str(error))
    job = Job(message, prepared.opened.request_id)
    for draft in prepared.drafts:
        job.add(draft)
    return job
