"""The announce function's entry: records of the table's stream in, a partial batch response out."""

from typing import TYPE_CHECKING, Any

from announce.announcer import Announcer
from realtime_sms.aws.logging import instrumented

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


@instrumented
def lambda_handler(event: dict[str, Any], _context: "LambdaContext") -> dict[str, Any]:
    """Announce changed outcomes, and name the record from which the stream must go on."""
    failed = Announcer.from_environment().announce(event["Records"])
    return {"batchItemFailures": [] if failed is None else [{"itemIdentifier": failed}]}
