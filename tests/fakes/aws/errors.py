"""What the fakes of AWS refuse with."""


class Refused(Exception):  # noqa: N818 (an answer of AWS, not a fault of the test)
    """AWS answers with an error; the text is its code."""
