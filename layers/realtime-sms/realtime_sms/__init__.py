"""SMS for RealTime as values: texts, requests, calls and what their replies prove, with no I/O of its own.

The codec is offered here and loaded when it is first used; everything else is imported from its own module.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from realtime_sms.encoding.charset import decode
    from realtime_sms.encoding.gsm7 import Unencodable
    from realtime_sms.encoding.segment import split
    from realtime_sms.encoding.text import EncodedText, encode

__all__ = ["EncodedText", "Unencodable", "decode", "encode", "split"]

_HOMES = {"EncodedText": "text", "Unencodable": "gsm7", "decode": "charset", "encode": "text", "split": "segment"}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(f"{__name__}.encoding.{_HOMES[name]}"), name)
    return value
