"""What a run's previews were drawn with, kept beside them so that a page never computes it again."""

from __future__ import annotations

from dataclasses import dataclass, field

from pydantic import TypeAdapter, ValidationError

from core.errors import ExportError

CONFIDENCE_BINS = 20  # 5 % each


@dataclass(frozen=True, slots=True)
class PreviewFacts:
    """Stretch limits of the composites and the histogram of confidence.

    `limits`: artifact kind -> lowest and highest shown value of each channel (reflectance or kelvin).
    `confidence`: class key -> pixels of the preview in `CONFIDENCE_BINS` equal bins of 0..1, by the
    probability of the decided class. `width_px`, `height_px`: size of the decimated view; the whole tile
    where it is small.
    """

    width_px: int
    height_px: int
    limits: dict[str, tuple[tuple[float, float], ...]] = field(default_factory=dict)
    confidence: dict[str, tuple[int, ...]] = field(default_factory=dict)


def facts_to_json(facts: PreviewFacts) -> str:
    """The facts as JSON text."""
    return TypeAdapter(PreviewFacts).dump_json(facts, indent=1).decode()


def facts_from_json(text: str | bytes) -> PreviewFacts:
    """The facts from their JSON text.

    Raises:
        ExportError: the text is not what `facts_to_json` writes.
    """
    try:
        return TypeAdapter(PreviewFacts).validate_json(text)
    except ValidationError as error:
        raise ExportError(
            "The notes on this run's previews cannot be read: they were altered or cut short. "
            "Run the tile again to draw its previews anew."
        ) from error
