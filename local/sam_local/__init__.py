"""SAM local beside `make local`: the same functions in Docker, against the same embedded AWS and simulator."""

from local.sam_local.bridge import bridge_address, relayed
from local.sam_local.files import ENVIRONMENT, TEMPLATE, write

__all__ = ["ENVIRONMENT", "TEMPLATE", "bridge_address", "relayed", "write"]
