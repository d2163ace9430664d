"""Small landscapes, so that a simulated tile takes a fraction of a second."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from trainer.simulate import fractal_ground

if TYPE_CHECKING:
    from collections.abc import Iterator

    from trainer.simulate.ground import Ground

SEED = 4  # its small landscape has clean ice, debris and lakes
SIZE_PX = 96


@pytest.fixture(autouse=True, scope="package")
def small_landscapes() -> Iterator[None]:
    """Landscapes of 13 km instead of 31."""
    patch = pytest.MonkeyPatch()
    patch.setattr(fractal_ground, "LANDSCAPE_CELLS", 112)
    yield
    patch.undo()


@pytest.fixture(scope="package")
def ground(small_landscapes: None) -> Ground:
    """One landscape that several tests look at; nobody changes it."""
    return fractal_ground.make_ground(SEED, SIZE_PX)
