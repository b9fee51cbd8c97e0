"""The account at RealTime: both secrets, and whether the token is taken. No value of a secret is ever shown."""

import time
from collections.abc import Iterator

from botocore.exceptions import ClientError
from pydantic import ValidationError

from realtime_sms.aws.token import Credentials, TokenUnavailableError, read_token
from realtime_sms.provider import calls
from realtime_sms.provider.calls import NotSent, Reply, ReplyLost
from realtime_sms.provider.client import RealTimeClient
from rtsms.doctor.finding import Finding, bad, doubt, good
from rtsms.stack import Stack

_REFRESH = "invoke the refresh function (docs/operations.md) and read its log"
_PUT_TOKEN = "put working credentials, or a token, into their secret (docs/operations.md)"  # noqa: S105 (no secret, but where to put one)


def token(stack: Stack) -> Iterator[Finding]:
    """Look at the token secret."""
    try:
        held = read_token(stack.session.client("secretsmanager"), stack.outputs["TokenSecretArn"])
    except TokenUnavailableError as error:
        yield bad("token", str(error), _PUT_TOKEN)
        return
    if held.expires_at is None:
        yield good("token", "well-formed; it does not say until when it holds")
        return
    left = held.expires_at - time.time()
    if left <= 0:
        yield bad("token", f"its time ended {_minutes(-left)} ago", _REFRESH)
    else:
        yield good("token", f"well-formed; it holds for {_minutes(left)}")


def credentials(stack: Stack) -> Iterator[Finding]:
    """Look at the credentials secret, which a deployment with a token of its own may leave empty."""
    arn = stack.outputs["CredentialsSecretArn"]
    to_do = f'put {{"client_id": "…", "client_secret": "…"}} into {arn}, unless you put tokens there yourself'
    try:
        reply = stack.session.client("secretsmanager").get_secret_value(SecretId=arn)
        Credentials.model_validate_json(reply.get("SecretString", ""))
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceNotFoundException":
            raise
        yield doubt("credentials", "there are none, so no token is refreshed", to_do)
    except ValidationError:
        yield bad("credentials", "they are not well-formed, so no token is refreshed", to_do)
    else:
        yield good("credentials", "well-formed")


def provider(stack: Stack) -> Iterator[Finding]:
    """Ask RealTime for the balance, with the token, from this machine."""
    url = stack.parameters["RealTimeBaseUrl"]
    try:
        held = read_token(stack.session.client("secretsmanager"), stack.outputs["TokenSecretArn"])
    except TokenUnavailableError:
        yield doubt("RealTime", "could not be asked without a token", _PUT_TOKEN)
        return
    gateway = RealTimeClient(url, deadline=float(stack.parameters["CallTimeoutSeconds"]))
    try:
        yield judged(gateway.exchange(calls.balance(held.access_token)), url)
    finally:
        gateway.close()


def judged(exchange: calls.CallResult, url: str) -> Finding:
    """Say what RealTime's answer to *Get balance* means."""
    match exchange:
        case Reply(status=200):
            balance = calls.balance_of(exchange)
            if balance > 0:
                return good("RealTime", f"takes the token; the balance is {balance}")
            return bad(
                "RealTime", f"takes the token, and the balance is {balance}", "top up; sending goes on by itself"
            )
        case Reply(status=401):
            return bad("RealTime", "refuses the token (401)", f"{_REFRESH}; or {_PUT_TOKEN}")
        case Reply(status=403):
            return bad("RealTime", "does not allow this account to ask (403)", "ask RealTime's support")
        case Reply():
            return doubt("RealTime", f"answers {exchange.status}", "look again in some minutes")
        case NotSent() | ReplyLost():
            return doubt("RealTime", f"cannot be reached at {url} from here: {exchange.cause}", "check the network")


def _minutes(seconds: float) -> str:
    return f"{seconds / 60:.0f} min"
