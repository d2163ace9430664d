"""Numbers as the reader sees them: with their unit and no more digits than they deserve."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date

THIN_SPACE = "\N{NARROW NO-BREAK SPACE}"  # groups digits; it never breaks a line
UNKNOWN = "\N{EM DASH}"
KELVIN_AT_0_C = 273.15


def format_count(count: int) -> str:
    """A whole number in groups of three digits."""
    return f"{count:,}".replace(",", THIN_SPACE)


def format_area(area_km2: float | None) -> str:
    """An area in km\N{SUPERSCRIPT TWO}, from three decimals below 10 to none above 10 000."""
    if area_km2 is None:
        return UNKNOWN
    return _grouped(area_km2, _decimals(area_km2)) + " km\N{SUPERSCRIPT TWO}"


def format_with_error(area_km2: float | None, half_km2: float | None) -> str:
    """An area and the half-width of its interval in km\N{SUPERSCRIPT TWO}, both with as many decimals.

    These are the area's, or those of a half-width that would otherwise read as nothing. Without a half-width
    the area stands alone.
    """
    if area_km2 is None or half_km2 is None:
        return format_area(area_km2)
    decimals = _decimals(area_km2)
    if round(half_km2, decimals) == 0:
        decimals = _decimals(half_km2)
    ends = (_grouped(value, decimals) for value in (area_km2, half_km2))
    return " \N{PLUS-MINUS SIGN} ".join(ends) + " km\N{SUPERSCRIPT TWO}"


def _decimals(area_km2: float) -> int:
    return next((n for limit, n in ((10, 3), (1000, 2), (10_000, 1)) if abs(area_km2) < limit), 0)


def _grouped(value: float, decimals: int) -> str:
    return f"{value:,.{decimals}f}".replace(",", THIN_SPACE)


def format_share(share: float | None) -> str:
    """A share 0..1 in per cent; what is there but rounds to nothing says so."""
    if share is None:
        return UNKNOWN
    if 0 < share < 0.0005:
        return "< 0.1 %"
    return f"{100 * share:.1f} %"


def format_duration(seconds: float) -> str:
    """A time span in seconds, minutes or hours."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    return f"{minutes // 60} h {minutes % 60} min"


def format_bytes(size: int) -> str:
    """A file size in kB, MB or GB (powers of ten)."""
    for unit, scale in (("GB", 1e9), ("MB", 1e6)):
        if size >= scale:
            return f"{size / scale:.1f} {unit}"
    return f"{max(size / 1e3, 0.1):.1f} kB"


def format_date(day: date | None) -> str:
    """An ISO date, or a dash where it is not known."""
    return day.isoformat() if day else UNKNOWN


def format_celsius(kelvin: float) -> str:
    """A temperature in degrees Celsius, with a true minus sign."""
    return f"{format_number(kelvin - KELVIN_AT_0_C, 1)} °C"


def format_number(value: float, decimals: int = 2) -> str:
    """A number with a true minus sign."""
    return f"{value:.{decimals}f}".replace("-", "\N{MINUS SIGN}")
