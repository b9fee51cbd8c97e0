"""From an HTTP request to a composed send request, or to everything that is wrong with it."""

import uuid
from collections.abc import Iterator
from email.message import Message
from http import HTTPStatus

from pydantic_core import from_json

from api.exchange import HttpRequest
from api.problem import Fault, ProblemError
from realtime_sms.requests.envelope import IdentifiedRequest
from realtime_sms.requests.errors import InvalidInputError, Problem, not_json
from realtime_sms.requests.model import parse_request
from realtime_sms.requests.prepare import Defaults, PreparedRequest, prepare
from realtime_sms.requests.recipients import parse_recipients
from realtime_sms.vocabulary import Reason

KEY = "Idempotency-Key"
LARGEST = 256 * 1024  # octets of a body


def read_value(request: HttpRequest) -> dict[str, object]:
    """Read the body as a JSON object.

    Raises:
        ProblemError: 413, 415, 400, or 422 where it is JSON but no object.

    """
    if len(request.body) > LARGEST:
        raise too_large()
    _check_media_type(request)
    try:
        value = from_json(request.body, allow_inf_nan=False)
    except ValueError as error:
        raise ProblemError(HTTPStatus.BAD_REQUEST, not_json(error)) from None
    if not isinstance(value, dict):
        raise ProblemError.of_body([Fault("must be a JSON object", pointer="", reason=Reason.INVALID_REQUEST)])
    return value


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
        problems = [*error.problems, *_unreadable_numbers(value.get("recipients"), defaults.region)]
        raise _refused(problems, key if named is None else None) from None
    prepared = prepare(IdentifiedRequest(request.request_id or str(uuid.uuid4()), request), defaults)
    if faults := list(_faults(prepared)):
        raise ProblemError.of_body(faults)
    return prepared


def read_key(request: HttpRequest) -> str | None:
    """Give the idempotency key, without the quotation marks that a structured field has.

    Raises:
        ProblemError: there are several.

    """
    key = request.header(KEY)
    quoted = key is not None and len(key) > 1 and key[0] == key[-1] == '"'
    return key[1:-1] if key is not None and quoted else key


def too_large() -> ProblemError:
    """Refuse a body for its size."""
    return ProblemError(HTTPStatus.CONTENT_TOO_LARGE, f"the body is larger than {LARGEST} octets")


def _check_media_type(request: HttpRequest) -> None:
    said = Message()
    said["Content-Type"] = (request.header("Content-Type") or "").encode("ascii", "replace").decode()
    charset = said.get_content_charset("utf-8")
    if said.get_content_type() == "application/json" and charset == "utf-8":
        return
    detail = "the body must be JSON in UTF-8, sent as Content-Type: application/json"
    raise ProblemError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, detail, headers={"Accept": "application/json"})


def _refused(problems: list[Problem], key: str | None) -> ProblemError:
    """Tell what is wrong with the body; an id that came as the key is told as the header's fault."""
    bad_key = next((one for one in problems if one.where == "requestId"), None) if key is not None else None
    if bad_key is not None and len(problems) == 1:
        return ProblemError.of_parameter(KEY, bad_key.what)
    return ProblemError.of_body(
        Fault(one.what, parameter=KEY, reason=Reason.INVALID_REQUEST)
        if one is bad_key
        else Fault.of_problem(one, Reason.INVALID_REQUEST)
        for one in problems
    )


def _unreadable_numbers(recipients: object, region: str) -> list[Problem]:
    """Look at the recipients also where something else is wrong, so that everything is told at once."""
    if not isinstance(recipients, list):
        return []
    written = [entry if isinstance(entry, str) else "" for entry in recipients[:1000]]
    refused = parse_recipients(written, region).refused
    return [one.problem for one in refused if isinstance(recipients[one.index], str) and recipients[one.index]]


def _faults(prepared: PreparedRequest) -> Iterator[Fault]:
    for refused in prepared.recipients.refused:
        yield Fault.of_problem(refused.problem, Reason.INVALID_RECIPIENT)
    for refusal in prepared.refusals:
        if refusal.reason is not Reason.INVALID_RECIPIENT:
            yield Fault.of_problem(refusal.problem, refusal.reason)
