"""How much memory a method takes: the peak of a fresh process that does nothing but fill one hole with it.

Measured from outside, because a process that has run other methods before keeps memory that the next one uses again.
`python -m retoucher.evaluation.resident METHOD DEVICE CASE.npz` is that process.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retoucher.evaluation.cases import Case
from retoucher.evaluation.methods import open_method


def megabytes(asked: str, device: str, case: Case) -> dict[str, float]:
    """The memory of a method of `inpaint` on a case, see `peaks`."""
    return peaks("retoucher.evaluation.resident", (asked, device), {"picture": case.picture, "hole": case.hole})


def peaks(module: str, words: Sequence[str], arrays: Mapping[str, NDArray[Any]]) -> dict[str, float]:
    """{"megabytes": peak resident memory of the process, "gpu_megabytes": peak on a GPU}; {} where it cannot be known.

    The process is `python -m MODULE WORDS… FILE.npz`, which ends with `tell_peaks`; the file holds the arrays. Python,
    its libraries and the weights are part of it; 1 MB is 10⁶ bytes.
    """
    with TemporaryDirectory() as folder:
        path = Path(folder) / "case.npz"
        np.savez(path, **arrays)  # type: ignore[arg-type]  # its stubs take them for other parameters
        done = subprocess.run([sys.executable, "-m", module, *words, str(path)], capture_output=True, text=True)
    try:
        found = json.loads(done.stdout.splitlines()[-1])
    except (ValueError, LookupError):
        return {}
    return {name: float(value) / 1e6 for name, value in found.items() if value}


def _peak() -> int:
    """The most memory that this process has had resident, in bytes; 0 where the system does not say."""
    status = Path("/proc/self/status")
    if status.exists():  # Linux: what getrusage says there includes the process that started this one
        lines = status.read_text().splitlines()
        return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM")), 0)
    if sys.platform == "win32":
        return 0
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def _gpu_peak() -> int:
    """The most memory that torch has had on the GPU, in bytes; 0 where it has not been there."""
    torch = sys.modules.get("torch")
    return int(torch.cuda.max_memory_allocated()) if torch is not None and torch.cuda.is_available() else 0


def main(asked: str, device: str, path: str) -> None:
    """Fill the hole once and tell the peaks."""
    with np.load(path) as held:
        open_method(asked, device)(held["picture"], held["hole"])
    tell_peaks()


def tell_peaks() -> None:
    """Print the peaks of this process as a line of JSON."""
    print(json.dumps({"megabytes": _peak(), "gpu_megabytes": _gpu_peak()}))


if __name__ == "__main__":
    main(*sys.argv[1:])
