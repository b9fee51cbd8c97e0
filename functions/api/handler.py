"""The API function's entry: API Gateway's event in, its reply out."""

import time
import traceback
from collections.abc import Mapping
from functools import cache
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from api.exchange import HttpReply, HttpRequest
from api.ports import Ports
from api.problem import ProblemError
from api.routes import answer
from realtime_sms.aws import clients
from realtime_sms.aws.opt_outs import OptOuts
from realtime_sms.aws.queues import Producer
from realtime_sms.aws.requests import Requests
from realtime_sms.aws.settings import ApiSettings, read
from realtime_sms.aws.table import Table
from realtime_sms.aws.telemetry import instrumented, logger

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


@cache
def _ports() -> Ports:
    settings = read(ApiSettings)
    table = Table(clients.dynamodb(), settings.outcomes_table_name, ttl_days=settings.outcome_ttl_days)
    return Ports(
        requests=Requests(table),
        producer=Producer(clients.sqs(), settings.send_queue_url),
        opt_outs=OptOuts(table),
        defaults=settings.defaults,
        now=time.time,
    )


@instrumented
def lambda_handler(event: dict[str, Any], _context: "LambdaContext") -> dict[str, Any]:
    """Answer one request."""
    return serve(event, _ports())


def serve(event: Mapping[str, Any], ports: Ports) -> dict[str, Any]:
    """Answer one request on given ports, whatever it holds."""
    try:
        return answer(HttpRequest.from_event(event), ports).to_event()
    except ProblemError as problem:
        return HttpReply.of_problem(problem).to_event()
    except Exception as error:  # noqa: BLE001 (a fault of ours; the caller still gets a problem document)
        return HttpReply.of_problem(_fault(error)).to_event()


def _fault(error: Exception) -> ProblemError:
    """Log where our own code failed, without the error's text, which may quote what was sent."""
    places = [f"{frame.filename}:{frame.lineno}" for frame in traceback.extract_tb(error.__traceback__)]
    logger.error("fault", extra={"error": type(error).__name__, "places": places[-5:]})
    return ProblemError(HTTPStatus.INTERNAL_SERVER_ERROR, "the service failed; the same key may be tried again")
