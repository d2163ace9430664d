"""Patches drawn from labelled tiles: reproducible one by one, whoever asks in whatever order."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import distributed
from torch.utils.data import DataLoader, Dataset, Sampler

from core.networks.weights import normalise
from core.types import Pixels
from trainer.augmentation import Augmentation, Patch, augment, resize
from trainer.labels import UNKNOWN
from trainer.shares import folder_shares

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.random import Generator
    from numpy.typing import NDArray
    from torch import Tensor

    from core.networks.weights import Normalisation
    from trainer.datasets import LabelledTile

RARE_CANDIDATES = 20_000  # kept pixels of a class and tile to centre patches on; enough to be everywhere


@dataclass(frozen=True, slots=True)
class Drawing:
    """How patches are drawn.

    `size_px` is their side. `rare` holds, for a class, the share of patches that are centred on one of its
    pixels, all tiles that have some alike; the others lie anywhere. `sources` weighs data folders by name;
    where it names none that is at hand, every tile is drawn alike. `each`: every tile once a round, in an
    order shuffled anew, instead of all that; from its middle, where it is larger than a patch. `as_is`: the
    share of a folder's patches that are turned at most, and otherwise as they were measured.
    """

    size_px: int
    rare: dict[int, float]
    sources: dict[str, float]
    each: bool = False
    as_is: dict[str, float] = field(default_factory=dict)


class PatchDataset(Dataset["tuple[Tensor, Tensor]"]):
    """Normalised patches (5, p, p) float32 with labels (p, p) int64; 255 where nothing is known.

    Patch number i depends on the seed and i alone, so that a resumed training sees what it would have seen.
    """

    def __init__(
        self,
        tiles: Sequence[LabelledTile],
        drawing: Drawing,
        augmentation: Augmentation,
        constants: Normalisation,
        seed: int,
    ) -> None:
        """Prepare the drawing.

        Raises:
            TrainingError: `drawing.sources` names some of the tiles' folders alone.
        """
        self._tiles = tiles
        self._drawing = drawing
        self._augmentation = augmentation
        self._constants = constants
        self._seed = seed
        self._shares = folder_shares({tile.source for tile in tiles}, {} if drawing.each else drawing.sources)
        self._folders = {
            source: [index for index, tile in enumerate(tiles) if tile.source == source]
            for source in {tile.source for tile in tiles}
        }
        self._rare = {code: self._places_of(code) for code in drawing.rare}

    def __getitem__(self, number: int) -> tuple[Tensor, Tensor]:
        """Patch `number`."""
        rng = np.random.default_rng((self._seed, number))
        patch, rule = self._draw_each(number, rng) if self._drawing.each else self._draw(rng)
        pixels, labels = augment(resize(patch, self._drawing.size_px), rule, rng)
        target = np.where(pixels.valid, labels, UNKNOWN).astype(np.int64)
        return torch.from_numpy(normalise(pixels, self._constants)), torch.from_numpy(target)

    def _draw_each(self, number: int, rng: Generator) -> tuple[Patch, Augmentation]:
        """The patch of the tile whose turn it is, and how it is to be changed."""
        turn, place = divmod(number, len(self._tiles))
        order = np.random.default_rng((self._seed, turn, len(self._tiles))).permutation(len(self._tiles))
        tile = self._tiles[int(order[place])]
        rule = self._augmentation
        side = self._side(rule, rng)
        height, width = tile.labels.shape
        return _cut(tile, (max(0, height - side) // 2, max(0, width - side) // 2), side), rule

    def _side(self, rule: Augmentation, rng: Generator) -> int:
        """Side of the square on the ground that becomes a patch."""
        spread = rule.scale
        factor = float(np.exp(rng.uniform(-spread, spread))) if spread else 1.0
        return round(self._drawing.size_px * factor)

    def _draw(self, rng: Generator) -> tuple[Patch, Augmentation]:
        """A patch of the folder whose lot it is, and how it is to be changed."""
        members, rule = self._members(rng), self._augmentation
        as_is = self._drawing.as_is
        if as_is and rng.random() < as_is.get(self._tiles[members[0]].source, 0.0):
            rule = Augmentation(turns=rule.turns)
        return self._draw_from(members, self._side(rule, rng), rng), rule

    def _members(self, rng: Generator) -> Sequence[int]:
        """The tiles that a patch may be of: those of one folder, or all where no folder is treated apart."""
        if self._shares:
            lot = int(rng.choice(len(self._shares), p=list(self._shares.values())))
            return self._folders[list(self._shares)[lot]]
        if self._drawing.as_is:
            return self._folders[self._tiles[int(rng.integers(len(self._tiles)))].source]
        return range(len(self._tiles))

    def _draw_from(self, members: Sequence[int], side: int, rng: Generator) -> Patch:
        """A square of one of the tiles, around a pixel of a rare class where the lot falls on one."""
        lot = rng.random()
        for code, share in self._drawing.rare.items():
            lot -= share
            holders = [index for index in members if index in self._rare[code]]
            if lot < 0 and holders:
                index = holders[int(rng.integers(len(holders)))]
                places = self._rare[code][index]
                row, col = places[int(rng.integers(len(places)))]
                return _cut_around(self._tiles[index], (int(row), int(col)), side, rng)
        tile = self._tiles[members[int(rng.integers(len(members)))]]
        row, col = (int(rng.integers(extent)) for extent in tile.labels.shape)
        return _cut_around(tile, (row, col), side, rng)

    def _places_of(self, code: int) -> dict[int, NDArray[np.intp]]:
        """Pixels of a class: rows and columns (n, 2) by the number of each tile that has some."""
        rng = np.random.default_rng((self._seed, code))
        places = {}
        for index, tile in enumerate(self._tiles):
            found = np.argwhere((tile.labels == code) & tile.pixels.valid)
            if len(found):
                places[index] = rng.permutation(found)[:RARE_CANDIDATES]
        return places


class EndlessSampler(Sampler[int]):
    """Patch numbers that never repeat: epoch e gives e * length to (e + 1) * length - 1.

    Where several processes train together each takes its own share. `position` is the next number, counted
    over all of them; an epoch that was interrupted goes on from there.
    """

    def __init__(self, length: int) -> None:
        self._length = length
        self._epoch = 0
        self.position = 0

    def __len__(self) -> int:
        """Patches an epoch and process."""
        return self._length // _processes()[1]

    def __iter__(self) -> Iterator[int]:
        """The numbers of the current epoch that are left, in order."""
        rank, processes = _processes()
        begin, end = self._epoch * self._length, self._epoch * self._length + len(self) * processes
        start = self.position if begin <= self.position < end else begin
        for number in range(start, end, processes):
            self.position = number + processes
            yield number + rank

    def set_epoch(self, epoch: int) -> None:
        """Move to an epoch; Lightning calls this, also after it has resumed."""
        self._epoch = epoch


class PatchLoader(DataLoader["tuple[Tensor, Tensor]"]):
    """Batches of patches that go on where a checkpoint says; Lightning asks and tells."""

    def __init__(self, patches: PatchDataset, numbers: EndlessSampler, batch: int) -> None:
        self._numbers = numbers
        super().__init__(patches, batch_size=batch, sampler=numbers)

    def state_dict(self) -> dict[str, int]:
        """The number of the next patch."""
        return {"position": self._numbers.position}

    def load_state_dict(self, state: dict[str, int]) -> None:
        """Go on from the number of a checkpoint."""
        self._numbers.position = state["position"]


def _processes() -> tuple[int, int]:
    """The number of this process, from 0, and how many train together."""
    if distributed.is_available() and distributed.is_initialized():
        return distributed.get_rank(), distributed.get_world_size()
    return 0, 1


def _cut_around(
    tile: LabelledTile, centre: tuple[int, int], size_px: int, rng: Generator
) -> tuple[Pixels, NDArray[np.uint8]]:
    """A square that holds `centre` near its own and lies inside the tile, where the tile is large enough."""
    jitter = size_px // 4
    top, left = (
        int(np.clip(at - size_px // 2 + rng.integers(-jitter, jitter + 1), 0, max(0, extent - size_px)))
        for at, extent in zip(centre, tile.labels.shape, strict=True)
    )
    return _cut(tile, (top, left), size_px)


def _cut(tile: LabelledTile, corner: tuple[int, int], size_px: int) -> tuple[Pixels, NDArray[np.uint8]]:
    """The square at a corner; short tiles are padded."""
    part = tuple(slice(at, at + size_px) for at in corner)
    values, valid, labels = tile.pixels.values[:, *part], tile.pixels.valid[part], tile.labels[part]
    missing = [(0, size_px - extent) for extent in labels.shape]
    if any(after for _, after in missing):
        values = np.pad(values, [(0, 0), *missing])
        valid, labels = np.pad(valid, missing), np.pad(labels, missing, constant_values=UNKNOWN)
    return Pixels(values, valid), labels
