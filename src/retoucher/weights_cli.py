"""`retoucher weights`: what networks there are, getting them, and checking them."""

from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from retoucher import catalogue, weights
from retoucher.errors import RetoucherError, UsageError
from retoucher.weights import Copy, Weights

app = App(name="weights", help="The networks' weights: list, pull, add, verify.")

ORIGINS = {
    "shipped": "came with Retoucher",
    "pulled": "pulled",
    "added": "added",
    "found": "found in torch's cache",
}


@app.command(name="list")
def show() -> None:
    """List the networks: which are here, their size, licence, and where they lie."""
    for entry in catalogue.ENTRIES:
        copy = weights.find(entry)
        print(f"{entry.name}: {_here(copy) if copy else _absent(entry)}")
        print(f"    {entry.title} ({entry.method})")
        print(f"    licence: {entry.licence}; commercial use: {entry.commercial}")
        if copy:
            print(f"    where: {copy.path}")


@app.command
def pull(
    name: Annotated[str, Parameter(help="Which network, see list.")],
    /,
    *,
    yes: Annotated[bool, Parameter(name=["--yes", "-y"], help="Do not ask.", negative="")] = False,
) -> int:
    """Download a network: its licence is shown first, and its size and sha256 are checked before it is opened."""
    from retoucher import download
    from retoucher.progress import Bar

    entry = catalogue.entry(name)
    if (copy := weights.find(entry)) and _good(copy):
        print(f"{name} is already here ({ORIGINS[copy.origin]}): {copy.path}")
        return 0
    if files := weights.pullable(entry):
        print(f"{entry.title}\nby {entry.attribution}\n{entry.paper}\n")
        print(f"Licence: {entry.licence}.\nCommercial use: {entry.commercial}.\n{entry.terms}\n")
        print(f"From {files[0].url}, {_megabytes(files[0].size or 0)}.")
        if not yes and not _agreed():
            print("Nothing was downloaded.")
            return 1
    with Bar(f"pull {name}") as tell:
        copy = download.pull(entry, tell)
    print(f"{name} is ready: {copy.path}")
    return 0


@app.command
def add(
    name: Annotated[str, Parameter(help="Which network, see list.")],
    file: Annotated[
        str, Parameter(help="Its file: .pt, .pth, .ckpt, .pkl, .zip or .safetensors; TensorFlow's NAME.index.")
    ],
    /,
    *parts: Annotated[str, Parameter(help="A TensorFlow checkpoint's other files; those beside it are found anyway.")],
) -> None:
    """Take a network from a file of yours, for machines without a network connection. The file is only read."""
    from retoucher.progress import Bar

    entry, path = catalogue.entry(name), _one_of(file, *parts)
    with Bar(f"add {name}") as tell:
        tell(0.1, "reading, checking and converting")
        copy = weights.add(entry, path)
    if copy.published:
        print(f"{name} is ready, from the published {copy.source}: {copy.path}")
    else:
        print(f"{name} is ready: {copy.path}")
        print("    Names and shapes fit, but no published file with this sha256 is known:")
        print(f"    {copy.source_sha256} {copy.source}")


@app.command
def verify(name: Annotated[str, Parameter(help="Which network; all that are here if left out.")] = "", /) -> None:
    """Hash the networks that are here again; the exit code is 1 if one is not what it was when it came."""
    wanted = (catalogue.entry(name),) if name else catalogue.ENTRIES
    here = [copy for entry in wanted if (copy := weights.find(entry))]
    if name and not here:
        raise UsageError(f"{name} is not here: see `retoucher weights list`.")
    problems = []
    for copy in here:
        try:
            weights.verify(copy)
            print(f"{copy.entry.name}: good ({copy.path})")
        except RetoucherError as error:
            print(f"{copy.entry.name}: DAMAGED ({copy.path})")
            problems.append(str(error))
    if problems:
        raise RetoucherError(" ".join(problems))
    if not here:
        print("No weights are here, so there is nothing to verify.")


def _one_of(*files: str) -> Path:
    """The checkpoint that these are the files of; UsageError where they belong to more than one."""
    from retoucher import bundle

    paths = [Path(file) for file in files]
    if len(paths) > 1 and len({bundle.index_of(path) or path for path in paths}) > 1:
        raise UsageError("These files are no single checkpoint: give one file, or all of one TensorFlow checkpoint.")
    return paths[0]


def _here(copy: Copy) -> str:
    known = "" if copy.published else ", not one of the published files"
    return f"here ({ORIGINS.get(copy.origin, 'added')}{known}), {_megabytes(copy.path.stat().st_size)}"


def _absent(entry: Weights) -> str:
    files = weights.pullable(entry)
    if not files:
        return f"not here; add it with `retoucher weights add {entry.name} FILE`"
    return f"not here; get it with `retoucher weights pull {entry.name}` ({_megabytes(files[0].size or 0)})"


def _good(copy: Copy) -> bool:
    try:
        weights.verify(copy)
    except RetoucherError:
        return False
    return True


def _agreed() -> bool:
    """Ask; UsageError when there is nobody to answer."""
    try:
        return input("Download it? [y/N] ").strip().lower() in ("y", "yes")
    except EOFError:
        raise UsageError("There is nobody to ask here: add --yes if you accept the licence.") from None


def _megabytes(size: int) -> str:
    return f"{size / 1e6:.0f} MB"
