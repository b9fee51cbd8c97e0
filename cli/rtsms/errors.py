"""The errors that end a command: what is wrong, where, what to do, and the exit code."""

from collections.abc import Iterable
from enum import IntEnum

import click
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    NoRegionError,
    PartialCredentialsError,
    ProfileNotFound,
    ReadTimeoutError,
    SSOTokenLoadError,
    TokenRetrievalError,
    UnauthorizedSSOTokenError,
)

from realtime_sms.aws.producer import QueueUnavailableError
from realtime_sms.aws.submissions import StoreUnavailableError
from realtime_sms.requests.errors import Problem

AWS_ERRORS = (ClientError, BotoCoreError, StoreUnavailableError, QueueUnavailableError)


class Exit(IntEnum):
    """The exit codes, the same for every command; docs/rtsms.md lists them."""

    DONE = 0
    FAILED = 1  # completed, with failures
    USAGE = 2  # invalid input; nothing was done
    NOT_FOUND = 3
    AWS = 4  # AWS refused the call, or did not answer
    TIMEOUT = 5
    INTERRUPTED = 130  # Ctrl-C: 128 and the number of the signal, as shells do


class CommandError(click.ClickException):
    """An error that ends the command; `problems` lists the single places, if there are several."""

    def __init__(self, code: Exit, where: str, what: str, *, to_do: str = "", problems: Iterable[Problem] = ()) -> None:
        super().__init__(f"{where}: {what}")
        self.exit_code = code
        self.where = where
        self.what = what
        self.to_do = to_do
        self.problems = tuple(problems)

    @property
    def document(self) -> dict[str, object]:
        """Return the error as JSON."""
        error: dict[str, object] = {"exit": int(self.exit_code), "where": self.where, "what": self.what}
        if self.to_do:
            error["toDo"] = self.to_do
        if self.problems:
            error["problems"] = [{"where": one.where, "what": one.what} for one in self.problems]
        return {"error": error}

    @property
    def lines(self) -> list[str]:
        """Return the error as text."""
        problems = [f"  {problem}" for problem in self.problems]
        return [f"error: {self.message}", *problems, *([f"  → {self.to_do}"] if self.to_do else [])]


def invalid_input(where: str, problems: Iterable[Problem]) -> CommandError:
    """Make the error for invalid input, with every problem."""
    problems = tuple(problems)
    if len(problems) == 1:
        return CommandError(Exit.USAGE, problems[0].where or where, problems[0].what)
    return CommandError(Exit.USAGE, where, f"has {len(problems)} problems", problems=problems)


def aws_error(error: BaseException) -> CommandError:
    """Explain an error of AWS, or one of ours that an error of AWS caused.

    The message of a `ClientError` is left out, because it can quote what was sent.
    """
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, ClientError | BotoCoreError):
        cause = cause.__cause__
    if cause is None:
        return CommandError(Exit.AWS, "AWS", f"the call failed ({error})", to_do="try again")
    if isinstance(cause, ClientError):
        return _refused_call(cause)
    for kind, code, what, to_do in _BY_TYPE:
        if isinstance(cause, kind):
            return CommandError(code, "AWS", what, to_do=to_do)
    return CommandError(Exit.AWS, "AWS", f"the call failed ({type(cause).__name__})", to_do="try again")


def _refused_call(error: ClientError) -> CommandError:
    code = error.response["Error"]["Code"]
    where = f"AWS {error.operation_name}"
    for codes, what, to_do in _BY_CODE:
        if code in codes:
            return CommandError(Exit.AWS, where, f"{what} ({code})", to_do=to_do)
    return CommandError(Exit.AWS, where, f"the call was refused ({code})", to_do="run rtsms doctor")


_LOG_IN = "log in again (aws sso login), or renew the credentials in the environment"
_CHECK_NETWORK = "check the region's name, the network, and AWS_ENDPOINT_URL if it is set"
_BY_TYPE: tuple[tuple[type[BotoCoreError], Exit, str, str], ...] = (
    (ProfileNotFound, Exit.USAGE, "the profile does not exist", "aws configure list-profiles lists the profiles"),
    (NoRegionError, Exit.USAGE, "no region is set", "pass --region, or set AWS_REGION"),
    (NoCredentialsError, Exit.AWS, "there are no credentials", "run aws configure, or pass --profile"),
    (PartialCredentialsError, Exit.AWS, "the credentials are incomplete", "run aws configure"),
    (SSOTokenLoadError, Exit.AWS, "you are not logged in", _LOG_IN),
    (UnauthorizedSSOTokenError, Exit.AWS, "the login has expired", _LOG_IN),
    (TokenRetrievalError, Exit.AWS, "the login has expired", _LOG_IN),
    (EndpointConnectionError, Exit.AWS, "cannot be reached", _CHECK_NETWORK),
    (ConnectTimeoutError, Exit.AWS, "cannot be reached", _CHECK_NETWORK),
    (ReadTimeoutError, Exit.AWS, "did not answer in time", "try again"),
)
_BY_CODE: tuple[tuple[frozenset[str], str, str], ...] = (
    (
        frozenset({"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AccessDeniedFault"}),
        "you are not allowed to do this",
        "add this action to your IAM policy; docs/rtsms.md lists what each command needs",
    ),
    (frozenset({"ExpiredToken", "ExpiredTokenException", "RequestExpired"}), "the login has expired", _LOG_IN),
    (
        frozenset(
            {"InvalidClientTokenId", "UnrecognizedClientException", "SignatureDoesNotMatch", "InvalidAccessKeyId"}
        ),
        "the credentials are not valid here",
        "pass --profile, or correct the credentials",
    ),
    (
        frozenset(
            {"Throttling", "ThrottlingException", "RequestLimitExceeded", "ProvisionedThroughputExceededException"}
        ),
        "there were too many calls",
        "wait a moment and try again",
    ),
    (
        frozenset({"AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist", "ResourceNotFoundException"}),
        "a resource of the stack does not exist",
        "run rtsms doctor; the stack may be partly deleted",
    ),
)
