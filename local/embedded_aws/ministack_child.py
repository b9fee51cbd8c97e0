"""Serve MiniStack on a socket that the parent opened, until the parent ends; and correct where it differs from AWS.

`EmbeddedAws` starts this file as a script. It replaces internals of MiniStack, whose services read `sys.executable`
when they are imported, so they are imported late.
"""
# ruff: noqa: ANN401, PLC0415, SLF001 (internals of MiniStack, without types)

import asyncio
import copy
import hashlib
import json
import os
import re
import runpy
import signal
import sys
import threading
import zipfile
from collections.abc import Iterator
from contextvars import ContextVar
from http import HTTPStatus
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from hypercorn.asyncio import serve
from hypercorn.config import Config
from hypercorn.typing import ASGIFramework
from ministack.core import iam_actions, iam_evaluator, lambda_runtime

_PROTO = b"x-forwarded-proto"
_EQUALS = re.compile(r"\s*[\w#]+ *= *(?P<value>:\w+)")  # how each query of ours begins: with its partition
_PARTIQL = re.compile(r'\s*(?P<verb>SELECT|INSERT|UPDATE|DELETE)\b[^"]*"(?P<table>[^"]+)"', re.IGNORECASE)


def _end_with_the_parent() -> None:
    """Wait until standard input ends, because the parent has ended, then kill the whole process group."""
    sys.stdin.buffer.read()
    os.killpg(0, signal.SIGKILL)


def _run_functions_outside_the_environment() -> None:
    """Let MiniStack run functions under the interpreter that the virtual environment was made from.

    Under the environment's own they would find all its packages. Now they find the standard library and their layers,
    as on Lambda, so a package that is missing in the layer's requirements is missing here too.
    """
    name = f"python{sys.version_info.major}.{sys.version_info.minor}"
    sys.executable = str(Path(sys.base_exec_prefix, "bin", name))


class UnpackedOnce(zipfile.ZipFile):
    """A function's package or layer that is unpacked once; where it is unpacked again, it is linked to."""

    _one_at_a_time = threading.Lock()

    def namelist(self) -> list[str]:
        """Return no names: MiniStack looks here for paths that lead elsewhere, and SAM writes none."""
        return []

    def extractall(self, path: Any = None, *_: Any) -> None:
        """Unpack into a directory of its own unless that is there, and link to it."""
        kept = Path("unpacked", hashlib.sha256(Path(str(self.filename)).read_bytes()).hexdigest()).absolute()
        with self._one_at_a_time:
            if not kept.exists():
                super().extractall(kept, super().namelist())
        Path(path).rmdir()
        Path(path).symlink_to(kept)


def _unpack_once() -> None:
    """Start a function's environment without unpacking its package and layer, 3,000 files, and compiling them again.

    MiniStack unpacks them for each environment. In Lambda they are read-only, so environments can share them.
    """
    lambda_runtime.zipfile = SimpleNamespace(**vars(zipfile) | {"ZipFile": UnpackedOnce})


def _authorize_partiql_by_its_real_actions() -> None:
    """Check each PartiQL statement as AWS does: as `dynamodb:PartiQLInsert`, -Update, -Select or -Delete on its table.

    MiniStack checks an action with the name of the operation, which does not exist in IAM (service authorization
    reference, DynamoDB).
    """
    of_transaction = iam_actions.dynamodb_transaction_checks

    def checks(iam_action: str, body: bytes, region: str, account_id: str) -> list[tuple[str, str]]:
        if not iam_action.endswith((":BatchExecuteStatement", ":ExecuteStatement", ":ExecuteTransaction")):
            return list(of_transaction(iam_action, body, region, account_id))
        call = json.loads(body)
        statements = call.get("Statements") or call.get("TransactStatements") or [call]
        found = [_PARTIQL.match(one.get("Statement", "")) for one in statements]
        return [
            (
                f"dynamodb:PartiQL{statement['verb'].capitalize()}",
                f"arn:aws:dynamodb:{region}:{account_id}:table/{statement['table']}",
            )
            for statement in found
            if statement
        ]

    iam_actions.dynamodb_transaction_checks = checks


def _stream_what_partiql_writes() -> None:
    """Put PartiQL's writes on the table's stream, as DynamoDB does; MiniStack leaves them out."""
    from ministack.services import dynamodb

    def streamed(write: Any) -> Any:
        def written(table: Any, parsed: Any, *options: Any) -> Any:
            partition, sort = _key_of(dynamodb, table, parsed)
            before = copy.deepcopy(table["items"].get(partition, {}).get(sort))
            reply = write(table, parsed, *options)
            if reply[0] == HTTPStatus.OK:
                after = copy.deepcopy(table["items"][partition][sort])
                kind = "INSERT" if before is None else "MODIFY"
                dynamodb._emit_stream_event(parsed["table"], kind, before, after)
            return reply

        return written

    for name in ("_partiql_insert", "_partiql_update"):
        setattr(dynamodb, name, streamed(getattr(dynamodb, name)))


def _key_of(dynamodb: Any, table: Any, parsed: Any) -> tuple[Any, Any]:
    if parsed["op"] != "INSERT":
        partition, sort, *_ = dynamodb._partiql_key_target(table, parsed)
        return partition, sort
    item = parsed["item"].get("M", parsed["item"])
    return tuple(dynamodb._extract_key_val(item.get(table[name])) for name in ("pk_name", "sk_name"))


def _authorize_queue_batches_by_their_real_actions() -> None:
    """Check batch calls of SQS as AWS does: as the action for one message (service authorization reference, SQS)."""
    of_operation = iam_actions.extract_iam_action

    def action(service: str, *request: Any, **options: Any) -> str | None:
        found: str | None = of_operation(service, *request, **options)
        return found.removesuffix("Batch") if found and found.startswith("sqs:") else found

    iam_actions.extract_iam_action = action


def _authorize_event_source_mappings_by_their_real_actions() -> None:
    """Check calls about one event source mapping by their own actions; MiniStack takes a read for a list."""
    of_operation = iam_actions.extract_iam_action
    actions = {"GET": "GetEventSourceMapping", "PUT": "UpdateEventSourceMapping", "DELETE": "DeleteEventSourceMapping"}

    def action(service: str, method: str, path: str, *request: Any, **options: Any) -> str | None:
        if service == "lambda" and "/event-source-mappings/" in path.rstrip("/") and method in actions:
            return f"lambda:{actions[method]}"
        found: str | None = of_operation(service, method, path, *request, **options)
        return found

    iam_actions.extract_iam_action = action


def _authorize_schedules_in_their_group() -> None:
    """Check calls about a schedule on its own ARN; MiniStack takes every schedule for one of the group *default*."""
    of_request = iam_actions.extract_resource_arn

    def resource(service: str, *request: Any) -> str:
        arn = str(of_request(service, *request))
        if service != "scheduler" or ":schedule/default/" not in arn:
            return arn
        _method, _path, _headers, body, query, *_ = request
        group = json.loads(body or b"{}").get("GroupName") or query.get("groupName", "default")
        return arn.replace("/default/", f"/{group[0] if isinstance(group, list) else group}/")

    iam_actions.extract_resource_arn = resource


def _give_conditions_the_partition_keys() -> None:
    """Add `dynamodb:LeadingKeys` to what conditions see: the partition keys of a call, which MiniStack leaves out.

    For a call on an index, they are the index's. A scan has none.
    """
    of_call = iam_actions.dynamodb_service_context

    def context(body: bytes) -> dict[str, Any]:
        found = {str(key) for key in _partitions(json.loads(body))}
        return dict(of_call(body)) | ({"dynamodb:LeadingKeys": sorted(found)} if found else {})

    iam_actions.dynamodb_service_context = context


def _partitions(call: dict[str, Any]) -> Iterator[Any]:
    """Yield the partition key of each item that a call names, of each statement of PartiQL, and of a query."""
    for one in call.get("TransactItems", []):
        for single in one.values():
            yield from _partitions(single)
    if item := call.get("Key") or call.get("Item"):
        yield _partition(call["TableName"], item)
    for table, several in call.get("RequestItems", {}).items():
        for key in several.get("Keys", []) if isinstance(several, dict) else []:
            yield _partition(table, key)
    for one in call.get("Statements", []):
        named = _PARTIQL.match(one.get("Statement", ""))
        if named and (name := _partition_name(named["table"])):
            place = one["Statement"].rpartition(name)[0].count("?")
            for value in one.get("Parameters", [])[place : place + 1]:
                yield from value.values()
    if queried := _EQUALS.match(call.get("KeyConditionExpression", "")):
        yield from call.get("ExpressionAttributeValues", {}).get(queried["value"], {}).values()


def _partition(table: str, item: Any) -> Any:
    from ministack.services import dynamodb

    return dynamodb._extract_key_val(item.get(_partition_name(table), {}))


def _partition_name(table: str) -> str:
    from ministack.services import dynamodb

    known = dynamodb._tables.get(table.rpartition("/")[2])
    return str(known["pk_name"]) if known else ""


def _record_decisions() -> None:
    """Write each kind of call of a role once to `decisions.jsonl`, with what IAM decided, for tests."""
    decide, written = iam_evaluator.evaluate, set[str]()

    def decided(context: Any, *policies: Any) -> Any:
        result = decide(context, *policies)
        # A resource's own policy is evaluated after the role's, with the same context.
        if context.principal_type == "AssumedRole" and not hasattr(context, "recorded"):
            context.recorded = True
            keys = context.service_context.get("dynamodb:leadingkeys", [])
            notes = sorted({key if key.startswith("#") else "" for key in keys})  # a request's own key is any text
            call = [context.principal_arn, context.action, context.resource_arn, notes, result.decision]
            line = json.dumps(call) + "\n"
            if line not in written:
                written.add(line)
                with Path("decisions.jsonl").open("a", encoding="utf-8") as file:
                    file.write(line)
        return result

    iam_evaluator.evaluate = decided


def _pass_over_saved_queries() -> None:
    """Accept saved queries of CloudWatch Logs in a template; MiniStack does not know them."""
    from ministack.services.cloudformation import provisioners

    def create(logical_id: str, _properties: Any, stack_name: str) -> tuple[str, dict[str, Any]]:
        return f"{stack_name}-{logical_id}", {}

    handlers = {"create": create, "delete": lambda *_: None}
    provisioners._RESOURCE_HANDLERS["AWS::Logs::QueryDefinition"] = handlers


def _import_gateway_responses() -> None:
    """Import the gateway responses of an API description (`x-amazon-apigateway-gateway-responses`).

    MiniStack reads them only from resources of their own.
    """
    from ministack.services import apigateway_v1

    of_body = apigateway_v1._import_rest_api

    def imported(body: dict[str, Any], *options: Any) -> str:
        api_id = str(of_body(body, *options))
        for kind, response in body.get("x-amazon-apigateway-gateway-responses", {}).items():
            apigateway_v1._put_gateway_response(api_id, kind, response)
        return api_id

    apigateway_v1._import_rest_api = imported


def _take_internal_deliveries_for_tls() -> None:
    """Treat deliveries between AWS's services as sent over TLS, as on AWS."""
    over_tls = ("127.0.0.1", True)
    iam_evaluator._request_origin = ContextVar("ministack_request_origin", default=over_tls)


def _as_over_tls(app: ASGIFramework) -> ASGIFramework:
    """Serve as if behind a proxy that ends TLS, because queue policies refuse plain HTTP.

    A caller that sends `X-Forwarded-Proto: http` is treated as one without TLS.
    """

    async def served(scope: Any, *channels: Any) -> None:
        if scope["type"] == "http" and not any(name == _PROTO for name, _ in scope["headers"]):
            scope = {**scope, "headers": [*scope["headers"], (_PROTO, b"https")]}
        await app(scope, *channels)

    return served


def main(socket_number: str, middleware: str = "") -> None:
    """Serve until killed; `socket_number` is the file descriptor of the inherited listening socket.

    `middleware` is the path of a Python file; its function `wrap` gets the application and returns what is served.
    """
    threading.Thread(target=_end_with_the_parent, daemon=True).start()
    _run_functions_outside_the_environment()
    _unpack_once()
    _authorize_partiql_by_its_real_actions()
    _authorize_queue_batches_by_their_real_actions()
    _authorize_event_source_mappings_by_their_real_actions()
    _authorize_schedules_in_their_group()
    _give_conditions_the_partition_keys()
    _record_decisions()
    _take_internal_deliveries_for_tls()
    _import_gateway_responses()
    _stream_what_partiql_writes()
    _pass_over_saved_queries()
    from ministack.app import app

    config = Config()
    config.bind = [f"fd://{socket_number}"]
    config.loglevel = "WARNING"
    config.keep_alive_timeout = 75
    served = runpy.run_path(middleware)["wrap"](app) if middleware else app
    asyncio.run(serve(_as_over_tls(served), config))


if __name__ == "__main__":
    main(*sys.argv[1:])
