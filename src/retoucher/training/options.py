"""Everything that can be said to `retoucher train` and `python -m retoucher.training`, declared once."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

METHODS = ("lama", "partialconv", "scfegan", "stylegan2", "mystyle", "features")
PRECISIONS = ("auto", "32-true", "bf16-mixed")


@dataclass(frozen=True)
class Options:
    """What was asked for; `parse` tells what each is."""

    method: str
    photos: tuple[str, ...]
    output: Path
    recipe: str = ""
    size: int | None = None
    batch: int | None = None
    steps: int | None = None
    settings: tuple[str, ...] = ()
    minutes: float | None = None
    resume: bool = False
    start_from: Path | None = None
    validation: tuple[str, ...] = ()
    leave_out: Path | None = None
    sources: Path | None = None
    features: tuple[str, ...] = ()
    silhouettes: Path | None = None
    seed: int = 0
    workers: int | None = None
    memory: bool = True
    device: str = "auto"
    devices: str = "1"
    nodes: int = 1
    precision: str = "auto"
    checkpoint_minutes: float = 5.0
    sheet_steps: int = 500
    log_steps: int = 50
    dry_run: bool = False
    quiet: bool = False


def parse(words: Sequence[str], program: str) -> Options:
    """The options in these words; leaves with 2 where they make no sense, and with 0 after --help."""
    parser = argparse.ArgumentParser(program, description=DESCRIPTION, allow_abbrev=False)
    _declare(parser)
    found = vars(parser.parse_args(words))
    for name in ("photos", "settings", "validation", "features"):
        found[name] = tuple(found[name])
    return Options(**found)


DESCRIPTION = """Train a network on your own photos. The run folder holds log.jsonl, sample sheets, checkpoints and
weights.safetensors, the averaged network. Ctrl-C stops after a step and keeps everything; --resume goes on."""


def _declare(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("method", choices=METHODS, help="whose network")
    add("--photos", nargs="+", required=True, metavar="DIR_OR_TAR", help="folders and tar shards of photos")
    add("--output", required=True, type=Path, metavar="RUN", help="the run folder; made if it is not there")
    add("--recipe", default="", help="small (unless given), or a published one; --dry-run shows its numbers")
    add("--size", type=int, help="side of the square crops in pixels, instead of the recipe's")
    add("--batch", type=int, help="pictures in a step over all devices, instead of the recipe's")
    add("--steps", type=int, help="steps in all, instead of the recipe's; may be raised when resuming")
    add(
        "--set", dest="settings", action="append", default=[], metavar="KEY=VALUE",
        help="any other number of the recipe, such as loss.adversarial=5 (repeatable)",
    )  # fmt: skip
    add("--minutes", type=float, help="stop after so long, whatever the step")
    add("--resume", action="store_true", help="go on with the run in the folder")
    add("--start-from", type=Path, metavar="FILE", help="safetensors of the same network to begin with")
    add(
        "--validation",
        nargs="+",
        default=[],
        metavar="DIR_OR_TAR",
        help="photos for the sample sheet, never learnt from",
    )
    add("--leave-out", type=Path, metavar="FILE", help="a text file with one photo's name a line: these are not taken")
    add(
        "--sources", type=Path, metavar="CSV",
        help="a table with the columns file and source_repository: photos of small sources are then drawn more often",
    )  # fmt: skip
    add(
        "--features", action="append", default=[], metavar="NAME=FILE",
        help="a file of a feature network (vgg19, vgg19-compressed, vgg16, ade20k-encoder), instead of the one that "
        "`weights add` added",
    )  # fmt: skip
    add(
        "--silhouettes", type=Path, metavar="DIR_OR_TAR",
        help="white shapes of things on black: half of the holes are then of their shapes",
    )  # fmt: skip
    add("--seed", type=int, default=0, help="another seed gives another beginning and other samples")
    add("--workers", type=int, help="processes that prepare pictures (by the number of cores unless given)")
    add(
        "--no-memory",
        dest="memory",
        action="store_false",
        help="decode photos anew for every crop, keep none in memory",
    )
    add("--device", default="auto", choices=("auto", "cpu", "cuda", "mps"), help="where to train")
    add("--devices", default="1", help="how many of them, or auto")
    add("--nodes", type=int, default=1, help="how many machines (each runs the same command, or torchrun)")
    add("--precision", default="auto", choices=PRECISIONS, help="auto: bf16-mixed on CUDA, 32-true elsewhere")
    add("--checkpoint-minutes", type=float, default=5.0, help="how often to write a checkpoint")
    add("--sheet-steps", type=int, default=500, help="how often to draw the sample sheet")
    add("--log-steps", type=int, default=50, help="how often to write a line to the log")
    add("--dry-run", action="store_true", help="check everything, show the recipe, and train nothing")
    add("--quiet", action="store_true", help="say nothing but errors")
