"""The report of an evaluation: one HTML file that needs nothing else."""

from __future__ import annotations

import base64
import io
import re
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from core.models import BINARY, MULTICLASS
from core.runs import utc_now
from tests.trainer.scenes import labelled_tile
from trainer.evaluate.evaluation import Evaluation
from trainer.evaluate.panels import INVENTED_COLOUR, MISSED_COLOUR, draw_panel
from trainer.evaluate.report import write_report
from trainer.evaluate.scores import pooled_scores, tile_scores
from trainer.evaluate.tallies import tally
from trainer.predictions import PredictedTile

if TYPE_CHECKING:
    from pathlib import Path

    from core.models import ModelSpec

TILE = labelled_tile(1)


def predicted(classes: np.ndarray, size: int, name: str = "t01") -> PredictedTile:
    probabilities = np.moveaxis(np.eye(size, dtype=np.float32)[classes], -1, 0)
    return PredictedTile(replace(TILE, name=name), classes.astype(np.uint8), probabilities)


def report(members: list[PredictedTile], spec: ModelSpec, path: Path, shown: int = 6) -> str:
    found = [each for one in members for each in tally(one, spec.classes)]
    evaluation = Evaluation(
        spec.key,
        "ab" * 32,
        1.0,
        utc_now(),
        "python -m trainer evaluate",
        pooled_scores(found, spec.classes),
        tile_scores(found, spec.classes),
    )
    write_report(evaluation, [draw_panel(one, spec) for one in members], path, shown)
    return path.read_text("utf-8")


def test_nothing_in_the_report_comes_from_elsewhere(tmp_path: Path) -> None:
    page = report([predicted(TILE.labels, 4)], MULTICLASS, tmp_path / "a" / "r.html")
    assert not re.search(r"(src|href)\s*=\s*[\"'](?!data:)", page)
    assert "http" not in page
    assert page.count("data:image/png") == 4
    assert "Water alone" in page


def test_sample_tiles_are_ordered_and_captioned_by_the_kinds_that_were_confused(tmp_path: Path) -> None:
    confused = np.where(TILE.labels == 1, 2, 0)  # every ice pixel is ice, and none of the right kind
    partly = np.where((np.arange(64) < 8)[:, None] & (TILE.labels == 1), 0, TILE.labels)
    tiles = [predicted(partly, 4, "partly"), predicted(confused, 4, "confused")]
    page = report(tiles, MULTICLASS, tmp_path / "r.html")
    samples = page[page.index("Sample tiles") : page.index("Every tile")]
    assert samples.index("field/confused") < samples.index("field/partly")
    share = (TILE.labels == 0)[TILE.pixels.valid].mean()
    assert re.search(rf"field/confused .*accuracy {share:.3f} on valid pixels<", samples)


def test_a_folder_of_any_name_does_no_harm(tmp_path: Path) -> None:
    page = report([predicted(TILE.labels, 2, "<img src=x>")], BINARY, tmp_path / "r.html")
    assert "<img src=x>" not in page
    assert "&lt;img src=x&gt;" in page


def test_the_least_accurate_tiles_are_shown_first(tmp_path: Path) -> None:
    good, bad = predicted(TILE.labels, 2, "good"), predicted(1 - TILE.labels, 2, "bad")
    assert report([good, bad], BINARY, tmp_path / "r.html", shown=1).count("data:image/png") == 4
    page = report([good, bad], BINARY, tmp_path / "r.html")
    assert page.index("field/bad <span") < page.index("field/good <span")


def test_the_picture_of_errors_tells_missed_from_invented() -> None:
    found = TILE.labels.copy()
    found[20, 20], found[40, 40] = 1 - found[20, 20], 1 - found[40, 40]
    panel = draw_panel(predicted(found, 2), BINARY)
    picture = np.asarray(Image.open(io.BytesIO(base64.b64decode(panel.errors.split(",")[1]))))
    for at in ((20, 20), (40, 40)):
        colour = "#" + picture[at].tobytes().hex().upper()
        assert colour == (MISSED_COLOUR if TILE.labels[at] else INVENTED_COLOUR)
