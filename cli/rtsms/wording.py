"""Numbers with their nouns."""


def counted(count: int, noun: str) -> str:
    """Write `1 segment` and `2 segments`."""
    return f"{count:,} {noun}" + ("" if count == 1 else "s")
