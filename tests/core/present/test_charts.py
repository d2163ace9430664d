"""Charts: the numbers of the run in the colours of its classes, with units."""

from core.models import BINARY, MULTICLASS
from core.present.charts import area_bars, confidence_histogram, ground_shares
from core.runs import ClassArea

AREAS = tuple(
    ClassArea(info.index, info.key, info.label, pixels, pixels * 0.0009, pixels / 1000)
    for info, pixels in zip(MULTICLASS.classes, (700, 250, 45, 5), strict=True)
)
COUNTED = tuple(ClassArea(a.index, a.key, a.label, a.pixels, None, a.share) for a in AREAS)


def test_bars_show_mapped_classes_only_in_their_own_colours() -> None:
    bars = area_bars(AREAS, MULTICLASS).data[0]
    assert list(bars.y) == ["Clean ice", "Debris-covered ice", "Water"]
    assert list(bars.marker.color) == [info.colour for info in MULTICLASS.foreground]
    assert bars.text[0] == "0.225 km²"


def test_bars_fall_back_to_pixels_where_no_area_is_known() -> None:
    figure = area_bars(COUNTED, MULTICLASS)
    assert list(figure.data[0].x) == [250, 45, 5]
    assert figure.layout.xaxis.title.text == "Pixels"
    assert figure.data[0].text[0] == "250 px"


def test_shares_add_up_and_the_background_comes_last() -> None:
    figure = ground_shares(AREAS, MULTICLASS)
    assert sum(bar.x[0] for bar in figure.data) == 100
    assert [bar.name for bar in figure.data][-1] == "Background"


def test_confidence_counts_become_shares_of_all_pixels() -> None:
    figure = confidence_histogram({"non_glacier": [0, 30], "glacier": [10, 60]}, BINARY)
    assert sum(sum(bar.y) for bar in figure.data) == 100
    assert list(figure.data[0].x) == [25, 75]


def test_a_chart_of_nothing_is_drawn_all_the_same() -> None:
    assert not confidence_histogram({}, BINARY).data
    assert area_bars((), BINARY).layout.annotations[0].text == "Nothing mapped"


def test_bars_of_no_area_claim_no_scale() -> None:
    none = tuple(ClassArea(a.index, a.key, a.label, 0, 0.0, 0.0) for a in AREAS)
    figure = area_bars(none, MULTICLASS)
    assert figure.layout.xaxis.visible is False
    assert figure.layout.annotations[0].text == "Nothing mapped"
    assert not area_bars(AREAS, MULTICLASS).layout.annotations


def test_charts_are_transparent_for_both_themes() -> None:
    for figure in (area_bars(AREAS, MULTICLASS), ground_shares(AREAS, MULTICLASS)):
        assert figure.layout.paper_bgcolor == figure.layout.plot_bgcolor == "rgba(0, 0, 0, 0)"
