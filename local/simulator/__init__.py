"""RealTime on loopback: a real HTTP server that behaves as the vendor's documents say, and badly when asked to."""

from local.simulator.inbox import Message
from local.simulator.magic import magic_rows
from local.simulator.report import DeliveryStatus
from local.simulator.server import Simulator
from local.simulator.settings import Settings

__all__ = ["DeliveryStatus", "Message", "Settings", "Simulator", "magic_rows"]
