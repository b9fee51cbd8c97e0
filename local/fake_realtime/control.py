"""The simulator's own operations under `/_simulator/`: for tests and the console, without a token."""

import json
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import parse_qs

from pydantic import ConfigDict, TypeAdapter, ValidationError, validate_call
from pydantic.alias_generators import to_camel

from local.fake_realtime.answers import Answer, Request, json_answer
from local.fake_realtime.callbacks import Inbound, Receipt
from local.fake_realtime.magic import BY_NAME, magic_rows
from local.fake_realtime.realtime import NoAddressError, RealTime

PREFIX: Final = "/_simulator/"
_SECRET: Final = {"tokens", "client_id", "client_secret", "reports_url", "inbound_url"}  # the addresses contain a key
_BODY: Final = TypeAdapter(dict[str, Any])

type _Operation = Callable[[RealTime, Request], object]


def control(realtime: RealTime, request: Request) -> Answer:
    """Answer one request under `/_simulator/`; it may take as long as a callback takes."""
    methods = _ROUTES.get(request.path.removeprefix(PREFIX))
    if methods is None:
        return _problem(f"the operations are {', '.join(PREFIX + name for name in _ROUTES)}", HTTPStatus.NOT_FOUND)
    if request.method not in methods:
        return _problem(f"allowed: {', '.join(methods)}", HTTPStatus.METHOD_NOT_ALLOWED)
    try:
        return json_answer(methods[request.method](realtime, request))
    except ValidationError as error:
        return _problem(json.loads(error.json(include_input=False, include_url=False)))
    except NoAddressError:
        return _problem("the account has no address for inbound SMS: set inboundUrl")
    except KeyError:
        return _problem(f"no such outcome; the outcomes are {', '.join(BY_NAME)}")


def _problem(detail: object, status: HTTPStatus = HTTPStatus.BAD_REQUEST) -> Answer:
    return json_answer({"error": detail}, status)


def _call(method: Callable[..., Any], as_json: Callable[[Any], object] = lambda _: {}) -> _Operation:
    """Make an operation of a method of RealTime: its arguments are the members of the body, in camel case."""
    checked = validate_call(config=ConfigDict(alias_generator=to_camel))(method)
    return lambda realtime, request: as_json(checked(realtime, **_BODY.validate_json(request.body or b"{}")))


def _inbox(realtime: RealTime, request: Request) -> object:
    """Return all messages, those of one phone, or those after one message; all again if that one is gone."""
    query = parse_qs(request.query.replace("+", "%2B"))
    (recipient,), (after,) = (query.get(name, [None])[:1] for name in ("recipient", "after"))
    newer = None if after is None else realtime.inbox_after(after)
    messages = realtime.inbox(recipient) if newer is None else newer
    return {"whole": newer is None, "messages": [message.as_json() for message in messages]}


def _magic(_: RealTime, __: Request) -> object:
    return {"numbers": [dict(zip(("number", "outcome", "meaning"), row, strict=True)) for row in magic_rows()]}


def _state(realtime: RealTime, _: Request) -> object:
    settings = realtime.settings.model_dump(mode="json", by_alias=True, exclude=_SECRET)
    return {**settings, "balance": f"{realtime.balance:.2f}"}


def _change(realtime: RealTime, request: Request) -> object:
    realtime.change(**_BODY.validate_json(request.body))
    return _state(realtime, request)


def _assign(realtime: RealTime, request: Request) -> object:
    for recipient, outcome in _BODY.validate_json(request.body).items():
        realtime.assign(recipient, outcome)
    return {}


def _redirected(realtime: RealTime, _: Request) -> object:
    realtime.counters.redirect_hits += 1
    return {"submissions": [{"status": "submitted", "submissionId": "0"}]}


def _receipts(receipts: list[Receipt]) -> object:
    return {"receipts": [{to_camel(name): value for name, value in each._asdict().items()} for each in receipts]}


_ROUTES: Final[Mapping[str, Mapping[str, _Operation]]] = {
    "inbox": {"GET": _inbox},
    "inbound": {
        "GET": lambda realtime, _: {"messages": [inbound.as_json() for inbound in realtime.inbound()]},
        "POST": _call(RealTime.write_back, Inbound.as_json),
    },
    "counters": {"GET": lambda realtime, _: realtime.counters.as_json()},
    "magic": {"GET": _magic},
    "state": {"GET": _state, "POST": _change},
    "top-up": {"POST": _call(RealTime.top_up, lambda balance: {"balance": f"{balance:.2f}"})},
    "revoke-tokens": {"POST": _call(RealTime.revoke_tokens)},
    "fault": {"POST": _call(RealTime.inject)},
    "outcomes": {"POST": _assign},
    "deliver": {"POST": _call(RealTime.deliver, _receipts)},
    "reset": {"POST": _call(RealTime.reset)},
    "redirected": {"GET": _redirected, "POST": _redirected},
}
