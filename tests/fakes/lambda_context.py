"""What Lambda hands to a handler beside the event."""


class Context:
    """As much of it as the send function's handler asks for."""

    aws_request_id = "1"
    function_name = "send"
    invoked_function_arn = "arn:aws:lambda:sa-east-1:000000000000:function:send"

    def get_remaining_time_in_millis(self) -> int:
        """Give the whole of the template's timeout."""
        return 60_000
