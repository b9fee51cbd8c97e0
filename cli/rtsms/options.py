"""Options and arguments that several commands share."""

from collections.abc import Callable
from functools import cache, partial, reduce, wraps
from typing import Any

import boto3
import click
import phonenumbers

from realtime_sms.requests import recipients
from realtime_sms.requests.errors import Problem
from realtime_sms.requests.written_number import Refused
from rtsms.bad_arguments import OurType
from rtsms.errors import invalid_input
from rtsms.output import Output
from rtsms.stack import DEFAULT_STACK, Stack

type Value = Any  # of an option, as click parsed it
type Command = Callable[..., int | None]


class _Region(OurType):
    name = "region"
    expected = "must be the two capitals of a country, such as CL (ISO 3166)"

    def convert(self, value: Value, param: click.Parameter | None, ctx: click.Context | None) -> str:
        region = str(value).upper()
        if region not in phonenumbers.SUPPORTED_REGIONS:
            self.fail(self.expected, param, ctx)
        return region


REGION = _Region()


def _find_stack(name: str, *, region: str | None, profile: str | None) -> Stack:
    return Stack.find(name, boto3.Session(region_name=region, profile_name=profile))


def combine(*options: Callable[[Command], Command]) -> Callable[[Command], Command]:
    """Combine options into one decorator; the help lists them in the order written here."""
    return lambda command: reduce(lambda made, option: option(made), reversed(options), command)


def stack_options(command: Command) -> Command:
    """Add the options that name a deployment; the command gets the argument `stack`."""

    @lazy_stack_options
    @wraps(command)
    def with_stack(*, find_stack: Callable[[], Stack], **others: Value) -> int | None:
        return command(stack=find_stack(), **others)

    return with_stack


def lazy_stack_options(command: Command) -> Command:
    """Add the options that name a deployment; the command gets `find_stack`, which asks AWS once."""

    @click.option(
        "--stack",
        envvar="RTSMS_STACK",
        default=DEFAULT_STACK,
        show_default=True,
        show_envvar=True,
        help="Name of the CloudFormation stack.",
    )
    @click.option("--region", envvar="AWS_REGION", show_envvar=True, help="AWS region. Default: the profile's region.")
    @click.option("--profile", help="Profile of the AWS configuration.")
    @wraps(command)
    def with_finder(*, stack: str, region: str | None, profile: str | None, **others: Value) -> int | None:
        find = click.get_current_context().obj or _find_stack  # a test passes its own
        return command(find_stack=cache(partial(find, stack, region=region, profile=profile)), **others)

    return with_finder


def json_option(command: Command) -> Command:
    """Add the option `--json`; the command gets the argument `out`."""

    @click.option("--json", "as_json", is_flag=True, help="Print JSON, one object a line.")
    @wraps(command)
    def with_output(*, as_json: bool, **others: Value) -> int | None:
        return command(out=Output(as_json=as_json), **others)

    return with_output


show_numbers_option = click.option("--show-numbers", is_flag=True, help="Show whole numbers instead of masked ones.")


def parse_number(written: str, stack: Stack) -> str:
    """Return a number in E.164; one without `+` is read as a number of the deployment's default region."""
    parsed = recipients.parse_number(written, stack.defaults.region)
    if isinstance(parsed, Refused):
        raise invalid_input("NUMBER", [Problem("NUMBER", parsed.why)])
    return parsed
