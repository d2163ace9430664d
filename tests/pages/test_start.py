"""The start: the first page waits for nothing that only a run needs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("page", ["segment_tile", "list_runs", "show_models", "show_run"])
def test_no_page_imports_torch_at_its_top(page: str) -> None:
    code = f"import sys, pages.{page}; sys.exit('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False, timeout=120)
    assert done.returncode == 0
