"""Numbers in words: unit, digits, and what is not known."""

from datetime import date

import pytest

from core.errors import ExportError
from core.present.facts import PreviewFacts, facts_from_json, facts_to_json
from core.present.quantities import (
    format_area,
    format_bytes,
    format_celsius,
    format_count,
    format_date,
    format_duration,
    format_share,
    format_with_error,
)

THIN = "\N{NARROW NO-BREAK SPACE}"


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (format_area(0.0123), "0.012 km²"),
        (format_area(123.456), "123.46 km²"),
        (format_area(1234.56), f"1{THIN}234.6 km²"),
        (format_area(12345.67), f"12{THIN}346 km²"),
        (format_area(None), "—"),
        (format_with_error(40.56, 1.483), "40.56 ± 1.48 km²"),
        (format_with_error(9.45, 12.0), "9.450 ± 12.000 km²"),
        (format_with_error(1234.5, 0.012), f"1{THIN}234.500 ± 0.012 km²"),
        (format_share(0.4567), "45.7 %"),
        (format_share(0.0001), "< 0.1 %"),
        (format_share(0.0), "0.0 %"),
        (format_count(1234567), f"1{THIN}234{THIN}567"),
        (format_duration(4.26), "4.3 s"),
        (format_duration(59.99), "60.0 s"),
        (format_duration(75), "1 min 15 s"),
        (format_duration(7322), "2 h 2 min"),
        (format_bytes(562), "0.6 kB"),
        (format_bytes(2_621_440), "2.6 MB"),
        (format_bytes(3_000_000_000), "3.0 GB"),
        (format_date(date(2023, 9, 15)), "2023-09-15"),
        (format_date(None), "—"),
        (format_celsius(263.15), "\N{MINUS SIGN}10.0 °C"),
    ],
)
def test_quantities_carry_their_unit(text: str, wanted: str) -> None:
    assert text == wanted


def test_the_notes_on_previews_survive_the_way_to_disk() -> None:
    facts = PreviewFacts(640, 480, {"composite-thermal": ((250.0, 270.0),)}, {"glacier": (1, 2, 3)})
    assert facts_from_json(facts_to_json(facts)) == facts


def test_altered_notes_are_said_to_be_so() -> None:
    with pytest.raises(ExportError, match="altered or cut short"):
        facts_from_json('{"width_px": "wide"')
