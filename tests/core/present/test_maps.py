"""Maps: nothing from afar unless asked for, no user text, one legend in the classes' colours."""

import re
from dataclasses import replace

import folium.plugins
import pytest

from core.models import BINARY, MULTICLASS
from core.present.legend import Swatch
from core.present.maps import ONLINE_LAYERS, ExtraLayer, MapPicture, RunLayers, remote_links, run_map
from core.runs import MapBounds
from tests.core.outlines.shapes import in_degrees, outlines

BOUNDS = MapBounds(46.0, 7.5, 46.2, 7.9)
PICTURE = MapPicture("Shortwave infrared", b"picture", "image/webp")
LAYERS = RunLayers(
    BOUNDS,
    (PICTURE, MapPicture("Natural colour", b"other", "image/webp")),
    MapPicture("Class map", b"classes", "image/png"),
    MapPicture("Confidence", b"sure", "image/png"),
)


def page(layers: RunLayers = LAYERS, *, dark: bool = False) -> str:
    return str(run_map(layers, MULTICLASS, dark=dark).get_root().render())


def test_remote_links_finds_what_folium_would_fetch() -> None:
    shown = folium.Map(tiles=None)
    part = folium.plugins.MeasureControl()  # Firnline ships no scripts for it
    shown.add_child(part)
    assert any("leaflet-measure" in link for link in remote_links(shown))


def test_the_map_holds_the_pictures_themselves() -> None:
    assert PICTURE.data_url == "data:image/webp;base64,cGljdHVyZQ=="
    assert all(data in page() for data in ("cGljdHVyZQ==", "b3RoZXI=", "Y2xhc3Nlcw==", "c3VyZQ=="))


def test_the_legend_has_every_class_and_no_data() -> None:
    text = page()
    for info in MULTICLASS.foreground:
        assert f'"fill": "{info.colour}", "label": "{info.label}"' in text
    assert '"label": "No data"' in text
    assert '"label": "No colour: background"' in text


@pytest.mark.parametrize("name", [name for name, _, _ in ONLINE_LAYERS])
def test_online_layers_wait_until_they_are_chosen(name: str) -> None:
    shown = run_map(LAYERS, BINARY)
    layer = next(c for c in shown._children.values() if getattr(c, "layer_name", None) == name)
    assert not layer.show
    assert f"{name} cannot be reached from this computer" in shown.get_root().render()


def test_only_the_first_composite_is_shown_at_first() -> None:
    bases = [c for c in run_map(LAYERS, BINARY)._children.values() if getattr(c, "overlay", None) is False]
    assert [base.show for base in bases if isinstance(base, folium.raster_layers.ImageOverlay)] == [
        True,
        False,
    ]


def test_a_run_without_composites_or_confidence_still_has_a_map() -> None:
    text = page(RunLayers(BOUNDS, (), LAYERS.classes))
    assert "Y2xhc3Nlcw==" in text
    assert "Confidence" not in text


def test_the_map_turns_dark_with_the_page() -> None:
    assert page(dark=True) != page(dark=False)
    assert "#0D1720" in page(dark=True)


def test_the_map_opens_on_the_tile() -> None:
    assert "[[46.0, 7.5], [46.2, 7.9]]" in page()


def test_an_extra_layer_waits_until_it_is_chosen_and_brings_its_legend() -> None:
    extra = ExtraLayer(MapPicture("NDSI check", b"votes", "image/png"), (Swatch("Both say ice", "#56B4E9"),))
    layers = replace(LAYERS, extras=(extra,))
    shown = run_map(layers, BINARY)
    layer = next(c for c in shown._children.values() if getattr(c, "layer_name", None) == "NDSI check")
    assert not layer.show
    assert '"label": "Both say ice"' in page(layers)


def test_outlines_are_known_before_the_layer_switch_names_them() -> None:
    drawn = outlines(in_degrees((0, 0, 9, 9)), ids=("<img src=x onerror=alert(1)>",))
    shown = run_map(LAYERS, MULTICLASS, outlines=drawn)
    text = str(shown.get_root().render())
    [group] = re.findall(r"var (feature_group_\w+) =", text)
    assert text.index(f"var {group} =") < text.rindex("L.control.layers(")
    assert "onerror" not in text
