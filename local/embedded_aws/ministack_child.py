"""Serves MiniStack on a socket that the parent opened, for as long as the parent lives.

Started by `EmbeddedAws` as a script: it is no module of ours to import.
"""

import asyncio
import copy
import hashlib
import json
import os
import re
import signal
import sys
import threading
import zipfile
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
_PARTIQL = re.compile(r'\s*(?P<verb>SELECT|INSERT|UPDATE|DELETE)\b[^"]*"(?P<table>[^"]+)"', re.IGNORECASE)


def _end_with_the_parent() -> None:
    """Wait until the parent's end of standard input closes, then end the whole process group."""
    sys.stdin.buffer.read()
    os.killpg(0, signal.SIGKILL)


def _run_functions_outside_the_environment() -> None:
    """Let MiniStack start functions under the interpreter that the virtual environment was made from.

    It starts them under its own, where they would find every package of the environment. Now they find the standard
    library and their layers, as in Lambda: what the layer's requirements forget is missing here too.
    """
    name = f"python{sys.version_info.major}.{sys.version_info.minor}"
    sys.executable = str(Path(sys.base_exec_prefix, "bin", name))


class UnpackedOnce(zipfile.ZipFile):
    """A function's package or layer that is unpacked once; where it is unpacked again, it is linked to."""

    _one_at_a_time = threading.Lock()

    def namelist(self) -> list[str]:
        """Return no names: MiniStack looks here for paths that lead elsewhere, and SAM writes none."""
        return []

    def extractall(self, path: Any = None, *_: Any) -> None:  # noqa: ANN401 - as in the library
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
    """Check PartiQL calls as AWS does: each statement as `dynamodb:PartiQLInsert` or its like, on its table.

    MiniStack checks an action called after the operation, which does not exist in IAM (service authorization
    reference, DynamoDB); a role that is right for AWS would be refused.
    """
    of_transaction = iam_actions.dynamodb_transaction_checks

    def checks(iam_action: str, body: bytes, region: str, account_id: str) -> list[tuple[str, str]]:
        if not iam_action.endswith((":BatchExecuteStatement", ":ExecuteStatement", ":ExecuteTransaction")):
            return list(of_transaction(iam_action, body, region, account_id))
        call = json.loads(body)
        statements = call.get("Statements") or call.get("TransactStatements") or [call]
        found = [_PARTIQL.match(one["Statement"]) for one in statements]
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
    """Put writes by PartiQL on the table's stream, as DynamoDB does with every change of an item.

    MiniStack streams what `PutItem` and its like write, and leaves out PartiQL.
    """
    from ministack.services import dynamodb  # noqa: PLC0415 - belongs to what reads sys.executable

    def streamed(write: Any) -> Any:  # noqa: ANN401 - handed on as it comes
        def written(table: Any, parsed: Any, *options: Any) -> Any:  # noqa: ANN401 - likewise
            partition, sort = _key_of(dynamodb, table, parsed)
            before = copy.deepcopy(table["items"].get(partition, {}).get(sort))
            reply = write(table, parsed, *options)
            if reply[0] == HTTPStatus.OK:
                after = copy.deepcopy(table["items"][partition][sort])
                kind = "INSERT" if before is None else "MODIFY"
                dynamodb._emit_stream_event(parsed["table"], kind, before, after)  # noqa: SLF001 - its only home
            return reply

        return written

    for name in ("_partiql_insert", "_partiql_update"):
        setattr(dynamodb, name, streamed(getattr(dynamodb, name)))


def _key_of(dynamodb: Any, table: Any, parsed: Any) -> tuple[Any, Any]:  # noqa: ANN401 - handed on as it comes
    if parsed["op"] != "INSERT":
        partition, sort, *_ = dynamodb._partiql_key_target(table, parsed)  # noqa: SLF001 - its only home
        return partition, sort
    item = parsed["item"].get("M", parsed["item"])
    return tuple(dynamodb._extract_key_val(item.get(table[name])) for name in ("pk_name", "sk_name"))  # noqa: SLF001 - likewise


def _authorize_queue_batches_by_their_real_actions() -> None:
    """Check `ChangeMessageVisibilityBatch` and its like as AWS does: as the action for one message.

    MiniStack checks an action called after the operation, which does not exist in IAM (service authorization
    reference, SQS).
    """
    of_operation = iam_actions.extract_iam_action

    def action(service: str, *request: Any, **options: Any) -> str | None:  # noqa: ANN401 - handed on as it comes
        found: str | None = of_operation(service, *request, **options)
        return found.removesuffix("Batch") if found and found.startswith("sqs:") else found

    iam_actions.extract_iam_action = action


def _pass_over_saved_queries() -> None:
    """Let a template have saved queries of CloudWatch Logs, which MiniStack does not know and would refuse."""
    from ministack.services.cloudformation import provisioners  # noqa: PLC0415 - belongs to what reads sys.executable

    def create(logical_id: str, _properties: Any, stack_name: str) -> tuple[str, dict[str, Any]]:  # noqa: ANN401 - JSON
        return f"{stack_name}-{logical_id}", {}

    def delete(*_: object) -> None:
        """Have nothing to delete."""

    provisioners._RESOURCE_HANDLERS["AWS::Logs::QueryDefinition"] = {"create": create, "delete": delete}  # noqa: SLF001


def _import_gateway_responses() -> None:
    """Take over what an imported API says that API Gateway answers by itself.

    MiniStack has such answers, but reads them from resources of their own only (API Gateway Developer Guide,
    *x-amazon-apigateway-gateway-responses object*).
    """
    from ministack.services import apigateway_v1  # noqa: PLC0415 - belongs to what reads sys.executable

    of_body = apigateway_v1._import_rest_api  # noqa: SLF001 - its only home

    def imported(body: dict[str, Any], *options: Any) -> str:  # noqa: ANN401 - handed on as it comes
        api_id = str(of_body(body, *options))
        for kind, response in body.get("x-amazon-apigateway-gateway-responses", {}).items():
            apigateway_v1._put_gateway_response(api_id, kind, response)  # noqa: SLF001 - likewise
        return api_id

    apigateway_v1._import_rest_api = imported  # noqa: SLF001 - likewise


def _take_internal_deliveries_for_tls() -> None:
    """Let what AWS's services deliver to one another count as sent over TLS, as it is in AWS."""
    over_tls = ("127.0.0.1", True)
    iam_evaluator._request_origin = ContextVar("ministack_request_origin", default=over_tls)  # noqa: SLF001 - its only home


class LoopbackForTls:
    """MiniStack as if behind a proxy that ends TLS, because queue policies refuse what comes over plain HTTP.

    Nothing leaves this machine, so no certificate is asked for. A caller who says `X-Forwarded-Proto: http` is taken
    for one without TLS.
    """

    def __init__(self, app: ASGIFramework) -> None:
        self._app = app

    async def __call__(self, scope: Any, *channels: Any) -> None:  # noqa: ANN401 - handed on as it comes
        """Hand a request on, with the header that such a proxy adds."""
        if scope["type"] == "http" and not any(name == _PROTO for name, _ in scope["headers"]):
            scope = {**scope, "headers": [*scope["headers"], (_PROTO, b"https")]}
        await self._app(scope, *channels)


def main(socket_number: str) -> None:
    """Serve until killed; `socket_number` is the inherited, listening socket's file descriptor."""
    threading.Thread(target=_end_with_the_parent, daemon=True).start()
    _run_functions_outside_the_environment()
    _unpack_once()
    _authorize_partiql_by_its_real_actions()
    _authorize_queue_batches_by_their_real_actions()
    _take_internal_deliveries_for_tls()
    _import_gateway_responses()
    _stream_what_partiql_writes()
    _pass_over_saved_queries()
    from ministack.app import app  # noqa: PLC0415 - reads sys.executable while it is imported

    config = Config()
    config.bind = [f"fd://{socket_number}"]
    config.loglevel = "WARNING"
    config.keep_alive_timeout = 75
    asyncio.run(serve(LoopbackForTls(app), config))


if __name__ == "__main__":
    main(sys.argv[1])
