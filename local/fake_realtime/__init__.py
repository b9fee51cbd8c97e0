"""RealTime on loopback: a real HTTP server that behaves as the vendor's documents say, and badly when asked to."""

from local.fake_realtime.inbox import Message
from local.fake_realtime.magic import magic_rows
from local.fake_realtime.report import DeliveryStatus
from local.fake_realtime.server import Simulator
from local.fake_realtime.settings import Settings

__all__ = ["DeliveryStatus", "Message", "Settings", "Simulator", "magic_rows"]
