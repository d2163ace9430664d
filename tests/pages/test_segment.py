"""A visitor maps a tile: hand in, check, choose, run, look, download."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from core.errors import WeightsError
from core.models import BINARY
from core.networks import stored
from pages.parts import cached
from pages.parts.uploads import SAMPLE
from tests.pages.conftest import App
from tests.rasters import level2_numbers, write_reference_tile

HOSTILE = "<img src=x onerror=alert(1)>.tif"
TileBytes = Callable[..., bytes]


def hand_in(app: App, *files: tuple[str, bytes]) -> None:
    app.open()
    uploader = next(u for u in app.at.file_uploader if str(u.key).startswith("upload-Files"))
    uploader.set_value([(name, content, "image/tiff") for name, content in files]).run()
    app.sound()


def test_a_first_visitor_is_told_what_makes_a_tile(app: App) -> None:
    app.open()
    assert "What makes a tile" in app.words()
    assert app.at.title[0].value == "Map the ice on a tile"
    assert not any(button.key == "run" for button in app.at.button)


def test_the_sample_is_offered_when_it_is_there(app: App) -> None:
    app.open()
    assert any(button.key == "sample" for button in app.at.button) == SAMPLE.is_file()


def test_from_upload_to_a_saved_run(
    app: App, tile_bytes: TileBytes, save_runs: Callable[..., list[str]]
) -> None:
    save_runs({"earlier": ("Drang Drung", None)})
    hand_in(app, ("LC09_L2SP_147037_20230915_02_T1.tif", tile_bytes()))
    assert "1 file handed in" in app.words()
    assert "EPSG:32643" in str(app.at.table[0].value).replace("\\", "")
    app.at.slider(key="threshold").set_value(0.4)
    app.at.text_input(key="run_note").set_value("first *note*")
    app.at.selectbox(key="run_site").set_value("Drang Drung")
    app.at.button(key="run").click().run()
    app.sound()
    job = app.at.query_params["job"]
    assert job
    app.finish_jobs()
    assert app.at.title[0].value == "Result"
    pictures = [picture.value[0] for picture in app.at.image]
    assert sum(url.startswith("data:image/webp") for url in pictures) == 1  # as saved, not made anew as a PNG
    record, _ = cached.history().list_runs()
    assert (record.site, record.note, record.threshold) == ("Drang Drung", "first *note*", 0.4)
    assert record.input_kept
    assert {metric.label for metric in app.at.metric} == {"Glacier area", "Valid ground", "Time"}
    assert len(app.at.get("plotly_chart")) == 5
    labels = {button.label for button in app.at.download_button}
    assert labels >= {"Classes (COG)", "Areas (CSV)", "Outlines (GeoPackage)", "Everything (ZIP)"}
    assert "first \\*note\\*" in app.words()


def test_a_reload_finds_the_job_again(app: App, tile_bytes: TileBytes) -> None:
    hand_in(app, ("tile.tif", tile_bytes()))
    app.at.button(key="run").click().run()
    job = app.at.query_params["job"]
    later = App()
    later.at.query_params["job"] = job
    later.at.run()
    later.finish_jobs()
    assert later.at.title[0].value == "Result"
    assert later.at.metric[0].label == "Glacier area"


def test_both_models_stand_side_by_side(app: App, tile_bytes: TileBytes) -> None:
    hand_in(app, ("tile.tif", tile_bytes()))
    app.at.button_group(key="run_model").set_value("both").run()
    app.at.button(key="run").click().run()
    app.finish_jobs()
    assert cached.history().count_runs() == 2
    assert [m.label for m in app.at.metric].count("Glacier area") == 3  # two in short, one in full


def test_a_job_of_a_former_process_is_said_to_be_unknown(app: App) -> None:
    app.at.query_params["job"] = "0" * 32
    app.at.run()
    app.sound()
    assert "no longer known" in app.words()


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("notes.tif", b"not a picture at all", "notes"),
        ("empty.tif", b"", "empty"),
        ("scene.tif", b"<VRTDataset rasterXSize='1' rasterYSize='1'></VRTDataset>", "scene"),
    ],
)
def test_bad_files_get_a_sentence_and_no_run(app: App, name: str, content: bytes, said: str) -> None:
    hand_in(app, (name, content))
    shown = app.words() + "".join(str(table.value) for table in app.at.table)
    assert said in shown
    assert not any(button.key == "run" for button in app.at.button)


def test_a_file_dated_in_the_future_is_asked_for_its_day(app: App, tile_bytes: TileBytes) -> None:
    hand_in(app, ("LC09_L2SP_147037_20990915_02_T1.tif", tile_bytes()))
    assert "lies in the future" in app.words()
    assert not any(button.key == "run" and not button.disabled for button in app.at.button)


def test_bands_in_several_files_become_one_tile_and_the_rest_is_listed(
    app: App, tmp_path: Path, tile_bytes: TileBytes
) -> None:
    bands = write_reference_tile(tmp_path / "in", level2_numbers())
    files = [(name, path.read_bytes()) for name, path in bands.items()]
    hand_in(app, *files, ("holiday.tif", tile_bytes("one.tif", descriptions=())[:200]))
    unplaced = next(table.value for table in app.at.table if "Why" in table.value)
    assert list(unplaced["File"]) == ["holiday\\.tif"]
    assert any(button.key == "run" for button in app.at.button)


def test_a_tile_without_a_place_is_asked_for_its_pixel(app: App, tile_bytes: TileBytes) -> None:
    hand_in(app, ("tile.tif", tile_bytes(crs=None, transform=None)))
    app.at.number_input(key="pixel_m").set_value(30.0)
    app.at.button(key="run").click().run()
    app.finish_jobs()
    [record] = cached.history().list_runs()
    assert record.options.pixel_m == 30.0
    assert record.ice_area_km2 is not None
    assert "There is no map" in app.words()


def test_the_units_may_be_overruled(app: App, tile_bytes: TileBytes) -> None:
    hand_in(app, ("tile.tif", tile_bytes()))
    units = next(box for box in app.at.selectbox if str(box.key).startswith("radiometry-"))
    units.set_value("unknown").run()
    app.sound()
    assert "unknown units" in str(app.at.table[0].value)


def test_a_hostile_name_is_only_ever_text(app: App, tile_bytes: TileBytes) -> None:
    hand_in(app, (HOSTILE, tile_bytes()))
    app.at.button(key="run").click().run()
    app.finish_jobs()
    [record] = cached.history().list_runs()
    assert "onerror" in record.tile_name  # it is kept as it was
    component = app.at.get("component_instance")[0].proto
    assert "onerror" not in component.json_args
    for element in [*app.at.markdown, *app.at.header, *app.at.get("html")]:
        assert "<img" not in str(getattr(element, "value", element)).replace("\\<img", "")
    for button in app.at.download_button:
        assert "<" not in button.proto.url


def test_a_cancelled_job_is_said_to_be_so(app: App, tile_bytes: TileBytes) -> None:
    hand_in(app, ("tile.tif", tile_bytes()))
    queue = cached.job_queue()
    gate = threading.Event()
    queue.submit("other work", lambda _report: gate.wait(30))
    app.at.button(key="run").click().run()
    app.sound()
    assert "Waiting: 1 job" in str(app.at.get("progress")[0].proto.text)
    cancel = next(button for button in app.at.button if str(button.key).startswith("cancel-"))
    cancel.click().run()
    gate.set()
    app.finish_jobs()
    assert "was cancelled" in app.words()
    assert cached.history().count_runs() == 0


def test_weights_that_are_missing_are_said_to_be_so(
    app: App, tile_bytes: TileBytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(key: str, folder: Path) -> None:
        raise WeightsError(f"There are no weights {key}.")

    monkeypatch.setattr(stored, "find_model", missing)
    hand_in(app, ("tile.tif", tile_bytes()))
    app.at.button(key="run").click().run()
    app.finish_jobs()
    assert f"There are no weights {BINARY.key}" in app.words().replace("\\", "")
