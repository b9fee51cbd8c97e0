"""`rtsms`: the commands for people who operate a deployment."""

import time

import click

from realtime_sms.compose import Defaults
from realtime_sms.fate import Reason
from rtsms.redrive import Redrive
from rtsms.stack import Stack
from shell.ledger import Ledger
from shell.letters import DeadLetters


@click.group()
def cli() -> None:
    """Operate a deployment of the RealTime SMS sender."""


@cli.command()
@click.option("--stack", required=True, help="Name of the CloudFormation stack.")
@click.option("--reason", required=True, type=click.Choice([reason.value for reason in Reason]), help="Which letters.")
def redrive(stack: str, reason: str) -> None:
    """Send dead letters back to the queue, each under the request id that it had."""
    deployed = Stack.find(stack)
    count = 0
    for letter in _redrive(deployed).run(reason, now=time.time()):
        count += 1
        click.echo(f"{letter.request_id}  sent back  reopened {letter.reopened}")
    click.echo(f"{count} letters with reason {reason} sent back")


def _redrive(deployed: Stack) -> Redrive:
    outputs, parameters = deployed.outputs, deployed.parameters
    prefixes = tuple(prefix for prefix in parameters["PlainTextPrefixes"].split(",") if prefix)
    sqs = deployed.session.client("sqs")
    dynamodb = deployed.session.client("dynamodb")
    return Redrive(
        client=sqs,
        queue_url=outputs["SendQueueUrl"],
        letters=DeadLetters(sqs, outputs["DeadLetterQueueUrl"]),
        ledger=Ledger(dynamodb, outputs["OutcomesTableName"], ttl_days=int(parameters["OutcomeTtlDays"])),
        defaults=Defaults(parameters["DefaultRegion"], parameters["DefaultSender"], prefixes),
    )


if __name__ == "__main__":
    cli()
