"""Times keep their zone in the tables."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy.exc import StatementError

from db.history import History
from db.tables import SiteRow

IN_DELHI = datetime(2026, 1, 2, 3, 4, 5, 678, tzinfo=timezone(timedelta(hours=5, minutes=30)))


def _add(history: History, time: datetime) -> None:
    with history._database.write() as session:
        session.add(SiteRow(id="1", name="a", name_key="a", created_at=time))


def test_a_time_comes_back_as_the_same_moment_in_utc(history: History) -> None:
    _add(history, IN_DELHI)
    with history._database.read() as session:
        stored = session.get_one(SiteRow, "1").created_at
    assert stored == IN_DELHI
    assert stored.tzinfo is UTC


def test_a_time_without_zone_is_refused(history: History) -> None:
    with pytest.raises(StatementError, match="no time zone"):
        _add(history, IN_DELHI.replace(tzinfo=None))
