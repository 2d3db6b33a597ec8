"""`retoucher evaluate`: measure methods side by side on photos of your own."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

app = App(name="evaluate", help="Measure methods side by side on your own photos.")

HOLES = "narrow,medium,wide"
MODELS = "auto,exemplar,telea,ns,biharmonic"


@app.command
def inpaint(
    *,
    photos: Annotated[list[str], Parameter(help="Folders or tars of photos.", negative="", consume_multiple=True)],
    holes: Annotated[str, Parameter(help="Sets: narrow, medium, wide, or folders of hole pictures.")] = HOLES,
    models: Annotated[
        str, Parameter(help="telea, ns, biharmonic, what inpaint --model takes, weights, or METHOD=FILE.")
    ] = MODELS,
    size: Annotated[int, Parameter(help="Pixels a side: 512 or 256.")] = 512,
    seed: Annotated[int, Parameter(help="Another seed draws other holes.")] = 0,
    limit: Annotated[int | None, Parameter(help="Only so many photos, the first by name.")] = None,
    output: Annotated[str, Parameter(name=["--output", "-o"], help="The folder for the report.")] = "evaluation",
    features: Annotated[str, Parameter(help="VGG-19's weights, for the feature distance.")] = "",
    lpips: Annotated[
        list[str] | None, Parameter(help="Backbone and linear layers.", negative="", consume_multiple=True)
    ] = None,
    inception: Annotated[str, Parameter(help="FID's Inception weights, for the published FID and KID.")] = "",
    device: Annotated[str, Parameter(help="Where networks run: auto, cpu, cuda or mps.")] = "auto",
    memory: Annotated[bool, Parameter(help="Measure every method's memory, in a process of its own.")] = True,
    overwrite: Annotated[bool, Parameter(help="Replace a report that is already there.", negative="")] = False,
    quiet: Annotated[bool, Parameter(help="Say nothing but errors.", negative="")] = False,
) -> int:
    """Fill drawn holes in photos with every method and measure how near each comes to the original.

    Writes report.md, report.json and sheet.png: tables, every figure of every photo, and random results side by side.
    """
    from retoucher.evaluation import report
    from retoucher.evaluation.inpaint import Evaluation, measure
    from retoucher.progress import Bar
    from retoucher.training.photos import Photos

    asked = Evaluation(
        holes=_parts(holes),
        models=_parts(models),
        size=size,
        seed=seed,
        limit=limit,
        features=Path(features) if features else None,
        lpips=tuple(map(Path, lpips or ())),
        inception=Path(inception) if inception else None,
        device=device,
        memory=memory,
    )
    report.check(Path(output), overwrite=overwrite)
    with Bar("evaluate", quiet=quiet) as bar:
        outcome = measure(asked, Photos.open(photos), bar)
    if not quiet:
        print(report.markdown(outcome))  # first: it is there even where the disk is full
    report.write(outcome, Path(output), overwrite=overwrite)
    if not quiet:
        print("\n".join(f"{Path(output) / name}" for name in report.FILES))
    return 0


def _parts(text: str) -> tuple[str, ...]:
    """What is separated by commas, without what is empty."""
    return tuple(part.strip() for part in text.split(",") if part.strip())
