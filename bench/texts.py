"""The texts of the codec's measurements: eight of each kind, drawn from a fixed seed."""

import random

from bench.rounds import SEED

_TEXTS = 8
_WORDS = {
    "ASCII, 140": "su pedido va en camino y llega hoy entre las 10 y las 14 horas codigo valido por minutos Banco",
    "Spanish with ñ é ¿": "¿mañana llega su niño? año español señor café José ¡compre ahora! el té mañana Ñuñoa à ò",
    "Spanish with á": "su código es válido por diez minutos no lo comparta con nadie gracias envío mañana aquí",
    "€ and brackets": "[pago] 30€ {total} 15€ [factura] ~10€ cuota|saldo \\o/ 20€ [hoy] ahorre 5€ con {codigo} ^ver",
    "Greek capitals": "ΔΦΓ ΛΩΠ ΨΣΘ ΞΔΛ ΩΣΦ ΠΘ ΓΛΞ ΨΩ",
    "emoji": "su pedido 🚚 va en camino 🎉 gracias 😀 por comprar 🛒 hoy 👍🏽 llega ⏰ 👨‍👩‍👧 📦",
    "ASCII, 1,530": "su pedido va en camino y llega hoy entre las 10 y las 14 horas codigo valido por minutos Banco",
}
_LENGTHS = {"ASCII, 1,530": 1530}
_LENGTH = 140

# Where the goal is 50 times the fastest correct peer; 15 on the rest.
LATIN_GSM = frozenset({"ASCII, 140", "Spanish with ñ é ¿", "ASCII, 1,530"})
ASCII_140 = "ASCII, 140"


def corpus() -> dict[str, list[str]]:
    """Give the texts of each kind."""
    return {kind: [_text(kind, number) for number in range(_TEXTS)] for kind in _WORDS}


def _text(kind: str, number: int) -> str:
    """Draw words until the length is reached."""
    chance, length = random.Random(f"{SEED} {kind} {number}"), _LENGTHS.get(kind, _LENGTH)
    return " ".join(chance.choices(_WORDS[kind].split(), k=length))[:length]
