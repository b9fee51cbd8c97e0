"""SAM local: the functions in Docker, with the embedded AWS and the simulator of `make local`."""

from local.sam_local.bridge import bridge_address, relayed
from local.sam_local.files import ENVIRONMENT, TEMPLATE, write

__all__ = ["ENVIRONMENT", "TEMPLATE", "bridge_address", "relayed", "write"]
