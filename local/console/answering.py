"""What a phone answers: handed to the simulator, which posts it to the stack as RealTime does."""

from http import HTTPStatus

import urllib3

from local.console.api import Reply
from local.embedded_aws import Stack

_TIMEOUT_SECONDS = 60  # the callback function's first call takes seconds


def write_back(stack: Stack, answer: object) -> Reply:
    """Let a phone answer; give what the simulator says to it, with what the stack's inbound address said."""
    try:
        url = f"{stack.realtime_url}/_simulator/inbound"
        reply = urllib3.request("POST", url, json=answer, timeout=_TIMEOUT_SECONDS, retries=False)
        return Reply(reply.status, reply.json())
    except (urllib3.exceptions.HTTPError, ValueError) as error:
        return Reply(HTTPStatus.BAD_GATEWAY, {"error": f"the simulator gave no answer ({type(error).__name__})"})
