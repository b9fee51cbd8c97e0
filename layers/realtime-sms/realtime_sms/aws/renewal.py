"""Asking the refresh function for a new token; what goes wrong is logged and not raised."""

import json
from typing import Any, Literal

from realtime_sms.aws import clients
from realtime_sms.aws.logging import logger


def renew_by(function_name: str, refused: str) -> None:
    """Ask for a token other than the one with this fingerprint, and wait until there is one or there will be none.

    The sender sees by the secret whether there is a new token.
    """
    _invoke(function_name, refused, "RequestResponse")


def ask_for_renewal(function_name: str, refused: str) -> None:
    """Ask for the same, and do not wait: whoever looks again in a minute sees what came of it."""
    _invoke(function_name, refused, "Event")


def _invoke(function_name: str, refused: str, kind: Literal["RequestResponse", "Event"]) -> None:
    payload = json.dumps({"refused": refused})
    try:
        reply: Any = clients.functions().invoke(FunctionName=function_name, InvocationType=kind, Payload=payload)
    except (clients.ClientError, clients.BotoCoreError) as error:
        logger.error("refresh not asked for", extra={"error": type(error).__name__})
        return
    if reply.get("FunctionError"):
        logger.error("refresh failed", extra={"error": reply["FunctionError"]})
