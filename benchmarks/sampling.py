"""Sampling: what the threads of this process are at while it works."""

from __future__ import annotations

import sys
import threading
from collections import defaultdict
from dataclasses import dataclass
from pathlib import PurePath
from time import perf_counter
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from types import FrameType, TracebackType

EVERY_S = 0.01
NETWORK, OTHER = "network", "other"
WAITING_FILES = ("threading.py", "queue.py", "_base.py", "thread.py", "selectors.py", "connection.py")
PICTURES = ("previews", "tile_pictures", "overlays", "figure", "mercator")
# A thread is at the first of these that its stack holds, from the inside out: file, function (any: ""), part.
PLACES = (
    ("core/inference/openvino_engine.py", "__call__", NETWORK),
    ("core/inference/torch_engine.py", "run", NETWORK),
    ("core/tiles/tile.py", "_file_sha256", "hashing the files"),
    ("core/export/records.py", "artifact_of", "hashing the files"),
    ("core/tiles/results.py", "", "reading results back"),
    ("core/tiles/", "", "reading the tile"),
    ("core/networks/normalisation.py", "", "normalising"),
    ("core/inference/decision.py", "", "deciding, quantising, rules"),
    ("core/export/rasters.py", "quantise", "deciding, quantising, rules"),
    ("core/measure/votes.py", "", "deciding, quantising, rules"),
    ("core/export/byte_rasters.py", "write", "writing windows"),
    ("core/export/byte_rasters.py", "read", "reading results back"),
    ("core/export/byte_rasters.py", "read_planes", "reading results back"),
    ("core/export/byte_rasters.py", "", "Cloud Optimized copies"),
    ("core/inference/components.py", "", "small components"),
    ("core/inference/postprocess.py", "", "small components"),
    ("core/measure/", "", "areas and errors"),
    *((f"core/export/{file}.py", "", "previews") for file in PICTURES),
    ("core/present/", "", "previews"),
    ("core/export/", "", "records"),
)


@dataclass(frozen=True, slots=True)
class Part:
    """One kind of work: seconds in which it ran `beside` the network, and in which the network was idle."""

    name: str
    alone_s: float
    beside_s: float


class Sampler:
    """Looks at all threads every 10 ms while the block runs; `parts` tells what it saw.

    The seconds `alone` and those of the network add up to the wall time: where several threads work and none
    of them is in the network, they share the time.
    """

    def __init__(self, places: tuple[tuple[str, str, str], ...] = PLACES) -> None:
        self._places = places
        self._alone: dict[str, float] = defaultdict(float)
        self._beside: dict[str, float] = defaultdict(float)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="sampler", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join()

    @property
    def parts(self) -> tuple[Part, ...]:
        """What was seen, the network first, then by the time it took alone."""
        names = sorted({*self._alone, *self._beside}, key=lambda n: (n != NETWORK, -self._alone[n]))
        return tuple(Part(name, self._alone[name], self._beside[name]) for name in names)

    def _watch(self) -> None:
        own, last = threading.get_ident(), perf_counter()
        while not self._ended.wait(EVERY_S):
            frames = sys._current_frames()
            now = perf_counter()
            self._count({part for n, f in frames.items() if n != own and (part := self._part(f))}, now - last)
            last = now

    def _count(self, parts: set[str], seconds: float) -> None:
        if NETWORK in parts:
            self._alone[NETWORK] += seconds
            for part in parts - {NETWORK}:
                self._beside[part] += seconds
            return
        busy = parts - {OTHER} or {OTHER}
        for part in busy:
            self._alone[part] += seconds / len(busy)

    def _part(self, frame: FrameType | None) -> str | None:
        """What a thread is at; None while it waits for another."""
        if frame is None or PurePath(frame.f_code.co_filename).name in WAITING_FILES:
            return None
        while frame is not None:
            path, function = frame.f_code.co_filename.replace("\\", "/"), frame.f_code.co_name
            for place, named, part in self._places:
                if f"/{place}" in path and named in ("", function):
                    return part
            frame = frame.f_back
        return OTHER
