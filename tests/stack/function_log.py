"""What the functions of a stack logged, for tests that look for what must not be there."""

from collections.abc import Iterator
from contextlib import suppress

import boto3


def lines(session: boto3.Session, function_name: str) -> Iterator[str]:
    """Yield each line that one function wrote to its standard output or error, oldest first.

    A line arrives with the end of the invocation that wrote it. Lines of Lambda's own (START, END, REPORT) are among
    them. A function that was never invoked has none.
    """
    configuration = session.client("lambda").get_function_configuration(FunctionName=function_name)
    group = configuration.get("LoggingConfig", {}).get("LogGroup", f"/aws/lambda/{function_name}")
    yield from _of_group(session, group)


def all_lines(session: boto3.Session, stack_name: str) -> Iterator[str]:
    """Yield each line of every log group that is named after a stack."""
    for page in session.client("logs").get_paginator("describe_log_groups").paginate():
        for name in [group["logGroupName"] for group in page["logGroups"]]:
            if stack_name in name:
                yield from _of_group(session, name)


def _of_group(session: boto3.Session, group: str) -> Iterator[str]:
    logs = session.client("logs")
    with suppress(logs.exceptions.ResourceNotFoundException):
        for page in logs.get_paginator("filter_log_events").paginate(logGroupName=group):
            yield from (event["message"] for event in page["events"])
