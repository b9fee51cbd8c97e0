"""AWS's own service models, as botocore has them, and the calls that they refuse.

The functions' clients skip botocore's check for speed, so the fakes of AWS and the embedded AWS check every call here.
Types, required members and least lengths are botocore's check; most lengths and enumerations stand in the same models;
the rules of batches are from the DynamoDB Developer Guide. The embedded AWS runs this file by its path (`wrap`).
"""

import json
import re
import sys
from collections.abc import Awaitable, Callable, Hashable, Iterable, Iterator, Mapping
from functools import cache
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import botocore.session
from botocore import xform_name
from botocore.model import ServiceModel, Shape, StructureShape
from botocore.validate import ParamValidator

REFUSED = "refused by AWS's model: "
BY_TARGET = ("dynamodb", "sqs", "secretsmanager", "events")  # X-Amz-Target names the operation
BY_PATH = ("lambda", "scheduler")  # method and path do, and the signature names the service

_SIGNED = re.compile(r"/([a-z]+)/aws4_request")
_KEY = ("requestId", "recipient")
_SET = re.compile(r"""["'](\w+)["'] ?[=:] ?\?""")  # of a PartiQL statement: an attribute with its parameter
faults: list[str] = []  # of this process's calls; a fixture fails the test that made them


class BadCallError(AssertionError):
    """A call that AWS refuses in every state; the message quotes no value."""


def check(service: str, operation: str, parameters: Mapping[str, Any]) -> None:
    """Raise BadCallError unless AWS's model of the operation takes these parameters."""
    shape = model_of(service).operation_model(operation).input_shape
    found = list(_faults(operation, parameters, shape)) if shape else []
    if found:
        faults.append(f"{service}.{operation}: {'; '.join(found)}")
        raise BadCallError(faults[-1])


def check_request(method: str, url: str, headers: Mapping[str, str], body: bytes) -> None:
    """Raise BadCallError unless AWS takes the call that this HTTP request is; `headers` are by lower-case name.

    Requests to other services than the functions call are passed over.
    """
    prefix, _, operation = headers.get("x-amz-target", "").partition(".")
    if service := _services().get(prefix):
        check(service, operation, json.loads(body or b"{}"))
    elif (signed := _SIGNED.search(headers.get("authorization", ""))) and signed[1] in BY_PATH:
        check_rest(signed[1], method, url, headers, body)


def check_rest(service: str, method: str, url: str, headers: Mapping[str, str], body: bytes) -> None:
    """Raise as above, for a service whose operations are told by method and path."""
    for name, its_method, path in _paths(service):
        if method == its_method and (match := path.fullmatch(urlsplit(url).path)):
            places = {place: unquote(text) for place, text in match.groupdict().items()}
            told = {"uri": places, "querystring": dict(parse_qsl(urlsplit(url).query)), "header": headers}
            check(service, name, _rest_parameters(model_of(service).operation_model(name).input_shape, told, body))
            return


@cache
def model_of(service: str) -> ServiceModel:
    """Return botocore's model of a service."""
    return botocore.session.get_session().get_service_model(service)


class Checked:
    """A fake client of a service, whose calls are checked before they reach it."""

    def __init__(self, service: str, client: object) -> None:
        self._service = service
        self._client = client

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 (a method of any signature)
        """Return the client's method."""
        method = getattr(self._client, name)
        operation = _operations(self._service).get(name)
        if operation is None:
            return method

        def called(**parameters: Any) -> Any:  # noqa: ANN401 (as boto3 takes it)
            check(self._service, operation, parameters)
            return method(**parameters)

        return called


@cache
def _operations(service: str) -> Mapping[str, str]:
    """Return a service's operations by the names of boto3's methods."""
    return {xform_name(operation): operation for operation in model_of(service).operation_names}


def wrap(app: Callable[..., Awaitable[None]]) -> Callable[..., Awaitable[None]]:
    """Return an ASGI application that answers 400 to what AWS's models refuse, and leaves the rest to `app`."""

    async def checked(scope: Any, receive: Any, send: Any) -> None:  # noqa: ANN401 (ASGI)
        if scope["type"] != "http" or scope["path"].startswith("/_"):
            await app(scope, receive, send)
            return
        message = await receive()
        while message.get("more_body"):
            more = await receive()
            message = {**more, "body": message["body"] + more.get("body", b"")}
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        url = f"{scope['path']}?{scope['query_string'].decode()}"
        try:
            check_request(scope["method"], url, headers, message.get("body", b""))
        except BadCallError as error:
            sys.stderr.write(f"{REFUSED}{error}\n")
            sys.stderr.flush()
            reply = json.dumps({"__type": "ValidationException", "message": f"{REFUSED}{error}"}).encode()
            await send({"type": "http.response.start", "status": 400, "headers": []})
            await send({"type": "http.response.body", "body": reply})
            return
        told = iter([message])

        async def replayed() -> Any:  # noqa: ANN401 (ASGI)
            return next(told, None) or await receive()

        await app(scope, replayed, send)

    return checked


# ---- what is wrong with a call


def _faults(operation: str, parameters: Any, shape: Shape) -> Iterator[str]:  # noqa: ANN401 (JSON)
    errors = ParamValidator().validate(parameters, shape)._errors
    yield from map(_named, errors)
    if not errors:
        yield from _beyond(parameters, shape, operation)
        if rule := _BY_OPERATION.get(operation):
            yield from rule(parameters)


def _named(error: tuple[str, str, dict[str, Any]]) -> str:
    """Write one of botocore's findings without the value."""
    kind, place, more = error
    shown = [str(more[name]) for name in ("required_name", "unknown_param", "min_allowed") if name in more]
    return " ".join([kind, place.removeprefix(".") or "input", *shown])


def _beyond(value: Any, shape: Shape, place: str) -> Iterator[str]:  # noqa: ANN401 (JSON)
    """Yield what is too large or an empty map, or no word of its enumeration: botocore looks at neither."""
    most = shape.metadata.get("max")
    if most is not None and (value if isinstance(value, int | float) else len(value)) > most:
        yield f"more than {most}: {place}"
    if shape.type_name == "map" and len(value) < shape.metadata.get("min", 0):
        yield f"empty: {place}"
    if (words := shape.metadata.get("enum")) and value not in words:
        yield f"no word of the model: {place}"
    for name, one, inner in _parts(value, shape):
        yield from _beyond(one, inner, f"{place}.{name}")


def _parts(value: Any, shape: Any) -> Iterator[tuple[str, Any, Shape]]:  # noqa: ANN401 (JSON; each kind of shape)
    match shape.type_name:
        case "structure":
            yield from ((name, one, shape.members[name]) for name, one in value.items())
        case "map":
            yield from ((name, one, shape.value) for name, one in value.items())
        case "list":
            yield from ((str(number), one, shape.member) for number, one in enumerate(value))


def _of_reads(parameters: Mapping[str, Any]) -> Iterator[str]:
    for wanted in parameters["RequestItems"].values():
        yield from _twice(map(_frozen, wanted["Keys"]))


def _of_writes(parameters: Mapping[str, Any]) -> Iterator[str]:
    for requests in parameters["RequestItems"].values():
        items = [
            one["DeleteRequest"]["Key"] if "DeleteRequest" in one else one["PutRequest"]["Item"] for one in requests
        ]
        yield from _twice(_frozen({name: item[name] for name in _KEY}) for item in items)


def _of_statements(parameters: Mapping[str, Any]) -> Iterator[str]:
    statements = parameters["Statements"]
    for one in statements:
        yield from _of_statement(one)
    yield from _twice(key for key in map(_key_of, statements) if key)
    verbs = {one["Statement"].split()[0].upper() for one in statements}
    if "SELECT" in verbs and len(verbs) > 1:
        yield "reads and writes in one batch"


def _of_statement(statement: Mapping[str, Any]) -> Iterator[str]:
    text = statement["Statement"]
    if text.startswith("UPDATE") and not re.search(r"\b(SET|REMOVE)\b", text):
        yield "an UPDATE that changes nothing"
    if text.count("?") != len(statement.get("Parameters", ())):
        yield "not as many parameters as question marks"


def _of_update(parameters: Mapping[str, Any]) -> Iterator[str]:
    if not parameters.get("UpdateExpression", "SET"):
        yield "an update that changes nothing"


_BY_OPERATION: Mapping[str, Callable[[Mapping[str, Any]], Iterable[str]]] = {
    "BatchGetItem": _of_reads,
    "BatchWriteItem": _of_writes,
    "BatchExecuteStatement": _of_statements,
    "ExecuteStatement": _of_statement,
    "UpdateItem": _of_update,
}


def _twice(keys: Iterable[Hashable]) -> Iterator[str]:
    found = list(keys)
    if len(set(found)) < len(found):
        yield "a key twice"


def _key_of(statement: Mapping[str, Any]) -> str:
    """Return the key that a statement names by parameters, or nothing; its condition stands after what it sets."""
    named = dict(zip(_SET.findall(statement["Statement"]), statement.get("Parameters", ()), strict=False))
    return _frozen({name: named[name] for name in _KEY}) if all(name in named for name in _KEY) else ""


def _frozen(value: Mapping[str, Any]) -> str:
    return json.dumps(value, sort_keys=True)


# ---- which call a request is


@cache
def _services() -> Mapping[str, str]:
    """Return the services by the prefix of their targets."""
    return {model_of(service).metadata["targetPrefix"]: service for service in BY_TARGET}


@cache
def _paths(service: str) -> list[tuple[str, str, re.Pattern[str]]]:
    """Return a service's operations with their methods and paths."""
    model = model_of(service)
    found = [(name, model.operation_model(name).http) for name in model.operation_names]
    return [
        (name, http["method"], re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", http["requestUri"].split("?")[0])))
        for name, http in found
    ]


def _rest_parameters(
    shape: StructureShape | None, told: Mapping[str, Mapping[str, str]], body: bytes
) -> dict[str, Any]:
    """Return the parameters of a REST call, each from where the model has it; `told` is by such places."""
    if shape is None:
        return {}
    payload = shape.serialization.get("payload")
    parameters: dict[str, Any] = {payload: body} if payload else json.loads(body or b"{}")
    for name, member in shape.members.items():
        where, key = member.serialization.get("location", ""), member.serialization.get("name", name)
        found = told.get(where, {}).get(key.lower() if where == "header" else key)
        if found is not None:
            parameters[name] = _typed(found, member)
    return parameters


def _typed(text: str, shape: Shape) -> object:
    """Read a member that is text in a path, a query or a header."""
    match shape.type_name:
        case "integer" | "long":
            return int(text)
        case "boolean":
            return text == "true"
    return text
