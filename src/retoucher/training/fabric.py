"""Lightning Fabric, which places the training on one device or many."""

from __future__ import annotations

import importlib
import logging
import warnings
from typing import Any

from retoucher.errors import UsageError
from retoucher.training.options import Options


def fabric_for(options: Options) -> Any:
    """A launched Fabric for the devices and the precision that were asked for. Raises UsageError where it cannot be."""
    import torch

    fabric = _module()
    where = {"auto": "cuda" if torch.cuda.is_available() else "cpu"}.get(options.device, options.device)
    several = options.devices not in ("1", "auto") or options.nodes > 1
    if where == "cuda":
        torch.set_float32_matmul_precision("high")
        torch.backends.cudnn.benchmark = True
    precision = options.precision
    if precision == "auto":
        precision = "bf16-mixed" if where == "cuda" else "32-true"
    devices: int | str = options.devices if options.devices == "auto" else _count(options.devices)
    if where == "cpu" and devices == "auto":
        devices = 1
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of Lightning, about what the person has chosen
            made = fabric.Fabric(
                accelerator=where,
                devices=devices,
                num_nodes=options.nodes,
                precision=precision,
                strategy=_strategy(options) if several else "auto",
            )
            made.launch()
    except (RuntimeError, ValueError, TypeError) as error:
        raise UsageError(f"Training cannot be placed on {options.devices} × {where}: {error}") from error
    return made


def _strategy(options: Options) -> str:
    """How several processes share their gradients: stages freeze parameters, which plain "ddp" takes for an error."""
    return "ddp_find_unused_parameters_true" if options.method == "partialconv" else "ddp"


def _count(text: str) -> int:
    if not text.isdigit() or text == "0":
        raise UsageError(f"'{text}' is no number of devices: give 1 or more, or auto.")
    return int(text)


def _module() -> Any:
    """Fabric alone, or within the whole of Lightning."""
    for name in ("lightning_fabric", "lightning.fabric"):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                found = importlib.import_module(name)
        except ImportError:
            continue
        logging.getLogger(name).setLevel(logging.WARNING)  # what it announces, the person has asked for
        return found
    raise UsageError("Training needs Lightning Fabric: pip install 'retoucher[train]'.")
