"""`rtsms redrive`."""

import time

import click

from realtime_sms.aws.dead_letters import DeadLetters
from rtsms.commands.options import on_stack, tells
from rtsms.output import Output
from rtsms.redrive import REASONS, Redrive
from rtsms.stack import Stack
from rtsms.wording import counted


@click.command("redrive")
@click.option("--reason", required=True, type=click.Choice([reason.value for reason in REASONS]), help="Which letters.")
@tells
@on_stack
def command(stack: Stack, out: Output, reason: str) -> None:
    """Send dead letters back to the queue, by reason.

    Each goes under the request id that it had, so nothing is sent twice.
    """
    sqs = stack.session.client("sqs")
    redrive = Redrive(
        client=sqs,
        queue_url=stack.outputs["SendQueueUrl"],
        letters=DeadLetters(sqs, stack.outputs["DeadLetterQueueUrl"]),
        submissions=stack.submissions(),
        defaults=stack.defaults,
    )
    count = 0
    for letter in redrive.run(reason, now=time.time()):
        count += 1
        out.tell(
            {"requestId": letter.request_id, "reason": reason, "reopened": letter.reopened},
            f"{letter.request_id}  sent back  reopened {letter.reopened}",
        )
    out.tell({"sentBack": count, "reason": reason}, f"{counted(count, 'letter')} with reason {reason} sent back")
