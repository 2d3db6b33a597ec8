"""Published tensors must fit one by one: what is missing, left over or of another shape is named."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Size, Tensor

from retoucher.errors import RetoucherError

NAMED = 4
"""How many names an error spells out."""


def check(wanted: Mapping[str, Size], tensors: Mapping[str, Tensor], what: str) -> None:
    """Every tensor has its place, every place its tensor, all shapes fit; else a RetoucherError that names them.

    `wanted`: the shapes by published name; `what`: of which network, for the sentence.
    """
    wrong = [
        f"{name} is {tuple(tensors[name].shape)} instead of {tuple(shape)}"
        for name, shape in wanted.items()
        if name in tensors and tensors[name].shape != shape
    ]
    found = {
        "missing": [name for name in wanted if name not in tensors],
        "not part of it": [name for name in tensors if name not in wanted],
        "of another shape": wrong,
    }
    told = [f"{problem}: {listed(names)}" for problem, names in found.items() if names]
    if told:
        raise RetoucherError(f"The tensors are not one whole {what} ({'; '.join(told)}); give the whole file.")


def listed(names: list[str]) -> str:
    """The first few names and how many more there are.

    >>> listed(["a", "b", "c", "d", "e", "f"])
    'a, b, c, d and 2 more'
    """
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more
