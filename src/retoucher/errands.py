"""One edit over the files a command names: which mask belongs to which photo, where each result goes, and doing it."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from retoucher.errors import RetoucherError, UsageError

if TYPE_CHECKING:
    from retoucher.edit import Edit, Load, Result
    from retoucher.image import Image
    from retoucher.jobs import Tell
    from retoucher.mask import Box, Mask

STREAM = "<->"
"""What a lone "-" on the command line becomes: standard input or output (a file's name cannot hold it by accident)."""


@dataclass(frozen=True)
class Errand:
    """What is to be done with every photo. `mask`: a file, or a folder with a mask of the photo's name for each."""

    edit: Edit
    load: Load
    mask: str = ""
    boxes: tuple[Box, ...] = ()
    transparent: bool = False
    overwrite: bool = False
    mark: bool = True
    max_pixels: int | None = None
    quiet: bool = False
    did: ClassVar[str] = "filled"
    """What was done to a photo, in a word."""

    def run(self, photos: Sequence[str], output: str) -> int:
        """Do it for all photos and say how it went; returns the exit code.

        Where they go to a folder, those whose result is already there are left out, so the same command continues a
        batch that was stopped; a photo that fails is named, the others are done, and the exit code is 1.
        """
        self.check()
        pairs = list(zip(photos, outputs(photos, output), strict=True))
        in_folder = pairs[0][1] != output
        waiting = [(photo, end) for photo, end in pairs if not (in_folder and self._is_done(photo, end))]
        if len(waiting) < len(pairs):
            done = len(pairs) - len(waiting)
            self._say(f"{done} of {len(pairs)} results are already there and are left as they are (see --overwrite).")
        if len(pairs) == 1:
            for photo, end in waiting:
                self.check_files(photo, end)
                self._do(photo, end, photo)
            return 0
        if waiting:
            self.load(self.edit.loads)  # what is wrong with the model is wrong for all of them: said once, here
        failed = sum(
            not self._tried(photo, end, f"{photo} ({number} of {len(waiting)})")
            for number, (photo, end) in enumerate(waiting, 1)
        )
        return 1 if failed else 0

    def check(self) -> None:
        """Refuse what cannot be done for any photo; UsageError says what is missing."""
        if not (self.mask or self.boxes or self.transparent):
            raise UsageError("Say what may change: --mask FILE, --box X,Y,WIDTH,HEIGHT or --transparent.")

    def made(self, photo: str, image: Image, tell: Tell) -> Result:
        """The edit of one opened photo."""
        return self.edit.run(image, self._mask_for(photo, image), load=self.load, tell=tell)

    def _tried(self, photo: str, output: str, title: str) -> bool:
        """Do one of several photos; what goes wrong is said, and does not stop the others."""
        try:
            self.check_files(photo, output)
            self._do(photo, output, title)
        except Exception as error:
            said = sentence(error)
            print(f"retoucher: {said if said.startswith(photo) else f'{photo}: {said}'}", file=sys.stderr)
            return False
        return True

    @property
    def limit(self) -> int:
        """How many pixels a photo or a mask may have."""
        from retoucher.image import MAX_PIXELS

        return MAX_PIXELS if self.max_pixels is None else self.max_pixels

    def _is_done(self, photo: str, output: str) -> bool:
        """Whether the result is there already and may stay."""
        return not self.overwrite and os.path.lexists(output) and not is_same(photo, output)

    def check_files(self, photo: str, output: str) -> None:
        """Refuse, before any work is done, an output that cannot be written or that would take a mask's place."""
        check_output(photo, output, overwrite=self.overwrite)
        if self.mask and output != STREAM and is_same(mask_file(self.mask, photo), output):
            raise UsageError(f"{output} is the mask itself: choose another output.")

    def _do(self, photo: str, output: str, title: str) -> None:
        """Open, run, write, and say what was done."""
        from retoucher.image import Image
        from retoucher.progress import Bar

        with Bar("standard input" if photo == STREAM else title, quiet=self.quiet) as bar:
            bar(0, "reading")
            source = sys.stdin.buffer.read() if photo == STREAM else photo
            image = Image.open(source, max_pixels=self.limit)
            result = self.made(photo, image, bar)
            bar(1, "writing")
            notes = self.written(result, output)
        report = result.report
        made = f"{self.did} by {report.method}{report.weights and f' ({report.weights})'} in {report.seconds:.1f} s"
        name = "standard output" if output == STREAM else output
        self._say(f"{name}: {made if report.method else 'nothing to do'}.", to_errors=output == STREAM)
        for note in (*report.notes, *notes):
            self._say(f"  {note}", to_errors=output == STREAM)

    def _mask_for(self, photo: str, image: Image) -> Mask:
        """All that may change in this photo: mask file, boxes and transparency together."""
        from retoucher.mask import Mask

        mask = Mask.from_boxes(image.size, self.boxes)
        if self.transparent:
            if not image.has_alpha:
                raise UsageError("The photo has no transparency to fill: give --mask FILE or --box X,Y,WIDTH,HEIGHT.")
            mask |= Mask.from_alpha(image)
        if self.mask:
            drawn = self.drawn(photo)
            mask = mask | drawn if drawn.size == mask.size else drawn  # the edit says what is wrong with its size
        return mask

    def drawn(self, photo: str) -> Mask:
        """The mask in the mask file for this photo."""
        from retoucher.mask import Mask

        file = mask_file(self.mask, photo)
        mask = Mask.open(file, max_pixels=self.limit)
        if mask.empty:
            _check_brightness(file, self.limit)
        return mask

    def written(self, result: Result, output: str) -> tuple[str, ...]:
        """Write the result where it belongs; returns what could not be kept."""
        if output != STREAM:
            Path(output).parent.mkdir(parents=True, exist_ok=True)
            return result.image.save(output, overwrite=self.overwrite, mark=self.mark)
        encoded = result.image.encode(mark=self.mark)
        sys.stdout.buffer.write(encoded.data)
        sys.stdout.buffer.flush()
        return result.image.notes + encoded.notes

    def _say(self, text: str, *, to_errors: bool = False) -> None:
        if not self.quiet:
            print(text, file=sys.stderr if to_errors else sys.stdout, flush=True)


def outputs(photos: Sequence[str], output: str) -> list[str]:
    """Where each photo's result goes: the file `output`, or the photo's name in the folder `output`.

    A folder is meant where there are several photos, where one of that name exists, or where it ends in a slash.
    """
    if not output:
        raise UsageError("The output has no name: give --output FILE or FOLDER.")
    folder = len(photos) > 1 or output.endswith(("/", os.sep)) or Path(output).is_dir()
    if not folder:
        return [output]
    if output == STREAM or Path(output).is_file() or (not Path(output).is_dir() and _named_like_a_file(output)):
        raise UsageError("Several photos need a folder to go to: give --output FOLDER.")
    if STREAM in photos:
        raise UsageError("A photo from standard input has no name to use in a folder: give --output FILE.")
    name, count = Counter(Path(photo).name for photo in photos).most_common(1)[0]
    if count > 1:
        raise UsageError(f"{count} of the photos are named {name} and would overwrite each other: do them in two goes.")
    return [str(Path(output) / Path(photo).name) for photo in photos]


def _named_like_a_file(output: str) -> bool:
    """Whether an output ends like a picture's name, which is hardly meant for a folder."""
    from retoucher.formats import container_for

    try:
        return not output.endswith(("/", os.sep)) and bool(container_for(Path(output)))
    except UsageError:
        return False


def check_output(photo: str, output: str, *, overwrite: bool) -> None:
    """Refuse, before any work is done, an output that will be refused in the end."""
    from retoucher.formats import container_for

    if output == STREAM:
        if sys.stdout.isatty():
            raise UsageError("Standard output is a terminal: send it to a file or a pipe, or give --output FILE.")
        return
    if photo != STREAM and Path(photo).is_dir():
        raise UsageError(f"{photo} is a folder: name the photos in it, such as {Path(photo) / '*.jpg'}.")
    path = Path(output)
    container_for(path)
    if photo != STREAM and is_same(photo, output):
        raise UsageError(f"{output} is the photo itself, which is never changed: choose another output.")
    if os.path.lexists(path) and not overwrite:
        raise UsageError(f"{output} already exists: choose another output or pass --overwrite.")
    home = next(parent for parent in path.absolute().parents if parent.exists())
    if not home.is_dir() or not os.access(home, os.W_OK):
        raise UsageError(f"{home} may not be written to: choose another output.")


def is_same(one: str, other: str) -> bool:
    """Whether two names are of one file; what is missing is reported where it is opened."""
    try:
        return Path(one).samefile(other)
    except OSError:
        return False


def mask_file(mask: str, photo: str) -> str:
    """The mask file for a photo: `mask` itself, or in the folder `mask` the one file with the photo's stem."""
    if mask == STREAM:
        raise UsageError("Only a photo can come from standard input: give --mask FILE.")
    if not Path(mask).is_dir():
        return mask
    if photo == STREAM:
        raise UsageError("A photo from standard input has no name to find its mask by: give --mask FILE.")
    found = sorted(path for path in Path(mask).iterdir() if path.stem == Path(photo).stem and path.is_file())
    if len(found) != 1:
        many = "several masks" if found else "no mask"
        raise UsageError(
            f"There is {many} for {Path(photo).name} in {mask}: exactly one must be named {Path(photo).stem}.*."
        )
    return str(found[0])


def _check_brightness(mask: str, max_pixels: int) -> None:
    """Refuse a mask in which something is drawn, but so dark that none of it counts (0 and 1 instead of 0 and 255)."""
    from retoucher.image import Image

    image = Image.open(mask, max_pixels=max_pixels)
    brightest = int(image.colors.max())
    if 0 < brightest < image.maximum / 16:
        raise UsageError(
            f"{mask} is all but black: its brightest value is {brightest} of {image.maximum}, and only what is "
            "more than half of that may change; multiply its values."
        )


def sentence(error: Exception) -> str:
    """What to tell the person: our own errors say it themselves, others should not have happened."""
    if isinstance(error, RetoucherError):
        return " ".join(str(error).split())
    if isinstance(error, OSError) and error.strerror:
        where = f"{error.filename}: " if error.filename else ""
        return f"{where}{error.strerror}; nothing was written there, so choose another place or make room."
    said = " ".join(f"{type(error).__name__}: {error}".split())
    if isinstance(error, MemoryError) or "memory" in said.lower():
        return "There is not enough memory for this photo: close other programs, or use a smaller photo or mask."
    return f"Something went wrong inside Retoucher; please report it with the command you gave ({said})."
