"""The window of the year in which a glacier's outline can be seen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

LEAP_YEAR = 2024  # days are numbered as in a leap year, so that 1 July is day 183 of every year
LAST_DAY = 366
TROPIC_DEGREES = 23.44  # between the tropics there is no one season of melt


def day_number(day: date) -> int:
    """The day of the year, 1..366, as in a leap year."""
    return date(LEAP_YEAR, day.month, day.day).timetuple().tm_yday


def day_words(number: int) -> str:
    """A day of the year in words, such as `1 July`."""
    day = date(LEAP_YEAR, 1, 1) + timedelta(days=number - 1)
    return f"{day.day} {day:%B}"


@dataclass(frozen=True, slots=True)
class SeasonWindow:
    """Days of the year from `first` to `last`, both included, 1..366; it may wrap around the new year."""

    first: int
    last: int

    def __contains__(self, day: date) -> bool:
        """Whether a date lies in the window of its year."""
        number = day_number(day)
        if self.first <= self.last:
            return self.first <= number <= self.last
        return number >= self.first or number <= self.last

    @property
    def words(self) -> str:
        """The window in words."""
        return f"{day_words(self.first)} to {day_words(self.last)}"


END_OF_MELT_NORTH = SeasonWindow(day_number(date(LEAP_YEAR, 7, 1)), day_number(date(LEAP_YEAR, 10, 31)))
END_OF_MELT_SOUTH = SeasonWindow(day_number(date(LEAP_YEAR, 1, 1)), day_number(date(LEAP_YEAR, 4, 30)))


def usual_season(latitude: float | None) -> SeasonWindow | None:
    """The second half of the melt season, when seasonal snow hides least of an outline (Paul et al. 2009).

    None between the tropics, and where the place is not known.
    """
    if latitude is None or abs(latitude) < TROPIC_DEGREES:
        return None
    return END_OF_MELT_NORTH if latitude > 0 else END_OF_MELT_SOUTH
