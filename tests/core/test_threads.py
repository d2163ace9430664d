"""How many threads the environment allows."""

from __future__ import annotations

import pytest

from core.threads import gdal_threads, stated_threads, threads_limited


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


@pytest.mark.parametrize(
    ("gdal", "omp", "threads"),
    [
        (None, None, "all_cpus"),
        ("", "²", "all_cpus"),
        (None, "3", "3"),
        ("2", "3", "2"),
        ("ALL_CPUS", "3", "ALL_CPUS"),
    ],
)
def test_gdal_takes_its_own_number_then_that_of_all(
    gdal: str | None, omp: str | None, threads: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (("GDAL_NUM_THREADS", gdal), ("OMP_NUM_THREADS", omp)):
        if value is None:
            monkeypatch.delenv(name, raising=False)
        else:
            monkeypatch.setenv(name, value)
    assert gdal_threads() == threads


def test_gdal_keeps_to_the_share_of_a_worker() -> None:
    with threads_limited(5):
        assert gdal_threads() == "5"
