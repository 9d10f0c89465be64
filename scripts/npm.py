#!/usr/bin/env python3
"""npm with the arguments given: the system's, or the one in .venv where there is none."""

from __future__ import annotations

import subprocess
import sys

from bootstrap import ROOT, npm_command

if __name__ == "__main__":
    raise SystemExit(subprocess.call([*npm_command(), *sys.argv[1:]], cwd=ROOT))
