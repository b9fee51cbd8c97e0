"""What a caller sends: address, headers and body of API Gateway's event, and the send request in the body.

Source: API Gateway, the Lambda proxy integration of REST APIs (payload format 1.0).
"""

import uuid
from collections.abc import Iterator, Mapping, Sequence
from email.message import Message
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEvent

from api.problem import Fault, ProblemError
from realtime_sms.requests.envelope import IdentifiedRequest, UnreadableError, read_object
from realtime_sms.requests.errors import InvalidInputError, Problem
from realtime_sms.requests.model import MAX_RECIPIENTS, parse_request
from realtime_sms.requests.prepare import Defaults, PreparedRequest, check_send_at, prepare, refused_recipients
from realtime_sms.requests.recipients import parse_recipients
from realtime_sms.vocabulary import Reason

KEY = "Idempotency-Key"
LARGEST = 256 * 1024  # octets of a body
_UTF_8 = {"utf-8", "utf8"}  # the name of the standard, and what many write


def routed(event: Mapping[str, Any]) -> dict[str, Any]:
    """Return the event with the path that the routes know: without stage or base path, and percent-encoded."""
    proxy = (event.get("pathParameters") or {}).get("proxy") or ""
    return {**event, "path": "/" + quote(proxy, safe="/%", errors="surrogatepass")}


def base(event: APIGatewayProxyEvent) -> str:
    """Return what stands before the path in the caller's address: the stage, or a custom domain's base path."""
    path = event.path.rstrip("/")
    whole = (event.get("requestContext") or {}).get("path", "").rstrip("/")
    return whole.removesuffix(path) if whole.endswith(path) else ""


def header(event: APIGatewayProxyEvent, name: str) -> str | None:
    """Return a header that must not be there with two values.

    Raises:
        ProblemError: it is.

    """
    one = event.headers.get(name)
    values = dict.fromkeys(event.multi_value_headers.get(name) or ([] if one is None else [one]))
    if len(values) > 1:
        raise ProblemError.of_parameter(name, "is there more than once, and not the same")
    return next(iter(values), None)


def read_key(event: APIGatewayProxyEvent) -> str | None:
    """Return the idempotency key, without the quotation marks that a structured field has.

    Raises:
        ProblemError: there are several.

    """
    key = header(event, KEY)
    quoted = key is not None and len(key) > 1 and key[0] == key[-1] == '"'
    return key[1:-1] if key is not None and quoted else key


def read_body(event: APIGatewayProxyEvent) -> dict[str, object]:
    """Read the body as a JSON object.

    Raises:
        ProblemError: 413, 415, 400; or 422 where it is JSON, but no object or one with a name given twice.

    """
    try:
        body = event.decoded_body or ""
    except ValueError:
        raise ProblemError(HTTPStatus.BAD_REQUEST, "the body is not UTF-8") from None
    if len(body.encode("utf-8", "surrogatepass")) > LARGEST:
        raise too_large()
    _check_media_type(event)
    try:
        return read_object(body)
    except InvalidInputError as error:
        if isinstance(error, UnreadableError) and not error.is_json:
            raise ProblemError(HTTPStatus.BAD_REQUEST, str(error)) from None
        raise ProblemError.of_body(Fault.of_problem(one, Reason.INVALID_REQUEST) for one in error.problems) from None


def read_request(value: dict[str, object], key: str | None, defaults: Defaults) -> PreparedRequest:
    """Make a send request ready, under the key, or the id that it names, or a new one.

    Raises:
        ProblemError: 400 for a key that says otherwise than the body, 422 with everything that is wrong.

    """
    named = value.get("requestId")
    if key is not None and named is not None and key != named:
        raise ProblemError.of_parameter(KEY, "is not the requestId of the body; leave one of them out")
    try:
        request = parse_request(value if key is None else value | {"requestId": key})
    except InvalidInputError as error:
        faults = _refused_recipients(value.get("recipients"), defaults)
        raise _refused(error.problems, key if named is None else None, faults) from None
    prepared = prepare(IdentifiedRequest(request.request_id or str(uuid.uuid4()), request), defaults)
    if faults := list(_faults(prepared)):
        raise ProblemError.of_body(faults)
    return prepared


def check_times(prepared: PreparedRequest, now: float) -> None:
    """Refuse a request whose times allow no call, or only one too far ahead.

    Raises:
        ProblemError: 422, its `expiresAt` is past, or its `sendAt` is past or too far ahead.

    """
    if (problem := check_send_at(prepared.request, now)) is not None:
        raise ProblemError.of_body([Fault.of_problem(problem, Reason.INVALID_REQUEST)])
    if any(message.is_expired(now) for message in prepared.messages):
        raise ProblemError.of_body([Fault("is past", pointer="/expiresAt", reason=Reason.EXPIRED)])


def too_large() -> ProblemError:
    """Refuse a body for its size."""
    return ProblemError(HTTPStatus.CONTENT_TOO_LARGE, f"the body is larger than {LARGEST} octets")


def _check_media_type(event: APIGatewayProxyEvent) -> None:
    said = Message()
    said["Content-Type"] = (header(event, "Content-Type") or "").encode("ascii", "replace").decode()
    charset = said.get_content_charset("utf-8")
    if said.get_content_type() == "application/json" and charset in _UTF_8:
        return
    detail = "the body must be JSON in UTF-8, sent as Content-Type: application/json"
    raise ProblemError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, detail, headers={"Accept": "application/json"})


def _refused(problems: Sequence[Problem], key: str | None, others: Sequence[Fault]) -> ProblemError:
    """Report what is wrong with the body; an error of an id that came as the key is reported for the header."""
    bad_key = next((one for one in problems if one.where == "requestId"), None) if key is not None else None
    if bad_key is not None and len(problems) == 1 and not others:
        return ProblemError.of_parameter(KEY, bad_key.what)
    faults = [
        Fault(one.what, parameter=KEY, reason=Reason.INVALID_REQUEST)
        if one is bad_key
        else Fault.of_problem(one, Reason.INVALID_REQUEST)
        for one in problems
    ]
    return ProblemError.of_body([*faults, *others])


def _refused_recipients(entries: object, defaults: Defaults) -> list[Fault]:
    """Check the recipients even if something else is wrong, so that all errors are reported at once."""
    if not isinstance(entries, list):
        return []
    recipients = parse_recipients(entries[:MAX_RECIPIENTS], defaults.region)
    return [Fault.of_problem(one.problem, one.reason) for _, one in refused_recipients(recipients, defaults)]


def _faults(prepared: PreparedRequest) -> Iterator[Fault]:
    for refusal in prepared.refusals:
        yield Fault.of_problem(refusal.problem, refusal.reason)
