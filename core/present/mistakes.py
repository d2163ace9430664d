"""Colours of a map set beside the truth: what was missed, invented, or taken for another kind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.present.legend import Swatch

if TYPE_CHECKING:
    from core.models import ModelSpec

NO_DATA_COLOUR = "#3A4450"
GROUND_COLOUR = "#E4E1DA"
SOME_ICE_COLOUR = "#56B4E9"  # Okabe & Ito's sky blue: next to clean ice, and not it
MISSED_COLOUR = "#D55E00"
INVENTED_COLOUR = "#F0E442"
OTHER_KIND_COLOUR = "#009E73"


def mistake_rows(spec: ModelSpec) -> tuple[Swatch, ...]:
    """The legend of pictures of truth, map and errors."""
    shades = [Swatch(info.label, info.colour or GROUND_COLOUR) for info in spec.classes]
    if not spec.has_threshold:
        shades.append(Swatch("Glacier of unknown kind (truth)", SOME_ICE_COLOUR))
        shades.append(Swatch("Taken for another kind (errors)", OTHER_KIND_COLOUR))
    return (
        *shades,
        Swatch("Missed (errors)", MISSED_COLOUR),
        Swatch("Not there (errors)", INVENTED_COLOUR),
        Swatch("No data, or unknown", NO_DATA_COLOUR),
    )
