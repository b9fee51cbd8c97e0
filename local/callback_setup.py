"""What RealTime's support does for an account when it is asked: sets the addresses to which RealTime posts."""

from typing import Final

from local.embedded_aws import Stack
from local.fake_realtime.postman import POST_AGAIN_SECONDS
from local.preconditions import instruct

DELIVERY_SECONDS: Final = 2  # long enough to be seen as a state of its own
_FASTER: Final = 300  # times: RealTime posts again after five minutes, the simulator after a second


def callbacks_url(stack: Stack) -> str:
    """Give the stack's callback address, with the key in it: whoever knows it is taken for RealTime."""
    secret = stack.outputs["CallbackKeySecretArn"]
    key = stack.aws.session().client("secretsmanager").get_secret_value(SecretId=secret)["SecretString"]
    return f"{stack.api_url}/callbacks/{key}"


def set_callbacks(stack: Stack) -> None:
    """Let the simulator post each delivery report, and what phones answer, to the stack by itself."""
    callbacks = callbacks_url(stack)
    settings = {
        "reportsUrl": f"{callbacks}/reports",
        "inboundUrl": f"{callbacks}/inbound",
        "deliverySeconds": DELIVERY_SECONDS,
        "postAgainSeconds": [wait / _FASTER for wait in POST_AGAIN_SECONDS],
    }
    instruct(stack, "state", settings)
