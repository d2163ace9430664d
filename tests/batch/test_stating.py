"""What the command line states of tiles: the date where they tell none, the site, and runs done before."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from core.networks.versions import current_version
from core.runs import Options
from core.tiles.files import Stated
from core.tiles.grouping import group_files
from core.tiles.searching import find_files
from core.types import BANDS, ignore_progress
from db.history import open_history
from db.orders import Order, fulfil
from tests.batch.scenes import batch, runs_below
from tests.rasters import level2_numbers, write_tile

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result

BINARY = ("--model", "binary")


def write_tagged(folder: Path, **days: str | None) -> Path:
    """A tile for each name, with the date in its tags or without one."""
    for seed, (name, day) in enumerate(days.items()):
        tags = {"ACQUIRED_ON": day} if day else None
        write_tile(folder / f"{name}.tif", level2_numbers(48, 48, seed), descriptions=BANDS, tags=tags)
    return folder


def dates(out: Path) -> dict[str, date | None]:
    return {place.split("/")[0]: run.tile.acquired_on for place, run in runs_below(out).items()}


def words(result: Result) -> str:
    return " ".join(result.output.split())


def test_a_stated_date_is_for_tiles_that_tell_none(tmp_path: Path) -> None:
    scenes = write_tagged(tmp_path / "in", a="2016-08-29", b="2017-09-11", c=None, d="2099-07-01")
    result = batch(scenes, *BINARY, "--out", tmp_path / "out", "--no-history", "--date", "2021-01-01")
    assert result.exit_code == 0, result.output
    stated = date(2021, 1, 1)
    expected = {"a": date(2016, 8, 29), "b": date(2017, 9, 11), "c": stated, "d": stated}
    assert dates(tmp_path / "out") == expected
    assert "--date 2021-01-01 was not needed where names or tags tell another date" in words(result)
    assert ": a (2016-08-29), b (2017-09-11)." in words(result)


@pytest.mark.parametrize("day", ["2099-01-01", "2021-02-30"])
def test_a_bad_date_is_the_options_fault(tmp_path: Path, day: str) -> None:
    scenes = write_tagged(tmp_path / "in", a=None)
    result = batch(scenes, *BINARY, "--out", tmp_path / "out", "--no-history", "--date", day)
    assert result.exit_code == 2
    assert "--date" in result.output
    assert day in result.output
    assert "ames or tags" not in result.output
    assert not (tmp_path / "out").exists()


def test_a_run_without_date_and_site_gets_those_that_are_stated_later(tmp_path: Path) -> None:
    scenes, out = write_tagged(tmp_path / "in", a=None), tmp_path / "out"
    assert batch(scenes, *BINARY, "--out", out).exit_code == 0
    result = batch(scenes, *BINARY, "--out", out, "--site", "Drang", "--date", "2021-01-01")
    assert result.exit_code == 0, result.output
    (record,) = open_history().list_runs()
    assert (record.site, record.acquired_on) == ("Drang", date(2021, 1, 1))
    assert "done before without a site, belongs to 'Drang' now." in words(result)
    assert "is dated 2021-01-01 now." in words(result)
    again = batch(scenes, *BINARY, "--out", out, "--site", "drang", "--date", "2021-01-01")
    assert "NOTE" not in again.output


def test_a_run_that_has_another_date_and_site_keeps_them_and_the_batch_says_so(tmp_path: Path) -> None:
    scenes, out = write_tagged(tmp_path / "in", a=None), tmp_path / "out"
    first = batch(scenes, *BINARY, "--out", out, "--site", "Drang", "--date", "2021-01-01")
    assert "NOTE" not in first.output
    result = batch(scenes, *BINARY, "--out", out, "--site", "Zanskar", "--date", "2022-02-02")
    (record,) = open_history().list_runs()
    assert (record.site, record.acquired_on) == ("Drang", date(2021, 1, 1))
    assert "stays with the site 'Drang', not 'Zanskar'. To change the site, edit the run" in words(result)
    assert "stays dated 2021-01-01, not 2022-02-02. To change the date, edit the run" in words(result)


def test_a_run_that_was_mapped_with_another_date_than_the_tags_tell_is_named(tmp_path: Path) -> None:
    scenes, out = write_tagged(tmp_path / "in", a="2016-08-29"), tmp_path / "out"
    (files,) = group_files(find_files(scenes)).tiles
    order = Order(files, (current_version("binary"),), Options(), Stated(acquired_on=date(2021, 1, 1)))
    fulfil(order, open_history(), ignore_progress)
    assert "stays dated 2021-01-01, not 2016-08-29" in words(batch(scenes, *BINARY, "--out", out))


def test_a_date_that_was_edited_in_the_history_is_left_in_peace(tmp_path: Path) -> None:
    scenes, out = write_tagged(tmp_path / "in", a="2016-08-29"), tmp_path / "out"
    batch(scenes, *BINARY, "--out", out)
    (record,) = open_history().list_runs()
    open_history().edit_run(record.id, acquired_on=date(2016, 8, 30))
    result = batch(scenes, *BINARY, "--out", out)
    assert "done before" in result.output
    assert "NOTE" not in result.output


def test_without_history_the_way_to_another_date_and_site_is_told(tmp_path: Path) -> None:
    scenes, out = write_tagged(tmp_path / "in", a=None), tmp_path / "out"
    arguments = (scenes, *BINARY, "--out", out, "--no-history")
    assert batch(*arguments, "--date", "2021-01-01").exit_code == 0
    stated = ("--site", "Drang", "--date", "2022-02-02")
    result = batch(*arguments, *stated)
    assert "is dated 2021-01-01; now it would be 2022-02-02. Add --overwrite" in words(result)
    assert "belongs to no site; now it would be 'Drang'. Add --overwrite" in words(result)
    assert dates(out) == {"a": date(2021, 1, 1)}
    assert batch(*arguments, *stated, "--overwrite").exit_code == 0
    assert dates(out) == {"a": date(2022, 2, 2)}
    assert "NOTE" not in batch(*arguments, *stated).output
