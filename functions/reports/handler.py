"""The callback function's entry: API Gateway's event in, its reply out."""

import time
from functools import cache
from typing import TYPE_CHECKING, Any

from realtime_sms.keywords import Keywords
from reports.keys import CallbackKeys
from reports.receive import Ports, receive
from shell import clients
from shell.deliveries import Deliveries
from shell.observe import observed
from shell.optouts import OptOuts
from shell.settings import ReportsSettings, read
from shell.strays import Strays

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


@cache
def _ports() -> Ports:
    settings = read(ReportsSettings)
    client, table = clients.dynamodb(), settings.outcomes_table_name
    return Ports(
        keys=CallbackKeys(clients.secrets(), settings.callback_key_secret_arn),
        deliveries=Deliveries(client, table),
        strays=Strays(client, table),
        opt_outs=OptOuts(client, table),
        keywords=Keywords.of(settings.opt_out_words, settings.opt_in_words),
        now=time.time,
    )


@observed
def lambda_handler(event: dict[str, Any], _context: "LambdaContext") -> dict[str, Any]:
    """Answer one callback."""
    return receive(event, _ports())
