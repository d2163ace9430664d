"""Where the pages and the brand's pictures lie: links between pages look them up here."""

from pathlib import Path

SEGMENT = "pages/segment_tile.py"
HISTORY = "pages/list_runs.py"
SITES = "pages/manage_sites.py"
FOLLOW = "pages/follow_site.py"
COMPARE = "pages/compare_runs.py"
RUN = "pages/show_run.py"
MODELS = "pages/show_models.py"

LOGO = Path(__file__).with_name("brand") / "firnline.svg"
MARK = Path(__file__).with_name("brand") / "mark.svg"
WEIGHTS = Path(__file__).resolve().parents[2] / "weights"  # where cards are read without importing torch
