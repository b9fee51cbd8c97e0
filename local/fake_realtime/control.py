"""The simulator's own operations under `/_simulator/`: for tests and the console, without a token."""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from decimal import Decimal
from http import HTTPStatus
from typing import Annotated, Final
from urllib.parse import parse_qs

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from pydantic.alias_generators import to_camel

from local.fake_realtime.account import Address
from local.fake_realtime.answers import Answer, Request, json_answer
from local.fake_realtime.callbacks import POST_AGAIN_SECONDS
from local.fake_realtime.magic import BY_NAME, Operation, magic_rows
from local.fake_realtime.realtime import NoAddressError, RealTime

PREFIX: Final = "/_simulator/"
_SECRET: Final = {"tokens", "client_id", "client_secret", "reports_url", "inbound_url"}  # the addresses contain a key


class _Body(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, extra="forbid", frozen=True)


class _Fault(_Body):
    outcome: str
    calls: int = Field(default=1, ge=1, le=100_000)
    operation: Operation = "sms"


class _TopUp(_Body):
    units: Decimal = Field(gt=0, decimal_places=2)


class _Deliver(_Body):
    callback_url: Address
    submission_ids: list[str] | None = None
    attempts: int = Field(default=1, ge=1, le=1 + len(POST_AGAIN_SECONDS))


class _WriteBack(_Body):
    phone: Annotated[str, Field(pattern=r"^\+[1-9][0-9]{6,14}$")]
    originator: Annotated[str, Field(pattern=r"^[0-9]{1,15}$")]
    message: Annotated[str, Field(min_length=1, max_length=2_000)]


_ASSIGNED: Final = TypeAdapter(dict[str, str])
_CHANGES: Final = TypeAdapter(dict[str, object])


def control(realtime: RealTime, request: Request) -> Answer:
    """Answer one request under `/_simulator/`; it may take as long as a callback takes."""
    methods = _ROUTES.get(request.path.removeprefix(PREFIX))
    if methods is None:
        return _problem(HTTPStatus.NOT_FOUND, f"the operations are {', '.join(PREFIX + name for name in _ROUTES)}")
    if request.method not in methods:
        return _problem(HTTPStatus.METHOD_NOT_ALLOWED, f"allowed: {', '.join(methods)}")
    try:
        return json_answer(methods[request.method](realtime, request))
    except ValidationError as error:
        return _problem(HTTPStatus.BAD_REQUEST, json.loads(error.json(include_input=False, include_url=False)))
    except NoAddressError:
        return _problem(HTTPStatus.BAD_REQUEST, "the account has no address for inbound SMS: set inboundUrl")
    except KeyError:
        return _problem(HTTPStatus.BAD_REQUEST, f"no such outcome; the outcomes are {', '.join(BY_NAME)}")


def _problem(status: HTTPStatus, detail: object) -> Answer:
    return json_answer({"error": detail}, status)


def _inbox(realtime: RealTime, request: Request) -> object:
    """Return all messages, those of one phone, or those after one message; all again if that one is gone."""
    query = parse_qs(request.query.replace("+", "%2B"))
    (recipient,), (after,) = (query.get(name, [None])[:1] for name in ("recipient", "after"))
    newer = None if after is None else realtime.inbox_after(after)
    messages = realtime.inbox(recipient) if newer is None else newer
    return {"whole": newer is None, "messages": [message.as_json() for message in messages]}


def _write_back(realtime: RealTime, request: Request) -> object:
    return realtime.write_back(**dict(_WriteBack.model_validate_json(request.body))).as_json()


def _redirected(realtime: RealTime, _: Request) -> object:
    realtime.counters.redirect_hits += 1
    return {"submissions": [{"status": "submitted", "submissionId": "0"}]}


def _magic(_: RealTime, __: Request) -> object:
    return {"numbers": [dict(zip(("number", "outcome", "meaning"), row, strict=True)) for row in magic_rows()]}


def _state(realtime: RealTime, _: Request) -> object:
    settings = realtime.settings.model_dump(mode="json", by_alias=True, exclude=_SECRET)
    return {**settings, "balance": f"{realtime.balance:.2f}"}


def _change(realtime: RealTime, request: Request) -> object:
    realtime.change(**_CHANGES.validate_json(request.body))
    return _state(realtime, request)


def _top_up(realtime: RealTime, request: Request) -> object:
    return {"balance": f"{realtime.top_up(_TopUp.model_validate_json(request.body).units):.2f}"}


def _fault(realtime: RealTime, request: Request) -> object:
    realtime.inject(**dict(_Fault.model_validate_json(request.body)))
    return {}


def _assign(realtime: RealTime, request: Request) -> object:
    for recipient, outcome in _ASSIGNED.validate_json(request.body).items():
        realtime.assign(recipient, outcome)
    return {}


def _deliver(realtime: RealTime, request: Request) -> object:
    receipts = realtime.deliver(**dict(_Deliver.model_validate_json(request.body)))
    return {"receipts": [{to_camel(name): value for name, value in asdict(each).items()} for each in receipts]}


def _revoke(realtime: RealTime, _: Request) -> object:
    realtime.revoke_tokens()
    return {}


def _reset(realtime: RealTime, _: Request) -> object:
    realtime.reset()
    return {}


_ROUTES: Final[Mapping[str, Mapping[str, Callable[[RealTime, Request], object]]]] = {
    "inbox": {"GET": _inbox},
    "inbound": {
        "GET": lambda realtime, _: {"messages": [inbound.as_json() for inbound in realtime.inbound()]},
        "POST": _write_back,
    },
    "counters": {"GET": lambda realtime, _: realtime.counters.as_json()},
    "magic": {"GET": _magic},
    "state": {"GET": _state, "POST": _change},
    "top-up": {"POST": _top_up},
    "revoke-tokens": {"POST": _revoke},
    "fault": {"POST": _fault},
    "outcomes": {"POST": _assign},
    "deliver": {"POST": _deliver},
    "reset": {"POST": _reset},
    "redirected": {"GET": _redirected, "POST": _redirected},
}
