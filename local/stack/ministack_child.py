"""Serves MiniStack on a socket that the parent opened, for as long as the parent lives.

Started by `EmbeddedAws` as a script: it is no module of ours to import.
"""

import asyncio
import json
import os
import re
import signal
import sys
import threading
from pathlib import Path
from typing import Any

from hypercorn.asyncio import serve
from hypercorn.config import Config
from ministack.core import iam_actions

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


def main(socket_number: str) -> None:
    """Serve until killed; `socket_number` is the inherited, listening socket's file descriptor."""
    threading.Thread(target=_end_with_the_parent, daemon=True).start()
    _run_functions_outside_the_environment()
    _authorize_partiql_by_its_real_actions()
    _authorize_queue_batches_by_their_real_actions()
    from ministack.app import app  # noqa: PLC0415 - reads sys.executable while it is imported

    config = Config()
    config.bind = [f"fd://{socket_number}"]
    config.loglevel = "WARNING"
    config.keep_alive_timeout = 75
    asyncio.run(serve(app, config))


if __name__ == "__main__":
    main(sys.argv[1])
