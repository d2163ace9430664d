"""The app in a test: small networks instead of the shipped weights, caches emptied, the worker ended."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from core.jobs import JobState
from core.models import model_spec
from core.networks import cards, stored
from core.runs import Options
from core.tiles.grouping import TileFiles
from core.tiles.reading import open_tile
from db.history import History, open_history
from db.recording import analyse_and_save
from pages.parts import cached
from tests.core.inference.sources import card_of, small_unet
from tests.rasters import level2_numbers, write_tile

ROOT = Path(__file__).parents[2]
NAMES = ("blue", "green", "red", "swir1", "thermal")
WAIT_S = 60.0


@dataclass
class App:
    """A visitor's browser tab."""

    at: AppTest = field(
        default_factory=lambda: AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=60)
    )

    def open(self, page: str = "pages/segment_tile.py") -> AppTest:
        """Go to a page."""
        self.at.run()
        if page != "pages/segment_tile.py":
            self.at.switch_page(page).run()
        return self.sound()

    def sound(self) -> AppTest:
        """The page, which must show no defect."""
        assert not self.at.exception, self.at.exception
        return self.at

    def words(self) -> str:
        """All text on the page."""
        at = self.at
        texts = (at.title, at.header, at.subheader, at.markdown, at.caption)
        kinds = (*texts, at.error, at.warning, at.info, at.success)
        return "\n".join(str(element.value) for kind in kinds for element in kind)

    def finish_jobs(self) -> AppTest:
        """Wait for the worker, then draw the page anew."""
        queue = cached.job_queue()
        for view in queue.views():
            ended = queue.wait(view.id, WAIT_S)
            assert ended is not None
            assert ended.state is not JobState.QUEUED
        self.at.run()
        return self.sound()


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch) -> Iterator[App]:
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(stored, "find_model", lambda key, folder: small_unet(model_spec(key)))
    monkeypatch.setattr(cards, "read_card", lambda path: card_of(model_spec(path.stem), limits="For tests."))
    st.cache_resource.clear()
    st.cache_data.clear()
    yield App()
    cached.job_queue().close(WAIT_S)
    cached.history().close()
    st.cache_resource.clear()
    st.cache_data.clear()


@pytest.fixture
def tile_bytes(tmp_path: Path) -> Callable[..., bytes]:
    """The bytes of a five-band Level-2 tile."""

    def make(name: str = "tile.tif", size: int = 48, seed: int = 0, **options: object) -> bytes:
        options.setdefault("descriptions", NAMES)
        values = level2_numbers(size, size, seed)
        return write_tile(tmp_path / "made" / name, values, **options).read_bytes()  # type: ignore[arg-type]

    return make


@pytest.fixture
def save_runs(tmp_path: Path) -> Callable[..., list[str]]:
    """Runs in the history, one a name; (site, date) as given."""

    def save(names: dict[str, tuple[str | None, date | None]], model: str = "binary") -> list[str]:
        store: History = open_history()
        ids = []
        for seed, (name, (site, acquired_on)) in enumerate(names.items()):
            path = write_tile(
                tmp_path / "runs" / f"{seed}.tif", level2_numbers(40, 40, seed), descriptions=NAMES
            )
            files = open_tile(path).bands
            opened = open_tile(TileFiles(name, dict(files)), acquired_on=acquired_on)
            with opened:
                ids += analyse_and_save(store, opened, [small_unet(model_spec(model))], Options(), site=site)
        store.close()
        return ids

    return save
