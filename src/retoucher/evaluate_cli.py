"""`retoucher evaluate`: measure methods side by side on pictures of your own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter

if TYPE_CHECKING:
    from retoucher.evaluation.report import Outcome

app = App(name="evaluate", help="Measure methods side by side on your own pictures.")

HOLES = "narrow,medium,wide"
MODELS = "auto,exemplar,telea,ns,biharmonic"
STAGES = "naive,poisson,pass1,pass2,finish"
GUIDANCE = "full,lines,colors,partial,none,warped,hues"
OTHERS = "lama-small,partialconv-small,exemplar"
COUNTS = "10,25,50,100"


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
    return _reported(outcome, Path(output), overwrite, quiet)


@app.command
def harmonize(
    *,
    cases: Annotated[str, Parameter(help="A folder of NAME_painting, NAME_composite and NAME_mask.")],
    methods: Annotated[str, Parameter(help="naive, poisson, pass1, pass2, finish: the last is all of it.")] = STAGES,
    models: Annotated[str, Parameter(help="Features: auto, their names, or ENTRY=FILE.")] = "auto",
    strengths: Annotated[str, Parameter(help="auto, or numbers from 0 to 1.")] = "auto",
    size: Annotated[int, Parameter(help="Larger cases are made so small, longest side.")] = 700,
    steps: Annotated[int, Parameter(help="Evaluations of each pass, 0 for as many as usual.")] = 0,
    seed: Annotated[int, Parameter(help="For what is drawn by lot in the finish.")] = 0,
    limit: Annotated[int | None, Parameter(help="Only so many cases, the first by name.")] = None,
    output: Annotated[str, Parameter(name=["--output", "-o"], help="The folder for the report.")] = "evaluation",
    features: Annotated[str, Parameter(help="VGG-19's weights, to measure style and content with.")] = "",
    device: Annotated[str, Parameter(help="Where networks run: auto, cpu, cuda or mps.")] = "auto",
    memory: Annotated[bool, Parameter(help="Measure every method's memory, in a process of its own.")] = True,
    overwrite: Annotated[bool, Parameter(help="Replace a report that is already there.", negative="")] = False,
    quiet: Annotated[bool, Parameter(help="Say nothing but errors.", negative="")] = False,
) -> int:
    """Paint objects into paintings with every method; measure how painted they look, and how much like themselves.

    Writes report.md, report.json and sheet.png: tables, every figure of every case, and all results side by side.
    """
    from retoucher.evaluation import report
    from retoucher.evaluation.harmonize import Evaluation, measure
    from retoucher.progress import Bar

    asked = Evaluation(
        cases=Path(cases),
        methods=_parts(methods),
        models=_parts(models),
        strengths=_parts(strengths),
        size=size,
        steps=steps,
        seed=seed,
        limit=limit,
        features=Path(features) if features else None,
        device=device,
        memory=memory,
    )
    report.check(Path(output), overwrite=overwrite)
    with Bar("evaluate", quiet=quiet) as bar:
        outcome = measure(asked, bar)
    return _reported(outcome, Path(output), overwrite, quiet)


@app.command
def redraw(
    photos: Annotated[
        list[str], Parameter(help="Folders or tars of aligned portraits.", negative="", consume_multiple=True)
    ],
    *,
    holes: Annotated[str, Parameter(help="face, zigzags, irregular.")] = "face",
    guidance: Annotated[str, Parameter(help="What is shown, of the drawings made of the photo.")] = GUIDANCE,
    models: Annotated[str, Parameter(help="scfegan, its weights by name, or scfegan=FILE.")] = "scfegan",
    others: Annotated[str, Parameter(help="Fills without a drawing, as inpaint's --models.")] = OTHERS,
    through: Annotated[str, Parameter(help="The network alone, the edit, or both: network,edit.")] = "network",
    size: Annotated[int, Parameter(help="Pixels a side: 256 or 512.")] = 256,
    seed: Annotated[int, Parameter(help="Another seed draws other holes.")] = 0,
    limit: Annotated[int | None, Parameter(help="Only so many photos, the first by name.")] = None,
    output: Annotated[str, Parameter(name=["--output", "-o"], help="The folder for the report.")] = "evaluation",
    features: Annotated[str, Parameter(help="VGG-19's weights, for the feature distance.")] = "",
    lpips: Annotated[
        list[str] | None, Parameter(help="Backbone and linear layers.", negative="", consume_multiple=True)
    ] = None,
    device: Annotated[str, Parameter(help="Where networks run: auto, cpu, cuda or mps.")] = "auto",
    overwrite: Annotated[bool, Parameter(help="Replace a report that is already there.", negative="")] = False,
    quiet: Annotated[bool, Parameter(help="Say nothing but errors.", negative="")] = False,
) -> int:
    """Erase parts of portraits, redraw them after their own lines and colours; measure likeness and obedience.

    Writes report.md, report.json and sheet.png: tables, every figure of every photo, and random results side by side.
    """
    from retoucher.evaluation import report
    from retoucher.evaluation.redraw import Evaluation, measure
    from retoucher.progress import Bar
    from retoucher.training.photos import Photos

    asked = Evaluation(
        holes=_parts(holes),
        models=_parts(models),
        guidance=_parts(guidance),
        others=_parts(others),
        through=_parts(through),
        size=size,
        seed=seed,
        limit=limit,
        features=Path(features) if features else None,
        lpips=tuple(map(Path, lpips or ())),
        device=device,
    )
    report.check(Path(output), overwrite=overwrite)
    with Bar("evaluate", quiet=quiet) as bar:
        outcome = measure(asked, Photos.open(photos), bar)
    return _reported(outcome, Path(output), overwrite, quiet)


@app.command
def person(
    *,
    identities: Annotated[int, Parameter(help="So many invented people, whose truth is known.")] = 5,
    photos: Annotated[str, Parameter(help="How many photos a model is made of.")] = COUNTS,
    unseen: Annotated[int, Parameter(help="Photos of each that no model was made of.")] = 4,
    folder: Annotated[str, Parameter(help="Photos of a real person: each is restored by a model of the others.")] = "",
    pairs: Annotated[
        str, Parameter(help="NAME_a.jpg and NAME_b.jpg, or a CSV file: measures the descriptor's error.")
    ] = "",
    base: Annotated[str, Parameter(help="The base of faces.")] = "portraits-128",
    strength: Annotated[float, Parameter(help="How far invented people are from the base's faces.")] = 0.25,
    learning: Annotated[int, Parameter(help="Steps of tuning, for every number of photos.")] = 40,
    search: Annotated[int, Parameter(help="Steps of the search, for every picture.")] = 24,
    seed: Annotated[int, Parameter(help="Another seed invents other people.")] = 0,
    output: Annotated[str, Parameter(name=["--output", "-o"], help="The folder for the report.")] = "evaluation",
    features: Annotated[str, Parameter(help="VGG-19's weights, for the feature distance.")] = "",
    device: Annotated[str, Parameter(help="Where networks run: auto, cpu, cuda or mps.")] = "auto",
    overwrite: Annotated[bool, Parameter(help="Replace a report that is already there.", negative="")] = False,
    quiet: Annotated[bool, Parameter(help="Say nothing but errors.", negative="")] = False,
) -> int:
    """Make models of invented people, restore photos that they do not know; measure who it is afterwards.

    Writes report.md, report.json and sheet.png: tables, every figure of every photo, and results side by side.
    """
    from retoucher.evaluation import report
    from retoucher.evaluation.person import Evaluation, measure
    from retoucher.person_cli import files
    from retoucher.progress import Bar

    asked = Evaluation(
        identities=identities,
        photos=_numbers(photos),
        unseen=unseen,
        seed=seed,
        base=base,
        strength=strength,
        learning=learning,
        search=search,
        folder=Path(folder) if folder else None,
        pairs=Path(pairs) if pairs else None,
        features=Path(features) if features else None,
        device=device,
    )
    report.check(Path(output), overwrite=overwrite)
    real = files((folder,)) if folder else []
    with Bar("evaluate", quiet=quiet) as bar:
        outcome = measure(asked, real, bar)
    return _reported(outcome, Path(output), overwrite, quiet)


def _reported(outcome: Outcome, output: Path, overwrite: bool, quiet: bool) -> int:
    """Print the tables and write the files."""
    from retoucher.evaluation import report

    if not quiet:
        print(report.markdown(outcome))  # first: it is there even where the disk is full
    report.write(outcome, output, overwrite=overwrite)
    if not quiet:
        print("\n".join(f"{output / name}" for name in report.FILES))
    return 0


def _parts(text: str) -> tuple[str, ...]:
    """What is separated by commas, without what is empty."""
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _numbers(text: str) -> tuple[int, ...]:
    """Whole numbers, separated by commas. Raises UsageError for anything else."""
    from retoucher.errors import UsageError

    try:
        return tuple(int(part) for part in _parts(text))
    except ValueError:
        raise UsageError(f"--photos are whole numbers, separated by commas, not {text!r}.") from None
