"""The rasters of a run, read back."""

from pathlib import Path

import pytest

from core.errors import TileError
from core.tiles.results import ResultPlanes
from core.types import Window


def test_a_raster_that_is_gone_is_told_with_the_folder_to_put_back(tmp_path: Path) -> None:
    gone = tmp_path / "run-7" / "classes.tif"
    with (
        ResultPlanes(gone) as planes,
        pytest.raises(TileError, match=r"classes\.tif .* Put the folder run-7 back"),
    ):
        planes.read(Window(0, 0, 8, 8))
