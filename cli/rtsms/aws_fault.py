"""What AWS's errors mean to a person: each kind with what to do, and never with what was sent."""

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

from rtsms.fault import Exit, Fault

_LOG_IN = "log in again (aws sso login), or renew the credentials in the environment"
_WHERE_TO = "check the region's name, the network, and AWS_ENDPOINT_URL if set"
_BY_ERROR: tuple[tuple[type[BotoCoreError], Exit, str, str], ...] = (
    (ProfileNotFound, Exit.USAGE, "there is no such profile", "aws configure list-profiles shows which there are"),
    (NoRegionError, Exit.USAGE, "no region is set", "give --region, or set AWS_REGION"),
    (NoCredentialsError, Exit.NO_ANSWER, "there are no credentials", "run aws configure, or give --profile"),
    (PartialCredentialsError, Exit.NO_ANSWER, "the credentials are not whole", "run aws configure"),
    (SSOTokenLoadError, Exit.NO_ANSWER, "you are not logged in", _LOG_IN),
    (UnauthorizedSSOTokenError, Exit.NO_ANSWER, "the login is over", _LOG_IN),
    (TokenRetrievalError, Exit.NO_ANSWER, "the login is over", _LOG_IN),
    (EndpointConnectionError, Exit.NO_ANSWER, "cannot be reached", _WHERE_TO),
    (ConnectTimeoutError, Exit.NO_ANSWER, "cannot be reached", _WHERE_TO),
    (ReadTimeoutError, Exit.NO_ANSWER, "did not answer in time", "try again"),
)
_BY_CODE: tuple[tuple[frozenset[str], str, str], ...] = (
    (
        frozenset({"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AccessDeniedFault"}),
        "you may not do this",
        "ask for this action in your IAM policy; docs/rtsms.md lists what each command needs",
    ),
    (frozenset({"ExpiredToken", "ExpiredTokenException", "RequestExpired"}), "the login is over", _LOG_IN),
    (
        frozenset(
            {"InvalidClientTokenId", "UnrecognizedClientException", "SignatureDoesNotMatch", "InvalidAccessKeyId"}
        ),
        "the credentials are not valid here",
        "give --profile, or mend the credentials",
    ),
    (
        frozenset(
            {"Throttling", "ThrottlingException", "RequestLimitExceeded", "ProvisionedThroughputExceededException"}
        ),
        "there were too many calls",
        "wait a little and try again",
    ),
    (
        frozenset({"AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist", "ResourceNotFoundException"}),
        "what the stack names is not there",
        "run rtsms doctor; the stack may be half removed",
    ),
)


def explained(error: ClientError | BotoCoreError) -> Fault:
    """Say what AWS's error means; the message of a `ClientError` is left out, for it can quote what was sent."""
    if isinstance(error, ClientError):
        return _refusal(error)
    for kind, code, what, to_do in _BY_ERROR:
        if isinstance(error, kind):
            return Fault(code, "AWS", what, to_do=to_do)
    return Fault(Exit.NO_ANSWER, "AWS", f"the call failed ({type(error).__name__})", to_do="try again")


def cause_of(error: BaseException) -> ClientError | BotoCoreError | None:
    """Find AWS's error among the causes of one of ours."""
    seen: BaseException | None = error
    while seen is not None and not isinstance(seen, ClientError | BotoCoreError):
        seen = seen.__cause__
    return seen


def _refusal(error: ClientError) -> Fault:
    code = error.response["Error"]["Code"]
    for codes, what, to_do in _BY_CODE:
        if code in codes:
            return Fault(Exit.NO_ANSWER, f"AWS {error.operation_name}", f"{what} ({code})", to_do=to_do)
    return Fault(Exit.NO_ANSWER, f"AWS {error.operation_name}", f"it was refused ({code})", to_do="run rtsms doctor")
