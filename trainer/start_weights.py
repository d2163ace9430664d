"""Start weights: those that `--init` names, and whether the network that is trained can take them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.errors import TrainingError
from core.models import model_spec
from core.networks.catalogue import architecture_of, outputs_of
from core.networks.weights import load_model
from trainer.alternatives import build_alternative

if TYPE_CHECKING:
    from torch import Size, nn

    from core.networks.weights import LoadedModel
    from trainer.configuration import Configuration


def read_start(init: str | None, configuration: Configuration) -> LoadedModel | None:
    """The start weights of a training, by a model's key or a .safetensors file; None without any.

    Raises:
        TrainingError: they do not fit the network that is trained.
        ModelError: neither a model's key nor the path of a .safetensors file.
        WeightsError: they cannot be read.
    """
    if init is None:
        return None
    start = load_model(init)
    check_start(start, configuration)
    return start


def check_start(start: LoadedModel | None, configuration: Configuration) -> None:
    """See that the network that is trained can take the start weights.

    Raises:
        TrainingError: they are of another model, or [network] is another network than theirs.
    """
    if start is None:
        return
    if start.spec.key != configuration.model:
        raise TrainingError(
            f"The start weights are of the model '{start.spec.key}', and '{configuration.model}' is to be "
            f"trained, which is another network. Give weights of '{configuration.model}' with --init, or "
            "leave --init out."
        )
    chosen = configuration.network
    if chosen is None:
        return
    outputs = outputs_of(model_spec(configuration.model))
    if _shapes(build_alternative(chosen, outputs, None)) != _shapes(start.network):
        attention = f", attention '{chosen.attention}'" if chosen.attention else ""
        raise TrainingError(
            f"The start weights are of the model '{start.spec.key}' with its own network, "
            f"{architecture_of(start.spec)}, and [network] of the configuration trains another: encoder "
            f"'{chosen.encoder}', decoder '{chosen.decoder}'{attention}. Leave out --init or [network]."
        )


def _shapes(network: nn.Module) -> dict[str, Size]:
    return {name: tensor.shape for name, tensor in network.state_dict().items()}
