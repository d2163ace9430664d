"""Whether the history may be written is known before anything is computed for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from core.errors import HistoryError
from db.history import History, open_history
from db.location import find_location
from db.rights import require_writable

if TYPE_CHECKING:
    from pathlib import Path


def test_trying_to_write_leaves_no_trace(history: History) -> None:
    require_writable(history.location)
    assert history.count_runs() == 0


def test_a_user_who_may_only_read_is_told(data_folder: Path, postgres_url: str) -> None:
    opened = open_history(data_folder, postgres_url)
    with opened._database.engine.begin() as connection:
        user = f"reader_{opened.location.url.database}"
        connection.execute(text(f'CREATE ROLE "{user}" LOGIN'))
        connection.execute(text(f'GRANT SELECT ON ALL TABLES IN SCHEMA public TO "{user}"'))
    address = opened.location.url.set(username=user).render_as_string(hide_password=False)
    opened.close()
    with pytest.raises(HistoryError, match="refuses this user a right"):
        require_writable(find_location(data_folder, address))
