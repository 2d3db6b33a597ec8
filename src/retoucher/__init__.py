"""Retoucher: take something out of a photo, and change nothing else.

>>> import retoucher
>>> retoucher.inpaint("photo.jpg", "mask.png").image.save("without.jpg")  # doctest: +SKIP
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from retoucher.catalogue import load
    from retoucher.edit import Edit, Result
    from retoucher.edits.adjust import Adjust, adjust
    from retoucher.edits.extend import Extend, extend
    from retoucher.edits.harmonize import Harmonize, harmonize
    from retoucher.edits.imagine import Imagine, imagine
    from retoucher.edits.inpaint import Inpaint, inpaint
    from retoucher.edits.personal.create import create_person
    from retoucher.edits.redraw import Redraw, redraw
    from retoucher.edits.restore import Restore, restore
    from retoucher.edits.select import Select, select
    from retoucher.edits.trace import Trace, trace
    from retoucher.errors import RetoucherError, UsageError
    from retoucher.fit import Fit
    from retoucher.frame import Frame
    from retoucher.image import Image
    from retoucher.mask import Mask

__all__ = [
    "Adjust",
    "Edit",
    "Extend",
    "Fit",
    "Frame",
    "Harmonize",
    "Image",
    "Imagine",
    "Inpaint",
    "Mask",
    "Redraw",
    "Restore",
    "Result",
    "RetoucherError",
    "Select",
    "Trace",
    "UsageError",
    "__version__",
    "adjust",
    "create_person",
    "extend",
    "harmonize",
    "imagine",
    "inpaint",
    "load",
    "redraw",
    "restore",
    "select",
    "trace",
]

__version__ = "0.1.0"

_HOMES = {
    "Adjust": "edits.adjust",
    "Edit": "edit",
    "Extend": "edits.extend",
    "Fit": "fit",
    "Frame": "frame",
    "Harmonize": "edits.harmonize",
    "Image": "image",
    "Imagine": "edits.imagine",
    "Inpaint": "edits.inpaint",
    "Mask": "mask",
    "Redraw": "edits.redraw",
    "Restore": "edits.restore",
    "Result": "edit",
    "RetoucherError": "errors",
    "Select": "edits.select",
    "Trace": "edits.trace",
    "UsageError": "errors",
    "adjust": "edits.adjust",
    "create_person": "edits.personal.create",
    "extend": "edits.extend",
    "harmonize": "edits.harmonize",
    "imagine": "edits.imagine",
    "inpaint": "edits.inpaint",
    "load": "catalogue",
    "redraw": "edits.redraw",
    "restore": "edits.restore",
    "select": "edits.select",
    "trace": "edits.trace",
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
