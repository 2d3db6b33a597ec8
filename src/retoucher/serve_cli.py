"""`retoucher serve`: the editor in the browser."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter

from retoucher.errors import UsageError

if TYPE_CHECKING:
    from retoucher.server.settings import Settings

app = App(name="serve", help="Open the editor in the browser.")

MEGABYTES, PIXELS, QUEUE = 200, 200_000_000, 16


@app.default
def serve(
    photos: Annotated[str, Parameter(help="A photo to open, or a folder of photos to go through.")] = "",
    /,
    *,
    host: Annotated[str, Parameter(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int | None, Parameter(help="The port; without it 8765 or the next that is free.")] = None,
    share: Annotated[bool, Parameter(help="Let others in the network in, who need the token.", negative="")] = False,
    open_: Annotated[bool, Parameter(name="--open", help="Open the browser.")] = True,
    device: Annotated[str, Parameter(help="Where networks run: auto, cpu, cuda or mps.")] = "auto",
    output: Annotated[str, Parameter(name=["--output", "-o"], help="The folder in which `save` writes.")] = "",
    compat: Annotated[bool, Parameter(help="Answer IOPaint's clients, too.", negative="")] = False,
    keep: Annotated[bool, Parameter(help="Keep photos for a week, so that a restart loses nothing.")] = True,
    max_bytes: Annotated[int, Parameter(help="Refuse larger files.")] = MEGABYTES << 20,
    max_pixels: Annotated[int, Parameter(help="Refuse larger pictures.")] = PIXELS,
    queue: Annotated[int, Parameter(help="How many edits may wait.")] = QUEUE,
    log: Annotated[bool, Parameter(help="Print a line for each request.", negative="")] = False,
) -> int:
    """Open the editor: brush over what should go. Everything happens on this computer.

    Ctrl-C ends it.
    """
    from retoucher.device import choose
    from retoucher.server.private import kept_token, make_folder, new_token, state_folder
    from retoucher.server.settings import Settings, is_loopback

    if not share and not is_loopback(host):
        raise UsageError(f"{host} can be reached from the network: say that you mean it with --share.")
    for name, value in (("--max-bytes", max_bytes), ("--max-pixels", max_pixels), ("--queue", queue)):
        if value < 1:
            raise UsageError(f"{name} must be at least 1.")
    choose(device)  # loads torch now: later it would hold up the page that is being opened
    place = _place(photos)
    state = state_folder() if keep else _temporary()
    settings = Settings(
        state=make_folder(state),
        token=kept_token(state) if keep else new_token(),
        host=host,
        share=share,
        device=device,
        photos=place,
        output=_output(output, place),
        compat=compat,
        keep=keep,
        max_bytes=max_bytes,
        max_pixels=max_pixels,
        queue=queue,
        log=log,
    )
    return _until_stopped(settings, port, open_)


def _until_stopped(settings: Settings, port: int | None, browser: bool) -> int:
    """Serve, and end with one sentence."""
    from retoucher.server import run

    listening = run.bind(settings.host, port)
    rested = run.serve(settings, listening, browser=browser, say=lambda line: print(line, flush=True))
    kept = "; your photos are kept for a week" if settings.keep else ""
    print(f"\nRetoucher has stopped{kept}.", flush=True)
    if not rested:  # a network in the middle of a photo cannot be interrupted, and nobody wants to wait for it
        sys.stdout.flush()
        os._exit(0)
    return 0


def _place(photos: str) -> Path | None:
    """The photo or folder that was named."""
    from retoucher.formats import SUFFIXES

    if not photos:
        return None
    path = Path(photos)
    if not path.exists():
        raise UsageError(f"There is nothing at {photos}: name a photo or a folder of photos.")
    if path.is_file() and path.suffix.lower() not in SUFFIXES:
        raise UsageError(
            f"{photos} does not say what kind of file it is; its name should end in {', '.join(SUFFIXES)}."
        )
    return path.resolve()


def _output(output: str, photos: Path | None) -> Path | None:
    """The folder to save to; it must not be the one the photos are in, since they are never changed."""
    if not output:
        return None
    if photos is None:
        raise UsageError("--output says where the photos of a folder are saved: name the folder, too.")
    path = Path(output).resolve()
    home = photos if photos.is_dir() else photos.parent
    if path == home:
        raise UsageError("--output is the photos' own folder, and they are never changed: choose another.")
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"{output} cannot be a folder ({error.strerror}): choose another --output.") from None
    return path


def _temporary() -> Path:
    """A folder that goes when the server does."""
    import atexit
    import shutil
    import tempfile

    path = Path(tempfile.mkdtemp(prefix="retoucher-"))
    atexit.register(shutil.rmtree, path, ignore_errors=True)
    return path
