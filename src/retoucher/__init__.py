"""Retoucher: take something out of a photo, and change nothing else.

>>> import retoucher
>>> retoucher.inpaint("photo.jpg", "mask.png").image.save("without.jpg")  # doctest: +SKIP
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from retoucher.catalogue import load
    from retoucher.edit import Edit, Result
    from retoucher.edits.inpaint import Inpaint, inpaint
    from retoucher.errors import RetoucherError, UsageError
    from retoucher.fit import Fit
    from retoucher.frame import Frame
    from retoucher.image import Image
    from retoucher.mask import Mask

__all__ = [
    "Edit",
    "Fit",
    "Frame",
    "Image",
    "Inpaint",
    "Mask",
    "Result",
    "RetoucherError",
    "UsageError",
    "__version__",
    "inpaint",
    "load",
]

__version__ = "0.1.0"

_HOMES = {
    "Edit": "edit",
    "Fit": "fit",
    "Frame": "frame",
    "Image": "image",
    "Inpaint": "edits.inpaint",
    "Mask": "mask",
    "Result": "edit",
    "RetoucherError": "errors",
    "UsageError": "errors",
    "inpaint": "edits.inpaint",
    "load": "catalogue",
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first asked for, so that `import retoucher` costs nothing."""
    if name not in _HOMES:
        raise AttributeError(f"module 'retoucher' has no attribute '{name}'")
    value = getattr(import_module(f"retoucher.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
