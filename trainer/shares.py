"""Shares: how often each data folder gives a patch."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from core.errors import TrainingError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from trainer.datasets import LabelledTile

_log = logging.getLogger(__name__)


def folder_shares(folders: Collection[str], sources: Mapping[str, float]) -> dict[str, float]:
    """The share of each folder, adding up to 1; empty where every tile is drawn alike.

    `sources` weighs folders by name. It may name others, whose weight goes to those at hand. Where it names
    none of them, it was written for other data and every tile is drawn alike.

    Raises:
        TrainingError: it names some of the folders alone.
    """
    lacking = sorted(name for name in folders if name not in sources)
    if len(lacking) == len(folders):
        return {}
    if lacking:
        raise TrainingError(
            f"[sources] of the configuration has no share for {_listed(lacking)}, only for "
            f"{_listed(sorted(set(folders) - set(lacking)))}. Give every folder a share, leave out those "
            "without, or leave out [sources]: every tile is drawn alike then."
        )
    whole = sum(sources[name] for name in folders)
    return {name: sources[name] / whole for name in sorted(folders)}


def check_shares(given: Iterable[LabelledTile], sources: Mapping[str, float]) -> None:
    """See that `sources` weighs every folder given, or none of them.

    Raises:
        TrainingError: it names some alone.
    """
    folder_shares({tile.source for tile in given}, sources)


def tell_shares(
    given: Iterable[LabelledTile], teaching: Iterable[LabelledTile], sources: Mapping[str, float]
) -> None:
    """Warn of shares that go to others, and of a table that names none of the teaching folders."""
    present, taught = {tile.source for tile in given}, {tile.source for tile in teaching}
    if not sources:
        return
    if not taught & sources.keys():
        _log.warning(
            "[sources] of the configuration names none of the folders that teach (%s); every tile is drawn "
            "alike.",
            _listed(sorted(taught)),
        )
        return
    for names, why in (
        (sources.keys() - present, "which --data does not give"),
        ((sources.keys() & present) - taught, "of which no tile teaches"),
    ):
        if names:
            _log.warning(
                "[sources] of the configuration has shares for %s, %s; they are shared among the others.",
                _listed(sorted(names)),
                why,
            )


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"'{name}'" for name in names)
