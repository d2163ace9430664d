"""Words: text of the user stays text, whatever it holds."""

import re

import pytest
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from rasterio.crs import CRS

from core.models import BINARY, MULTICLASS
from core.runs import ClassArea
from core.types import Finding, Grid, Severity
from pages.parts.wording import download_name, grid_words, ice_amount, plain, short_title, worst_first

MARKUP = r"\`*_{}[]()<>#+-.!|~$:^=&\"'/"


@settings(deadline=None, max_examples=200)
@given(st.text())
def test_every_sign_that_markdown_knows_is_escaped(text: str) -> None:
    shown = plain(text)
    assert not re.search(r"(?<!\\)(?:\\\\)*[`*_{}\[\]()<>#+.!|~$:^=&\"'/-]", shown)
    assert "\n" not in shown
    assert shown.isprintable()


@pytest.mark.parametrize(
    "hostile",
    [
        "<img src=x onerror=alert(1)>",
        "[here](javascript:alert(1))",
        ":red[big]",
        "$x^2$",
        "![](http://a)",
        "a\n# b",
    ],
)
def test_hostile_text_can_be_read_as_it_was(hostile: str) -> None:
    assert re.sub(r"\\(.)", r"\1", plain(hostile)) == " ".join(hostile.split())


def test_long_names_are_cut() -> None:
    assert plain("a" * 100, 10) == "a" * 9 + "…"


@pytest.mark.parametrize(
    ("parts", "name"),
    [
        (("<img src=x>.tif", "2023-09-15", "classes.tif"), "img-src-x-.tif_2023-09-15_classes.tif"),
        (("../../x", "", "areas.csv"), "x_areas.csv"),
        (("Größe", "a.csv"), "Gr-e_a.csv"),
        (("",), "firnline"),
    ],
)
def test_download_names_are_safe_everywhere(parts: tuple[str, ...], name: str) -> None:
    assert download_name(*parts) == name


def test_water_is_no_ice() -> None:
    areas = tuple(ClassArea(c.index, c.key, c.label, 10, 1.0, 0.25) for c in MULTICLASS.classes)
    assert ice_amount(areas, MULTICLASS) == "2.000 km²"
    counted = tuple(ClassArea(c.index, c.key, c.label, 10, None, 0.5) for c in BINARY.classes)
    assert ice_amount(counted, BINARY) == "10 px"


def test_the_worst_finding_comes_first() -> None:
    findings = tuple(Finding(severity, "x", "y") for severity in reversed(Severity))
    assert [finding.severity for finding in worst_first(findings)] == list(Severity)


def test_a_grid_is_told_in_its_own_units() -> None:
    degrees = Grid.of(CRS.from_epsg(4326), Affine(0.0003, 0, 0, 0, -0.0003, 0), 5, 7)
    assert grid_words(degrees) == "7 x 5 px of 0.0003 degrees, EPSG:4326"
    assert "no coordinate reference system" in grid_words(Grid(None, (1, 0, 0, 0, -1, 0), 5, 7))


def test_a_model_of_former_times_keeps_its_key() -> None:
    assert short_title("binary") == "Glacier outline"
    assert short_title("older") == "older"
