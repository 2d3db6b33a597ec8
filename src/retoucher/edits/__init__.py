"""The edits a person can ask for: one file each, all of them in `EDITS`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from retoucher.edit import Edit, did_you_mean
from retoucher.edits.adjust import Adjust
from retoucher.edits.extend import Extend
from retoucher.edits.harmonize import Harmonize
from retoucher.edits.imagine import Imagine
from retoucher.edits.inpaint import Inpaint
from retoucher.edits.redraw import Redraw
from retoucher.edits.restore import Restore
from retoucher.edits.select import Select
from retoucher.edits.trace import Trace
from retoucher.errors import UsageError

EDITS: tuple[type[Edit], ...] = (Inpaint, Select, Extend, Harmonize, Redraw, Trace, Restore, Adjust, Imagine)


def parse(name: str, options: Mapping[str, Any]) -> Edit:
    """The edit of that name with these options; a `UsageError` names the word that is wrong and a close one."""
    known = {edit.name: edit for edit in EDITS}
    if name not in known:
        raise UsageError(f"There is no edit '{name}'{did_you_mean(name, known)}: there is {', '.join(known)}.")
    return known[name].parse(options)
