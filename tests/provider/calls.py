"""The calls that the gateway's tests make, and how long they took."""

import time

from realtime_sms.provider.calls import Call, CallResult, send_sms
from realtime_sms.provider.client import RealTimeClient

TOKEN = "canary-token"
TEXT = "canary text"
NUMBER = "+56900000123"
CALL: Call = send_sms(TOKEN, [NUMBER], "96000", 0, TEXT)


def timed(gateway: RealTimeClient, call: Call = CALL) -> tuple[CallResult, float]:
    """Make the call and give what came of it and the seconds it took."""
    began = time.monotonic()
    outcome = gateway.perform(call)
    return outcome, time.monotonic() - began
