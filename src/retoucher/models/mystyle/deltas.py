"""What tuning changes of a synthesis, kept small: products of two narrow matrices for filters, all of what is small.

The published program tunes and keeps every number of the synthesis, 113 MB for each person. A change of low rank (Hu et
al., LoRA, ICLR 2022) of every filter bank and every style's matrix is a hundredth of that.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from retoucher.errors import RetoucherError

FIRST, SECOND, WHOLE = "|first", "|second", "|whole"
"""What tensors of a change are called, after the name of what they change."""


class Deltas(nn.Module):
    """Changes of the parameters of one network, nothing at first. `rank`: of matrices' changes, 0 for no bound."""

    def __init__(self, network: nn.Module, rank: int) -> None:
        super().__init__()
        self.rank = rank
        chance = torch.Generator().manual_seed(0)
        self.parts = nn.ParameterDict()
        for name, parameter in network.named_parameters():
            key = _safe(name)
            rows, columns = _matrix(parameter)
            if rank and min(rows, columns) > 2 * rank:
                first = torch.randn(rows, rank, generator=chance) / rank**0.5
                self.parts[key + FIRST] = nn.Parameter(first)
                self.parts[key + SECOND] = nn.Parameter(torch.zeros(rank, columns))
            else:
                self.parts[key + WHOLE] = nn.Parameter(torch.zeros_like(parameter, device="cpu"))

    def forward(self, network: nn.Module) -> dict[str, Tensor]:
        """All parameters of the network, changed: by name, for `torch.func.functional_call`."""
        return {name: parameter + self._of(name, parameter) for name, parameter in network.named_parameters()}

    def _of(self, name: str, parameter: Tensor) -> Tensor:
        key = _safe(name)
        if key + WHOLE in self.parts:
            whole: Tensor = self.parts[key + WHOLE]
            return whole
        product: Tensor = self.parts[key + FIRST] @ self.parts[key + SECOND]
        return product.reshape(parameter.shape)

    def tensors(self) -> dict[str, Tensor]:
        """For a file."""
        return {name.replace("/", "."): tensor.detach() for name, tensor in self.parts.items()}


def of_tensors(network: nn.Module, tensors: Mapping[str, Tensor]) -> Deltas:
    """The changes that a file holds. Raises RetoucherError where they are another network's."""
    first = next((tensor for name, tensor in tensors.items() if name.endswith(FIRST)), None)
    found = Deltas(network, 0 if first is None or first.ndim != 2 else first.shape[1])
    wanted = {name.replace("/", "."): name for name in found.parts}
    if set(wanted) != set(tensors) or any(tensors[n].shape != found.parts[k].shape for n, k in wanted.items()):
        raise RetoucherError("These changes were made for another base: use the base the person was made with.")
    for name, key in wanted.items():
        found.parts[key].data = tensors[name].detach().float().clone()
    return found


@torch.no_grad()
def apply(network: nn.Module, deltas: Deltas) -> None:
    """Change the network for good."""
    changed = deltas(network)
    for name, parameter in network.named_parameters():
        parameter.copy_(changed[name])


def _matrix(parameter: Tensor) -> tuple[int, int]:
    """Rows and columns: output channels, and all that goes into one. The constant picture is channels by pixels."""
    rows = parameter.shape[0] if parameter.ndim else 1
    return rows, parameter.numel() // max(rows, 1)


def _safe(name: str) -> str:
    """A parameter's name without dots, which a dictionary of parameters cannot have."""
    return name.replace(".", "/")
