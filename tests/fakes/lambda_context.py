"""The context that Lambda passes to a handler beside the event."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Context:
    """An invocation of the send function; `seconds` are left, at first the whole of its timeout."""

    seconds: float = 60
    aws_request_id: str = "invocation-1"
    function_name: str = "send"
    memory_limit_in_mb: int = 1024
    invoked_function_arn: str = "arn:aws:lambda:sa-east-1:000000000000:function:send"

    def get_remaining_time_in_millis(self) -> int:
        """Return what is left."""
        return round(self.seconds * 1000)
