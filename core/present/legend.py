"""Rows of a legend. Apart from the controls, so that whoever maps a tile need not load folium."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Swatch:
    """A legend row: a colour and what it means."""

    label: str
    colour: str

    def as_json(self) -> dict[str, str]:
        """The row for the browser."""
        return {"label": self.label, "fill": self.colour}


@dataclass(frozen=True, slots=True)
class Ramp:
    """A legend row: colours from one end to the other."""

    low: str
    high: str
    colours: tuple[str, ...]

    def as_json(self) -> dict[str, str]:
        """The row for the browser."""
        return {
            "low": self.low,
            "high": self.high,
            "ramp": f"linear-gradient(90deg,{','.join(self.colours)})",
        }
