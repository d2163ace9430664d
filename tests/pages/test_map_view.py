"""The map needs nothing from another host, and what it needs is shipped with its licence."""

import folium
import pytest

from core.models import MULTICLASS
from core.present.maps import MapPicture, RunLayers, remote_links, run_map
from core.runs import MapBounds
from pages.parts.map_view import _SCRIPTS, VENDOR, use_own_scripts

LAYERS = RunLayers(
    MapBounds(46.0, 7.5, 46.2, 7.9),
    (MapPicture("Natural colour", b"a", "image/webp"),),
    MapPicture("Class map", b"b", "image/png"),
    MapPicture("Confidence", b"c", "image/png"),
)


def test_a_map_fetches_nothing_from_another_host() -> None:
    use_own_scripts()
    assert remote_links(run_map(LAYERS, MULTICLASS)) == []
    assert folium.Map.default_js[0][1].endswith("map_view.firnline_vendor/leaflet/leaflet.js")


@pytest.mark.parametrize(
    "path", sorted({p for parts in _SCRIPTS.values() for names in parts for p in names.values()})
)
def test_every_script_is_shipped_with_its_licence(path: str) -> None:
    file = VENDOR / path
    assert file.is_file()
    assert any(file.parent.glob("LICENSE*"))


def test_style_sheets_find_their_pictures() -> None:
    for sheet in VENDOR.rglob("*.css"):
        for part in sheet.read_text("utf-8").split("url(")[1:]:
            name = part.split(")")[0].strip("'\"")
            assert name.startswith("#") or (sheet.parent / name).is_file(), f"{sheet.name} wants {name}"
