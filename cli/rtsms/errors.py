"""The errors that end a command: what is wrong, where, what to do, and the exit code."""

from collections.abc import Iterable
from enum import IntEnum

import click
from botocore import exceptions as boto
from botocore.exceptions import BotoCoreError, ClientError

from realtime_sms.aws.queues import QueueUnavailableError
from realtime_sms.aws.table import StoreUnavailableError
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
    if isinstance(cause, ClientError):
        code = cause.response["Error"]["Code"]
        what, to_do = _BY_CODE.get(code, ("the call was refused", "run rtsms doctor"))
        return CommandError(Exit.AWS, f"AWS {cause.operation_name}", f"{what} ({code})", to_do=to_do)
    exit_code = Exit.USAGE if isinstance(cause, boto.ProfileNotFound | boto.NoRegionError) else Exit.AWS
    name = str(error) if cause is None else type(cause).__name__
    found = next((explained for kind, explained in _BY_TYPE.items() if isinstance(cause, kind)), None)
    what, to_do = found or (f"the call failed ({name})", "try again")
    return CommandError(exit_code, "AWS", what, to_do=to_do)


_LOG_IN = "log in again (aws sso login), or renew the credentials in the environment"
_EXPIRED = "the login has expired", _LOG_IN
_UNREACHABLE = "cannot be reached", "check the region's name, the network, and AWS_ENDPOINT_URL if it is set"
_DENIED = (
    "you are not allowed to do this",
    "add this action to your IAM policy; docs/rtsms.md lists what each command needs",
)
_INVALID = "the credentials are not valid here", "pass --profile, or correct the credentials"
_THROTTLED = "there were too many calls", "wait a moment and try again"
_MISSING = "a resource of the stack does not exist", "run rtsms doctor; the stack may be partly deleted"

_BY_TYPE: dict[type[BotoCoreError], tuple[str, str]] = {
    boto.ProfileNotFound: ("the profile does not exist", "aws configure list-profiles lists the profiles"),
    boto.NoRegionError: ("no region is set", "pass --region, or set AWS_REGION"),
    boto.NoCredentialsError: ("there are no credentials", "run aws configure, or pass --profile"),
    boto.PartialCredentialsError: ("the credentials are incomplete", "run aws configure"),
    boto.SSOTokenLoadError: ("you are not logged in", _LOG_IN),
    boto.UnauthorizedSSOTokenError: _EXPIRED,
    boto.TokenRetrievalError: _EXPIRED,
    boto.EndpointConnectionError: _UNREACHABLE,
    boto.ConnectTimeoutError: _UNREACHABLE,
    boto.ReadTimeoutError: ("did not answer in time", "try again"),
}
_BY_CODE = {
    "AccessDenied": _DENIED,
    "AccessDeniedException": _DENIED,
    "AccessDeniedFault": _DENIED,
    "UnauthorizedOperation": _DENIED,
    "ExpiredToken": _EXPIRED,
    "ExpiredTokenException": _EXPIRED,
    "RequestExpired": _EXPIRED,
    "InvalidAccessKeyId": _INVALID,
    "InvalidClientTokenId": _INVALID,
    "SignatureDoesNotMatch": _INVALID,
    "UnrecognizedClientException": _INVALID,
    "ProvisionedThroughputExceededException": _THROTTLED,
    "RequestLimitExceeded": _THROTTLED,
    "Throttling": _THROTTLED,
    "ThrottlingException": _THROTTLED,
    "AWS.SimpleQueueService.NonExistentQueue": _MISSING,
    "QueueDoesNotExist": _MISSING,
    "ResourceNotFoundException": _MISSING,
    "NoSuchBucket": ("the bucket does not exist", "correct its name"),
}
