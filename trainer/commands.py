"""The commands that train: `fit`, `finish`, `crossvalidate`, `ablate`."""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import torch
import typer

from core.errors import TrainingError
from core.models import model_spec
from core.networks.curves import SUFFIX
from core.networks.weights import save_model
from trainer.ablation import FILE, Ladder, climb, read_rungs, table_lines, write_rungs
from trainer.checkpoints import check_begun
from trainer.cross_validation import cross_validate
from trainer.datasets import read_labelled_tiles, require_distinct, source_of
from trainer.destination import prepare_out, room_in
from trainer.evaluate.evaluation import write_evaluation
from trainer.fitting import Fitted, Materials, train
from trainer.optimising import Hardware
from trainer.reporting import precision_lines, score_lines, stage_lines
from trainer.splits import SplitKind
from trainer.start_weights import read_start
from trainer.wishes import Wishes, configured

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.models import ModelSpec
    from trainer.configuration import Configuration
    from trainer.datasets import LabelledTile

ModelArgument = Annotated[str, typer.Argument(help="binary or multiclass")]
DataOption = Annotated[
    list[Path], typer.Option("--data", help="Folder of tiles with labels; may be given several times.")
]
TestOption = Annotated[
    list[Path] | None,
    typer.Option("--test", help="Folder of tiles that neither teach nor choose; scored for the card."),
]
InitOption = Annotated[
    str | None, typer.Option(help="Start from these weights: a model's key or a .safetensors file.")
]
ConfigOption = Annotated[
    str | None,
    typer.Option(help="Configuration: a TOML file, or the name of one that ships; default: the model's own."),
]
OutOption = Annotated[Path, typer.Option(help="Folder for weights, card, curves and checkpoints.")]
SplitOption = Annotated[
    SplitKind | None, typer.Option(help="place: by blocks; random: to reproduce reports. Else as configured.")
]
FoldsOption = Annotated[int | None, typer.Option(min=2, help="Parts to split into; else as configured.")]
FoldOption = Annotated[
    int | None, typer.Option(min=0, help="Which part measures, from 0; else as configured.")
]
EpochsOption = Annotated[int | None, typer.Option(min=1, help="Epochs; else as configured.")]
SeedOption = Annotated[
    int | None, typer.Option(min=0, help="Seed of patches and of a random split; else as configured.")
]
AblationOption = Annotated[
    Path | None, typer.Option(help="ablation.json that `ablate` wrote; goes into the card.")
]
SimulatedOption = Annotated[
    list[Path] | None, typer.Option("--simulated", help="Folder of tiles that the rung 'simulation' adds.")
]
StepsOption = Annotated[int, typer.Option(min=1, help="Optimiser steps of each rung; made a multiple of 4.")]
PatchOption = Annotated[int, typer.Option("--patch-px", min=32, help="Side of the patches, in pixels.")]
ThreadsOption = Annotated[int, typer.Option(min=0, help="Processor threads; 0: all.")]
AcceleratorOption = Annotated[str, typer.Option(help="Lightning's: auto, cpu, gpu, ...")]
DevicesOption = Annotated[str, typer.Option(help="Lightning's: how many devices, or auto.")]
NodesOption = Annotated[int, typer.Option("--num-nodes", min=1, help="How many machines train together.")]
StrategyOption = Annotated[str, typer.Option(help="Lightning's: auto, ddp, fsdp, ...")]
CURRENT_OUT = Path("fit")
REFERENCES = {"binary": "ps1", "multiclass": "ps2"}  # the reference report's recipe of each model


def fit(  # noqa: PLR0913, PLR0917 - one argument an option of the command line
    model: ModelArgument,
    data: DataOption,
    test: TestOption = None,
    init: InitOption = None,
    config: ConfigOption = None,
    out: OutOption = CURRENT_OUT,
    split: SplitOption = None,
    folds: FoldsOption = None,
    fold: FoldOption = None,
    epochs: EpochsOption = None,
    seed: SeedOption = None,
    ablation: AblationOption = None,
    threads: ThreadsOption = 0,
    accelerator: AcceleratorOption = "auto",
    devices: DevicesOption = "1",
    num_nodes: NodesOption = 1,
    strategy: StrategyOption = "auto",
) -> None:
    """Train a model; run the same command again to go on after an interruption.

    Ctrl-C ends the training after its step and writes weights and card of the best epoch so far.
    """
    torch.set_num_threads(threads or os.cpu_count() or 1)
    wishes = Wishes(split, folds, fold, epochs, seed)
    configuration = configured(model, config, wishes)
    prepare_out(out)
    materials = gather(configuration, data, test or (), init, ablation)
    hardware = Hardware(accelerator, devices, num_nodes, strategy)
    with room_in(out):
        _keep(train(materials, configuration, out, hardware), out, configuration)


def finish(  # noqa: PLR0913, PLR0917 - one argument an option of the command line
    model: ModelArgument,
    data: DataOption,
    test: TestOption = None,
    init: InitOption = None,
    config: ConfigOption = None,
    out: OutOption = CURRENT_OUT,
    split: SplitOption = None,
    folds: FoldsOption = None,
    fold: FoldOption = None,
    epochs: EpochsOption = None,
    seed: SeedOption = None,
    ablation: AblationOption = None,
    threads: ThreadsOption = 0,
    accelerator: AcceleratorOption = "auto",
) -> None:
    """Write weights and card of a training's best epoch so far, without a further step.

    For a training that was killed, or that still runs. Options as they were for `fit`, but for devices,
    machines and strategy: one device scores.
    """
    torch.set_num_threads(threads or os.cpu_count() or 1)
    wishes = Wishes(split, folds, fold, epochs, seed)
    configuration = configured(model, config, wishes)
    check_begun(out)
    prepare_out(out, "Copy it to where it can, and give that folder with --out.")
    materials = gather(configuration, data, test or (), init, ablation)
    hardware = Hardware(accelerator, quiet=True)
    with room_in(out):
        _keep(train(materials, configuration, out, hardware, steps=False), out, configuration)


def crossvalidate(  # noqa: PLR0913, PLR0917 - one argument an option of the command line
    model: ModelArgument,
    data: DataOption,
    init: InitOption = None,
    config: ConfigOption = None,
    folds: FoldsOption = None,
    seed: SeedOption = None,
    out: OutOption = Path("folds"),
    threads: ThreadsOption = 0,
    accelerator: AcceleratorOption = "auto",
) -> None:
    """Train once a fold, so that every tile measures once; goes on where it was stopped.

    Trains on one device; several are for `fit`.
    """
    torch.set_num_threads(threads or os.cpu_count() or 1)
    # Each fold measures in turn, whichever the configuration names.
    configuration = configured(model, config, Wishes(folds=folds, fold=0, seed=seed))
    prepare_out(out)
    materials = gather(configuration, data, (), init)
    with room_in(out):
        evaluation = cross_validate(materials, configuration, out, Hardware(accelerator))
        write_evaluation(evaluation, out / "evaluation.json")
    typer.echo("\n".join([*score_lines(evaluation.sets), f"Written: {out / 'evaluation.json'}"]))


def ablate(  # noqa: PLR0913, PLR0917 - one argument an option of the command line
    model: ModelArgument,
    data: DataOption,
    simulated: SimulatedOption = None,
    test: TestOption = None,
    config: ConfigOption = None,
    steps: StepsOption = 400,
    patch_px: PatchOption = 256,
    seed: SeedOption = None,
    out: OutOption = Path("ablation"),
    threads: ThreadsOption = 0,
    accelerator: AcceleratorOption = "auto",
) -> None:
    """Climb from the reference's recipe towards ours, one change a rung; goes on where it was stopped.

    Split, augmentation, simulation and partial labels become ours; losses, optimiser, learning rate,
    schedule, class weights and batch stay the reference's. A rung that would change nothing is left out.

    The first rung splits at random, so that its own tiles flatter it: compare rungs on --test folders.

    Trains on one device; several are for `fit`.
    """
    torch.set_num_threads(threads or os.cpu_count() or 1)
    ours, reference = (
        configured(model, name, Wishes(seed=seed)) for name in (config, REFERENCES[model_spec(model).key])
    )
    require_distinct([*data, *(test or ()), *(simulated or ())])
    prepare_out(out)
    materials = gather(ours, data, test or (), None)
    added = _read(simulated or (), model_spec(model))
    ladder = Ladder(reference, ours, materials, added, steps, patch_px)
    with room_in(out):
        climbed = climb(ladder, out, Hardware(accelerator))
        write_rungs(climbed, out / FILE)
    typer.echo("\n".join([*table_lines(climbed), f"Written: {out / FILE}"]))


def gather(
    configuration: Configuration,
    data: Sequence[Path],
    tests: Sequence[Path],
    init: str | None,
    ablation: Path | None = None,
) -> Materials:
    """Tiles, start weights and the command of this process.

    Raises:
        TrainingError: a folder has no labelled tiles, has another's name, or both teaches and tests; start
            weights do not fit the network, or the ablation cannot be read.
        WeightsError: the start weights cannot be read.
    """
    spec = model_spec(configuration.model)
    both = {source_of(folder) for folder in data} & {source_of(folder) for folder in tests}
    if both:
        raise TrainingError(
            f"A folder named {', '.join(sorted(both))} is given to teach and to test. "
            "Scores are told apart by folder: give each another name."
        )
    for folders in (data, tests):
        require_distinct(folders)
    # Before the tiles, which may take minutes to read.
    start, rungs = read_start(init, configuration), read_rungs(ablation) if ablation else ()
    command = shlex.join(["python", "-m", "trainer", *sys.argv[1:]])
    return Materials(_read(data, spec), _read(tests, spec), start, command, rungs)


def _read(folders: Sequence[Path], spec: ModelSpec) -> tuple[LabelledTile, ...]:
    return tuple(tile for folder in folders for tile in read_labelled_tiles(folder, spec))


def _keep(fitted: Fitted | None, out: Path, configuration: Configuration) -> None:
    """Write the results and say where they are; nothing where another process does."""
    if fitted is None:
        return
    model = fitted.model
    write_evaluation(fitted.evaluation, out / "evaluation.json")
    lines = score_lines(fitted.evaluation.sets)
    lines += stage_lines(model.card)
    curves = out / f"{model.spec.key}{SUFFIX}"
    beside = "evaluation.json" + (" and curves" if curves.is_file() else "; curves begin with an epoch's end")
    if configuration.network is None:
        save_model(model.network, model.card, out / f"{model.spec.key}.safetensors")
        lines += precision_lines(model.card)
        lines.append(f"Written: {out / model.spec.key}.safetensors, its card, {beside}.")
    else:
        lines.append(
            f"Written in {out}: {beside}. The network is not the model's own, so its weights stay in the "
            "checkpoints."
        )
    typer.echo("\n".join(lines))
