"""The scripts of the repository as modules, for the tests that hold them to their word."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "scripts"))

import house
import lint
import messages

__all__ = ["house", "lint", "messages"]
