"""How many threads the environment allows."""

from __future__ import annotations

import pytest

from core.threads import stated_threads


@pytest.mark.parametrize(
    ("stated", "threads"),
    [
        ("4", 4),
        ("016", 16),
        ("", None),
        ("0", None),
        ("-2", None),
        ("²", None),
        ("\u0663", None),
        ("9" * 5000, None),
    ],
    ids=["4", "016", "nothing", "0", "-2", "superscript", "Arabic", "5000 digits"],
)
def test_only_a_count_of_threads_is_one(
    stated: str, threads: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", stated)
    assert stated_threads() == threads
