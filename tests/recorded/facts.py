"""What AWS answers, as others recorded it: each fact with its call, AWS's answer, the source and the date.

Most sources are tests of public emulators that were run against AWS, which wrote down its answer; the date is that of
the recording, or of the last change of the file if it tells none. Some are pages of AWS's documentation, with the date
on which they were read. Names in angle brackets are filled in by `test_facts.py`.
"""

from collections.abc import Mapping

from tests.recorded.dynamodb_facts import DYNAMODB
from tests.recorded.fact import Fact
from tests.recorded.other_facts import OTHERS
from tests.recorded.sqs_facts import SQS

FACTS: Mapping[str, Fact] = SQS | DYNAMODB | OTHERS
