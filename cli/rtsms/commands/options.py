"""Options that many commands have, each written once."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Protocol

import boto3
import click

from rtsms.output import Output
from rtsms.stack import Stack

type Value = Any  # of an option, as click read it
type Command = Callable[..., int | None]


class Find(Protocol):
    """Finds a deployed stack; a test hands its own in as the context's object."""

    def __call__(self, name: str, *, region: str | None, profile: str | None) -> Stack:
        """Give the stack of this name."""


def find_stack(name: str, *, region: str | None, profile: str | None) -> Stack:
    """Find a stack through the person's own credentials."""
    return Stack.find(name, boto3.Session(region_name=region, profile_name=profile))


def on_stack(command: Command) -> Command:
    """Give a command the options that name a deployment, and hand it the stack."""

    @click.option(
        "--stack",
        envvar="RTSMS_STACK",
        default="realtime-sms",
        show_default=True,
        show_envvar=True,
        help="Name of the CloudFormation stack.",
    )
    @click.option("--region", envvar="AWS_REGION", show_envvar=True, help="AWS region; else the profile's.")
    @click.option("--profile", help="Profile of the AWS configuration.")
    @wraps(command)
    def found(*, stack: str, region: str | None, profile: str | None, **others: Value) -> int | None:
        find: Find = click.get_current_context().obj or find_stack
        return command(stack=find(stack, region=region, profile=profile), **others)

    return found


def tells(command: Command) -> Command:
    """Give a command `--json`, and hand it where its answer goes."""

    @click.option("--json", "as_json", is_flag=True, help="Answer in JSON, for machines.")
    @wraps(command)
    def told(*, as_json: bool, **others: Value) -> int | None:
        return command(out=Output(as_json=as_json), **others)

    return told
