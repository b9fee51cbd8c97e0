"""The tools of a developer's machine: an embedded AWS, a RealTime simulator, a console, generated files."""

from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
TEMPLATE: Final = ROOT / "template.yaml"
SCRATCH: Final = ROOT / ".local"  # builds, logs and what `make local` writes; not in the repository
