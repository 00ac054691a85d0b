"""Report on the suite again: `python tests/guards/adopt`."""

import sys
from importlib import import_module
from pathlib import Path

sys.dont_write_bytecode = True
sys.path[0] = str(Path(__file__).resolve().parents[1])
sys.exit(import_module("adopt.report").main())
