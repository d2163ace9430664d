"""Splitting a change into what the model made of it and what is left.

Let A(t, m) be the ice that model m maps on tile t, on the ground that both tiles saw. Two runs, tile 1 with
model m1 and tile 2 with model m2, change by

    total = A(2, m2) - A(1, m1)

Both tiles are run again with one model m. Then exactly

    total     = model + remainder
    remainder = A(2, m) - A(1, m)                              one model, two scenes
    model     = [A(2, m2) - A(2, m)] - [A(1, m1) - A(1, m)]    one scene each, two models

The remainder is the glacier's change and whatever differs between the scenes: season, snow, shadow. Where the
tiles have other pixels, other bands or another sensor, what the one model makes of that is in the remainder,
too, and nothing here tells it from the rest. Two images cannot tell the ground's parts apart: snow that stays
looks like ice on either. Known outlines tell some of it:

    remainder = scene + glacier
    scene     = O(2, m) - O(1, m)     O: the ice outside all outlines that hangs together with none of theirs

on the assumption that no glacier forms apart from the outlined ones (`core.measure.scene`). Snow on a glacier
or beside it stays in the glacier's part, ice that the outlines lack in the scene's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.errors import ComparisonError
from core.measure.change import Estimate

if TYPE_CHECKING:
    from core.measure.change import Change
    from core.measure.scene import ScenePart

SAME_GROUND = 1e-6  # share of the common ground by which two sums may differ


@dataclass(frozen=True, slots=True)
class Attribution:
    """The parts of a net change of ice, km2; `total_km2` is `model_km2` plus `remainder.value_km2`.

    `model_before_km2` and `model_after_km2`: what the run's own model maps more than the common one, on
    either tile; the model's part is their difference, and as both map the same tiles it has no error.
    `remainder`: the change under one model, of which `scene` is ice that belongs to no outline; None where
    no outline tells. `one_model`: the runs were of one model from the first, which has no part in the change
    unless it saw the tiles otherwise. `inputs`: how it did, a phrase each (`core.measure.comparability`): its
    reaction to that is in the remainder and in both of its parts, and cannot be told from them.
    """

    total_km2: float
    model_before_km2: float
    model_after_km2: float
    remainder: Estimate
    scene: ScenePart | None = None
    one_model: bool = False
    inputs: tuple[str, ...] = ()

    @property
    def model_km2(self) -> float:
        """The part that the models made."""
        return self.model_after_km2 - self.model_before_km2

    @property
    def glacier(self) -> Estimate | None:
        """What is left under one model for the glaciers, and for its `inputs`; None where no outline tells.

        Its error is that of the remainder, an upper bound: blocks err as one (`core.measure.expectations`),
        so scene and glacier never err against each other, and the scene only adds to the whole.
        """
        if self.scene is None:
            return None
        return Estimate(self.remainder.value_km2 - self.scene.value_km2, self.remainder.sigma_km2)


def without_model(change: Change, scene: ScenePart, inputs: tuple[str, ...] = ()) -> Attribution:
    """The parts of a change between runs of one model: `scene` was found in these very runs.

    `inputs`: how the model saw the tiles otherwise, from `core.measure.comparability.inputs_differ`.
    """
    return Attribution(
        total_km2=change.net_km2,
        model_before_km2=0.0,
        model_after_km2=0.0,
        remainder=change.interval,
        scene=scene,
        one_model=True,
        inputs=inputs,
    )


def attribute(
    change: Change, repeated: Change, scene: ScenePart | None = None, inputs: tuple[str, ...] = ()
) -> Attribution:
    """The parts of a change, from the same two tiles compared again under one model.

    `scene`: what `core.measure.scene` found in the repeated runs, if outlines are known. `inputs`: how
    the one model saw the tiles otherwise, from `core.measure.comparability.inputs_differ`.

    Raises:
        ComparisonError: the repeated runs did not see the same ground.
    """
    if abs(change.seen_km2 - repeated.seen_km2) > SAME_GROUND * change.seen_km2:
        raise ComparisonError(
            f"The repeated runs saw {repeated.seen_km2:.4f} km2 in common, the first ones "
            f"{change.seen_km2:.4f} km2, so the change cannot be split. Check that the tiles are unaltered."
        )
    return Attribution(
        total_km2=change.net_km2,
        model_before_km2=change.ice_before_km2 - repeated.ice_before_km2,
        model_after_km2=change.ice_after_km2 - repeated.ice_after_km2,
        remainder=repeated.interval,
        scene=scene,
        inputs=inputs,
    )
