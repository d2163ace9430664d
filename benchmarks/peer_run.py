"""A scene through the peer's sliding windows and through ours, each from its files to a class map."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from benchmarks.figures import seconds_of
from core.export.byte_rasters import scratch_raster
from core.inference.decision import classify, deciding_threshold
from core.inference.engines import default_engine
from core.inference.predict import predict_windows
from core.networks.normalisation import normalise
from core.tiles.grouping import group_files
from core.tiles.reading import open_tile

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from core.inference.engines import Engine
    from core.networks.stored import Model
    from core.tiles.tile import Tile

Way = Literal["ours", "peer", "peer in bfloat16"]
ROI_PX, OVERLAP, BATCH = 512, 0.25, 4  # the peer's own overlap; window and batch of its tutorials' size


@dataclass(frozen=True, slots=True, eq=False)
class PeerOrder:
    """Which scene, with which model, which way. `cache` keeps compiled networks; `folder` takes our map."""

    paths: tuple[Path, ...]
    model: Model
    way: Way
    folder: Path
    cache: Path

    def __call__(self) -> float:
        """Seconds from the files to the class map, in this process."""
        (files,) = group_files(self.paths).tiles
        with open_tile(files) as tile:
            if self.way == "ours":
                engine = default_engine(self.model, self.cache)
                return seconds_of(lambda: map_streaming(self, tile, engine))
            half = self.way != "peer"
            return seconds_of(lambda: map_in_memory(self.model, tile, half=half))


def map_streaming(order: PeerOrder, tile: Tile, engine: Engine) -> None:
    """Our way: windows are read, decided and written one after the other."""
    with (
        scratch_raster(order.folder / "ours.tif", tile.grid) as raster,
        closing(predict_windows(tile, order.model, engine)) as predictions,
    ):
        for prediction in predictions:
            raster.write(prediction.classes, prediction.window)


def map_in_memory(model: Model, tile: Tile, *, half: bool) -> NDArray[np.uint8]:
    """The peer's way: the scene is one array, its probabilities another.

    `half`: under torch's automatic bfloat16, which the peer's users may switch on.
    """
    import torch
    from monai.inferers import sliding_window_inference

    from core.inference.torch_engine import with_probabilities

    network = with_probabilities(model)
    x = torch.from_numpy(normalise(tile.read(tile.grid.full_window), model.card))[None]
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16, enabled=half):
        probabilities = sliding_window_inference(
            x, (ROI_PX, ROI_PX), BATCH, network, overlap=OVERLAP, mode="gaussian"
        )
    threshold = deciding_threshold(model.spec, model.card, None)
    return classify(probabilities[0].float().numpy(), model.spec, threshold)
