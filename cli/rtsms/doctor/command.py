"""`rtsms doctor`: check a deployment, and say what to do about each problem."""

from collections import Counter
from collections.abc import Iterator

import click

from rtsms.doctor.checks import CHECKS
from rtsms.doctor.findings import Finding, Level, doubt
from rtsms.errors import AWS_ERRORS, CommandError, Exit, aws_error
from rtsms.options import json_option, stack_options
from rtsms.output import Output
from rtsms.stack import Stack


@click.command("doctor")
@json_option
@stack_options
def command(stack: Stack, out: Output) -> int:
    """Check a deployment, and say what to do about each problem.

    RealTime is asked for the balance; nothing is sent. The exit code is 1 if something is bad.
    """
    levels: Counter[Level] = Counter()
    for finding in _examine(stack):
        levels[finding.level] += 1
        out.result(finding.document, *finding.lines)
    counts = {level.value: levels[level] for level in Level}
    out.result({"summary": counts}, "", ", ".join(f"{count} {level}" for level, count in counts.items()))
    return Exit.FAILED if levels[Level.BAD] else Exit.DONE


def _examine(stack: Stack) -> Iterator[Finding]:
    """Make all checks; one that cannot be made does not stop the others."""
    for name, check in CHECKS:
        try:
            yield from check(stack)
        except (*AWS_ERRORS, CommandError) as error:
            failure = error if isinstance(error, CommandError) else aws_error(error)
            yield doubt(name, f"could not be checked: {failure.message}", failure.to_do)
