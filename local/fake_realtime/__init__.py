"""RealTime on loopback: an HTTP server that behaves as RealTime's documents say, and fails on demand."""

from local.fake_realtime.callbacks import DeliveryStatus
from local.fake_realtime.magic import magic_rows
from local.fake_realtime.message import Message
from local.fake_realtime.server import Simulator
from local.fake_realtime.settings import Settings

__all__ = ["DeliveryStatus", "Message", "Settings", "Simulator", "magic_rows"]
