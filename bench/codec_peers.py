"""The Python peers of the codec, each brought to the same three questions as far as it answers them.

Is it GSM? What goes on the wire, from a text of which nothing is known: GSM octets, or UTF-16BE in hexadecimal, as
RealTime takes it. How many segments? Where a library encodes but does not decide, the deciding is the shortest that its
own interface allows; where it gives UTF-16BE as octets, `bytes.hex` is added.
"""

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import smsutil
from aiosmpplib.codec import GSM7BitCodec
from gsm0338 import Codec
from sms_toolkit import constants, profile_message, utils
from smspdudecoder.codecs import GSM, UCS2

from realtime_sms.encoding.gsm7 import OCTETS

type Answer = Callable[[str], object]


def is_gsm(some: str) -> bool:
    """Decide by the tables alone, one character at a time: what every decider must give."""
    return all(character in OCTETS for character in some)


def wire_form(some: str) -> bytes | str:
    """Encode by the tables alone: what every encoder must give."""
    return b"".join(OCTETS[character] for character in some) if is_gsm(some) else _hexadecimal(some)


def _hexadecimal(some: str) -> str:
    return some.encode("utf-16-be").hex()


@dataclass(frozen=True, slots=True)
class Peer:
    """What one library answers: None where it does not; `encodes` checks an encoding that is no plain octets."""

    decide: Answer | None = None
    encode: Answer | None = None
    count: Answer | None = None
    encodes: Callable[[str], bool] | None = None

    def is_right(self, texts: list[str]) -> bool:
        """Say whether deciding and encoding are right for all of these texts."""
        decides = self.decide is None or all(self.decide(some) == is_gsm(some) for some in texts)
        if self.encodes is not None:
            return decides and all(map(self.encodes, texts))
        return decides and (self.encode is None or all(self.encode(some) == wire_form(some) for some in texts))


def peers() -> Mapping[str, Peer]:
    """Give the peers by name; PyICU only where it could be installed."""
    smpp, shaped = GSM7BitCodec(), Codec()

    def gsm0338(some: str) -> object:
        try:
            return shaped.encode(some)[0]
        except UnicodeEncodeError:
            return _hexadecimal(some)

    found = {
        "smsutil": Peer(smsutil.is_valid_gsm, _smsutil, lambda some: len(smsutil.split(some).parts)),
        "sms-toolkit": Peer(
            lambda some: utils.determine_encoding_for_string(some) == constants.GSM_ENCODING,
            count=lambda some: profile_message(some)["num_segments"],
        ),
        "gsm0338": Peer(encode=gsm0338),
        "aiosmpplib": Peer(
            GSM7BitCodec.is_gsm_text,
            lambda some: smpp.encode(some)[0] if smpp.is_gsm_text(some) else _hexadecimal(some),
        ),
        "smspdudecoder": Peer(encode=_pdu, encodes=_is_pdu),
    }
    return found | _icu()


def _icu() -> dict[str, Peer]:
    try:
        icu = importlib.import_module("icu")
    except ImportError:
        return {}
    repertoire = icu.UnicodeSet()
    for character in OCTETS:
        repertoire.add(character)
    repertoire.freeze()

    def encode(some: str) -> object:
        if repertoire.containsAll(some):
            return icu.UnicodeString(some).encode("gsm-03.38-2009")
        return icu.UnicodeString(some).encode("utf-16be").hex()

    return {"PyICU": Peer(repertoire.containsAll, encode)}


def _smsutil(some: str) -> object:
    return some.encode("gsm0338") if smsutil.is_valid_gsm(some) else _hexadecimal(some)


def _pdu(some: str) -> object:
    """Encode as smspdudecoder does: hexadecimal of seven bits packed, or of UTF-16BE."""
    try:
        return GSM.encode(some)
    except ValueError:
        return UCS2.encode(some)


def _is_pdu(some: str) -> bool:
    encoded = _pdu(some)
    if is_gsm(some):
        return bool(GSM.decode(encoded).removesuffix("@") == some.removesuffix("@"))  # bits left in the last octet
    return bool(encoded == UCS2.encode(some))
