"""`rtsms redrive`: send dead letters back to their queue, each under its own request id: nothing is sent twice.

SQS's own redrive gives each message a new id. A request without an id would get a new identity from it.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass

import click

from realtime_sms.aws.queues import DeadLetter, DeadLetters, Producer, with_request_id
from realtime_sms.aws.submissions import Applied, Indeterminate, Submissions
from realtime_sms.aws.table import StoreUnavailableError
from realtime_sms.outcomes import submission
from realtime_sms.outcomes.decide import Change
from realtime_sms.requests.envelope import IdentifiedRequest, open_envelope
from realtime_sms.requests.errors import InvalidInputError
from realtime_sms.requests.model import SendRequest
from realtime_sms.requests.prepare import Defaults, prepare
from realtime_sms.vocabulary import MessageType, Reason
from rtsms.errors import Exit
from rtsms.options import json_option, stack_options
from rtsms.output import Output, plural
from rtsms.republish import MissingOutcomeError, Republication, known
from rtsms.stack import Stack

REASONS = (Reason.UNREADABLE, Reason.INVALID_REQUEST, Reason.CONFLICT, Reason.DEAD_LETTERED)
_NEVER_READ = frozenset({Reason.UNREADABLE, Reason.INVALID_REQUEST})  # so nothing of such a letter was ever sent
_HIDDEN_SECONDS = 120  # so that a letter that stays is not received again in the same run
_BATCHES = 1000  # of ten letters
_WAIT_SECONDS = 1  # asks all of SQS's servers: "0 letters" must be true


@click.command("redrive")
@click.option(
    "--reason",
    required=True,
    type=click.Choice([one.value for one in REASONS]),
    help="Send back the letters with this reason.",
)
@json_option
@stack_options
def command(stack: Stack, out: Output, reason: str) -> int:
    """Send the dead letters with one reason back to the queue.

    Each keeps its request id, so nothing is sent twice. One with a missing outcome stays, and makes the exit code 1.
    """
    dead_letters = DeadLetters(stack.session.client("sqs"), stack.outputs["DeadLetterQueueUrl"])
    redrive = Redrive(stack.producer(), dead_letters, stack.submissions(), stack.defaults)
    count = stay = 0
    for letter in redrive.run(reason, now=time.time()):
        document = {"requestId": letter.request_id, "reason": reason, "reopened": letter.reopened}
        if letter.refused:
            stay += 1
            out.result(document | {"refused": letter.refused}, f"{letter.request_id}  stays: {letter.refused}")
        else:
            count += 1
            out.result(document, f"{letter.request_id}  sent back  reopened {letter.reopened}")
    sent_back = f"{plural(count, 'letter')} with reason {reason} sent back"
    out.result(
        {"sentBack": count, "reason": reason} | ({"refused": stay} if stay else {}),
        f"{sent_back}; {stay} refused: they might be sent twice" if stay else sent_back,
    )
    return Exit.FAILED if stay else Exit.DONE


@dataclass(frozen=True, slots=True)
class Redriven:
    """A letter that was sent back, and how many of its recipients were reopened; or why it was refused."""

    request_id: str
    reopened: int = 0
    refused: str = ""


@dataclass(frozen=True, slots=True)
class Redrive:
    """Sends dead letters back, each to the queue of its message type."""

    producer: Producer
    dead_letters: DeadLetters
    submissions: Submissions
    defaults: Defaults

    def run(self, reason: str, *, now: float) -> Iterator[Redriven]:
        """Send back every letter with this reason that is older than `now` (epoch seconds).

        A letter that is rejected again comes back as a new letter, which a later run may send.
        If the table does not answer, raise a `StoreUnavailableError`; the letter stays.
        """
        for letter in self.dead_letters.receive(batches=_BATCHES, hidden=_HIDDEN_SECONDS, wait=_WAIT_SECONDS):
            if letter.reason == reason and letter.sent_at < now:
                yield self._send_back(letter, now)

    def _send_back(self, letter: DeadLetter, now: float) -> Redriven:
        """Send before removing: a crash in between leaves two copies, which the request id makes harmless."""
        try:
            request = open_envelope(letter.body, letter.message_id).request
        except InvalidInputError:
            request = None
        try:
            reopened = self._reopen(letter, request, now) if request else 0  # else only the note that says why
        except MissingOutcomeError as error:
            return Redriven(letter.request_id, refused=str(error))
        message_type = request.message_type if request else MessageType.TRANSACTIONAL
        campaign = request.campaign if request else None
        self.producer.publish(with_request_id(letter.body, letter.request_id), message_type, campaign)
        self.dead_letters.remove(letter)
        return Redriven(letter.request_id, reopened)

    def _reopen(self, letter: DeadLetter, request: SendRequest, now: float) -> int:
        """Reopen the recipients that ended as dead letters, which means that they were never sent.

        If one cannot be reopened, the letter stays: the sender would take that recipient for done. All outcomes of the
        request are kept for longer: without them the sender would not know what was sent.

        Raises:
            MissingOutcomeError: a recipient has none, and may have been sent to.

        """
        prepared = prepare(IdentifiedRequest(letter.request_id, request), self.defaults)
        again = Republication(self.submissions, prepared, now)
        if letter.reason in _NEVER_READ:  # by the version that rejected it
            self.submissions.prolong(again.keys, now)
            return 0
        found = again.outcomes()
        again.prolong()
        dead = [one for one in known(found) if one.dead_lettered]
        results = self.submissions.apply([Change(one, submission.reopen(one, now=now)) for one in dead])
        if indeterminate := [result for result in results if isinstance(result, Indeterminate)]:
            raise StoreUnavailableError(indeterminate[0].code)
        return sum(isinstance(result, Applied) for result in results)
