"""Phone numbers as a person writes them on the command line."""

from realtime_sms.requests.recipients import parse_recipients
from rtsms.fault import refused
from rtsms.stack import Stack


def e164(written: str, stack: Stack) -> str:
    """Give a number in E.164; one without `+` is dialled where the deployment says.

    Raises:
        Fault: it is none.

    """
    parsed = parse_recipients([written], stack.defaults.region)
    if parsed.refused:
        raise refused("NUMBER", [parsed.refused[0].problem])
    return parsed.numbers[0]
