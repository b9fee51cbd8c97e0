"""Every error is printed as text or JSON, and has its exit code."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, cast

import click
import pytest
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    EndpointConnectionError,
    NoCredentialsError,
    NoRegionError,
    ProfileNotFound,
)

from local import ROOT
from realtime_sms.requests.prepare import Defaults
from rtsms.errors import CommandError, Exit
from rtsms.main import main
from rtsms.redrive import REASONS
from rtsms.stack import Stack
from tests.cli.fakes import FakeClient, FakeSession, fake_stack, run

if TYPE_CHECKING:
    import boto3

SECRET = "Su clave es 4711"


def _refusal(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": f"cannot do {SECRET}"}}, "SendMessage")


@pytest.mark.parametrize(
    ("error", "code", "told"),
    [
        (NoCredentialsError(), Exit.AWS, "aws configure"),
        (NoRegionError(), Exit.USAGE, "--region"),
        (ProfileNotFound(profile="p"), Exit.USAGE, "list-profiles"),
        (EndpointConnectionError(endpoint_url="http://x"), Exit.AWS, "AWS_ENDPOINT_URL"),
        (EndpointConnectionError(endpoint_url="http://x"), Exit.AWS, "the region's name"),
        (OSError(28, "No space left on device"), Exit.FAILED, "No space left on device"),
        (BotoCoreError(), Exit.AWS, "BotoCoreError"),
        (_refusal("AccessDenied"), Exit.AWS, "IAM policy"),
        (_refusal("ExpiredToken"), Exit.AWS, "log in again"),
        (_refusal("SomethingElse"), Exit.AWS, "SomethingElse"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else None,
)
def test_an_error_of_aws_says_what_to_do(error: Exception, code: Exit, told: str) -> None:
    """It never repeats what AWS quoted of a message."""

    def find(_name: str, **_options: object) -> Stack:
        raise error

    ran = run("status", "a", stack=find)
    assert ran.code == code
    assert told in ran.err
    assert SECRET not in ran.err
    machine = run("status", "a", "--json", stack=find)
    assert machine.code == machine.error["exit"] == code
    assert machine.out == ""


@pytest.mark.parametrize(
    "arguments", [["nothing"], ["status"], ["status", "a", "--pag", "1"], ["status", "a", "--limit", "x"]]
)
def test_a_usage_error_names_the_help(arguments: list[str]) -> None:
    """With --json the error is JSON."""
    assert "--help" in run(*arguments, stack=fake_stack()).err
    ran = run(*arguments, "--json", stack=fake_stack())
    assert (ran.code, ran.error["exit"]) == (2, 2)


def test_redrive_takes_the_reasons_of_dead_letters_only() -> None:
    """They are the reasons that the page lists."""
    page = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    listed = re.findall(r"^\| `(\w+)` \|", page.split("## Dead letters")[1].split("\n## ")[0], re.MULTILINE)
    assert [reason.value for reason in REASONS] == listed
    refused = run("redrive", "--reason", "accepted", stack=fake_stack())
    assert refused.code == 2
    assert all(f"'{reason}'" in refused.err for reason in listed)


def test_an_interruption_has_its_own_exit_code() -> None:
    """It is the code that shells use."""

    def find(_name: str, **_options: object) -> Stack:
        raise KeyboardInterrupt

    assert run("status", "a", stack=find).code == 130


def test_another_kind_of_stack_is_an_error() -> None:
    """It lacks an output of our template."""
    ran = run("redrive", "--reason", "conflict", stack=fake_stack({"sqs": None}))
    assert ran.code == 3
    assert "it has no output DeadLetterQueueUrl" in ran.err


def _commands(group: click.Group, *path: str) -> Iterator[tuple[str, ...]]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from _commands(command, *path, name)
        else:
            yield (*path, name)


@pytest.mark.parametrize("path", list(_commands(main)), ids=" ".join)
def test_every_command_has_help_and_json(path: tuple[str, ...]) -> None:
    """The help says in one sentence what the command does."""
    ran = run(*path, "--help")
    assert ran.code == 0
    assert "--json" in ran.out
    assert ran.out.splitlines()[2].strip()


def test_the_version_is_printed() -> None:
    """In a checkout, where nothing is installed, it says so."""
    ran = run("--version")
    assert ran.code == 0
    assert ran.out.startswith("rtsms, version ")


def test_a_missing_stack_is_not_found() -> None:
    """The error names the region."""
    error = ClientError({"Error": {"Code": "ValidationError", "Message": ""}}, "DescribeStacks")
    session = cast("boto3.Session", FakeSession({"cloudformation": FakeClient(describe_stacks=error)}))
    ran = run("status", "a", stack=lambda name, **_options: Stack.find(name, session))
    assert ran.code == 3
    assert "stack realtime-sms: there is no stack of this name in sa-east-1" in ran.err


def test_the_prefixes_that_a_stack_sends_to_are_its_parameter() -> None:
    """They are checked before anything is published."""
    parameters = {"PlainTextPrefixes": "+56", "AllowedPrefixes": "+56, +54", "DefaultRegion": "CL", "DefaultSender": ""}
    stack = Stack("sms", cast("boto3.Session", None), {}, parameters)
    assert stack.defaults == Defaults("CL", "", ("+56",), ("+56", "+54"))


def test_a_stack_has_outputs_parameters_and_a_status() -> None:
    """A missing parameter is an error."""
    described = {
        "Outputs": [{"OutputKey": "OutcomesTableName", "OutputValue": "outcomes"}],
        "Parameters": [
            {"ParameterKey": "PlainTextPrefixes", "ParameterValue": "+56, +57"},
            {"ParameterKey": "DefaultRegion", "ParameterValue": "CL"},
            {"ParameterKey": "DefaultSender", "ParameterValue": ""},
        ],
        "StackStatus": "CREATE_COMPLETE",
    }
    client = FakeClient(describe_stacks={"Stacks": [described]})
    stack = Stack.find("sms", cast("boto3.Session", FakeSession({"cloudformation": client})))
    assert (stack.table, stack.status) == ("outcomes", "CREATE_COMPLETE")
    assert stack.defaults == Defaults("CL", "", ("+56", "+57"), ("+",))  # as before there was AllowedPrefixes
    with pytest.raises(CommandError, match="it has no parameter OutcomeTtlDays"):
        _ = stack.ttl_days
