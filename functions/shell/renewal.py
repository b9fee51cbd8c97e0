"""Asking the refresh function for a new token."""

import json

from shell import clients
from shell.observe import logger


def renew_by(function_name: str, refused: str) -> None:
    """Ask for a token other than the one with this fingerprint, and wait until there is one or there will be none.

    What goes wrong is logged and not raised: the sender sees by the secret whether there is a new token.
    """
    try:
        reply = clients.functions().invoke(FunctionName=function_name, Payload=json.dumps({"refused": refused}))
    except (clients.ClientError, clients.BotoCoreError) as error:
        logger.error("refresh not asked for", extra={"error": type(error).__name__})
        return
    if reply.get("FunctionError"):
        logger.error("refresh failed", extra={"error": reply["FunctionError"]})
