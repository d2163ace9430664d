"""Cloud that a product did not mask is told from snow, rock and shadow by five bands."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from core.checks import CloudCheck
from core.measure.clouds import CLOUD, CLOUD_KNOWN, cloud_check, cloud_findings, find_cloud
from core.measure.votes import cast_votes, count_votes
from core.models import BINARY
from core.types import NO_DATA, Severity

NAN = float("nan")
THICK_CLOUD = (0.72, 0.73, 0.74, 0.46, 258.0)


def pixels(*spectra: tuple[float, ...]) -> NDArray[np.float32]:
    """One row of pixels: blue, green, red, shortwave infrared, kelvin."""
    return np.array(spectra, np.float32).T[:, None]


@pytest.mark.parametrize(
    ("surface", "spectrum", "cloud"),
    [
        ("thick cloud", THICK_CLOUD, True),
        ("thick cloud on a tile without temperature", (*THICK_CLOUD[:4], NAN), True),
        ("new snow", (1.0, 0.99, 0.98, 0.06, 265.0), False),
        ("new snow on a slope in full sun", (1.6, 1.59, 1.58, 0.3, 268.0), False),
        ("snow of large grains", (0.78, 0.77, 0.74, 0.025, 273.0), False),
        ("bare ice", (0.52, 0.52, 0.48, 0.013, 273.0), False),
        ("pale rock", (0.11, 0.15, 0.18, 0.33, 290.0), False),
        ("pale sand on a frozen day", (0.32, 0.45, 0.58, 0.6, 270.0), False),
        ("salt in the sun", (0.5, 0.52, 0.54, 0.4, 305.0), False),
        ("ground under a thin veil", (0.2, 0.21, 0.22, 0.26, 268.0), False),
        ("bright in the visible bands alone", (0.72, 0.73, 0.74, 0.2, 258.0), False),
        ("no warmer than melting", (*THICK_CLOUD[:4], 274.0), False),
    ],
)
def test_a_spectrum_is_cloud_or_not(surface: str, spectrum: tuple[float, ...], cloud: bool) -> None:
    found, judged = find_cloud(pixels(spectrum))
    assert judged.all(), surface
    assert bool(found[0, 0]) is cloud, surface


def test_known_confusion_salt_on_a_tile_without_temperature_looks_like_cloud() -> None:
    found, _ = find_cloud(pixels((0.5, 0.52, 0.54, 0.4, NAN)))
    assert found.all()


@pytest.mark.parametrize("band", range(4))
def test_where_an_optical_band_is_missing_nobody_can_tell(band: int) -> None:
    values = pixels(THICK_CLOUD)
    values[band] = NAN
    found, judged = find_cloud(values)
    assert not found.any()
    assert not judged.any()


def test_the_share_is_of_the_pixels_that_could_be_judged() -> None:
    rock = (0.11, 0.15, 0.18, 0.33, 290.0)
    blind = (0.7, 0.7, 0.7, NAN, 258.0)
    values = pixels(THICK_CLOUD, rock, rock, rock, blind, THICK_CLOUD)
    classes = np.array([[1, 0, 0, 0, 0, NO_DATA]], np.uint8)
    votes = cast_votes(values, classes, BINARY)
    assert votes[0, 0] & (CLOUD | CLOUD_KNOWN) == CLOUD | CLOUD_KNOWN
    assert votes[0, 4] & (CLOUD | CLOUD_KNOWN) == 0
    assert votes[0, 5] == NO_DATA
    check = cloud_check(count_votes(votes))
    assert check == CloudCheck(cloud_px=1, judged_px=4)
    assert check.share == 0.25


def test_without_a_judged_pixel_the_share_is_not_known() -> None:
    assert CloudCheck(0, 0).share is None
    assert list(cloud_findings(CloudCheck(0, 0))) == []


def test_much_cloud_is_a_warning_and_little_is_none() -> None:
    (finding,) = cloud_findings(CloudCheck(12, 100))
    assert (finding.severity, finding.code) == (Severity.WARNING, "unmasked-cloud")
    assert finding.message.startswith("12 % of the ground with data look like cloud")
    assert list(cloud_findings(CloudCheck(5, 100))) == []
