"""Download a published file: continued where it stopped, and believed only after size and sha256 agree."""

import shutil
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from typing import cast
from urllib.parse import urlsplit

import certifi

from retoucher import weights
from retoucher.errors import RetoucherError, UsageError
from retoucher.jobs import Tell, silent
from retoucher.weights import Copy, File, Weights

TRIES = 4
PAUSE = 1.0  # seconds before the second try, doubled for each one after it
SILENCE = 30.0  # seconds without a byte after which a try is given up
CHUNK = 1 << 20


class UnreachableError(RetoucherError):
    """The address did not answer, or not with the file; the message is a clause without advice."""


class _BrokeOffError(UnreachableError):
    """The answer ended early; what came is kept and the next one goes on there."""


def pull(entry: Weights, tell: Tell = silent) -> Copy:
    """Download a network, verify it, convert it and keep it.

    The files of the entry that may be pulled are tried in order. An interrupted download stays as NAME.part in
    `weights.folder()` and is continued next time; a file with a wrong size or sha256 is deleted unopened.
    Raises UsageError when nothing may be pulled for this entry, RetoucherError for whatever goes wrong.
    """
    files = weights.pullable(entry)
    if not files:
        raise UsageError(
            f"{entry.name} cannot be pulled because no address with a known size and sha256 exists: "
            f"get the file yourself and run `retoucher weights add {entry.name} FILE`."
        )
    problems = []
    for file in files:
        part = weights.folder() / f"{file.name}.part"
        try:
            fetch(file, part, tell)
        except UnreachableError as error:
            problems.append(str(error))
            continue
        tell(0.95, f"converting {file.name}")
        copy = weights.add(entry, part, origin="pulled")
        part.unlink(missing_ok=True)
        tell(1.0, f"{entry.name} is ready")
        return copy
    raise RetoucherError(
        f"{problems[0]}: try again later, when it goes on where it stopped, or download {files[0].url} on another "
        f"machine and run `retoucher weights add {entry.name} FILE` here."
    )


def fetch(file: File, part: Path, tell: Tell = silent) -> None:
    """Download a file to `part`, going on where an earlier try stopped, until size and sha256 are right.

    Raises UnreachableError when the address gives nothing, RetoucherError when what it gives is another file (which
    is deleted) or when the disk is full.
    """
    size = file.size or 0
    with weights.writing(part):
        part.parent.mkdir(parents=True, exist_ok=True)
        if part.exists() and part.stat().st_size > size:
            part.unlink()
        missing = size - (part.stat().st_size if part.exists() else 0)
        if shutil.disk_usage(part.parent).free < missing + size:  # the download and its conversion
            raise RetoucherError(f"{part.parent} has no room for {(missing + size) / 1e6:.0f} MB: make room first.")
        _complete(file, part, size, tell)
        tell(0.9, f"verifying {file.name}")
        if weights.digest(part) != file.sha256:
            part.unlink()
            raise RetoucherError(f"{file.url} is not the published {file.name} (its sha256 differs) and was deleted.")


def _complete(file: File, part: Path, size: int, tell: Tell) -> None:
    """Ask until `part` has its whole size; only answers that brought nothing count against `TRIES`."""
    failures = 0
    while (had := part.stat().st_size if part.exists() else 0) < size:
        try:
            _go_on(file, part, had, size, tell)
        except _BrokeOffError:
            failures = 1 if part.exists() and part.stat().st_size > had else failures + 1
            if failures >= TRIES:
                raise
            time.sleep(PAUSE * 2 ** (failures - 1))


def _go_on(file: File, part: Path, had: int, size: int, tell: Tell) -> None:
    """One request: append what is missing, or begin again where the server cannot continue."""
    with _answer(file, part, had) as answer:
        if answer.status == 206 and not answer.headers.get("Content-Range", "").startswith(f"bytes {had}-"):
            raise UnreachableError(f"{_host(file)} gave another part of {file.name} than asked for")
        had = had if answer.status == 206 else 0
        length = answer.headers.get("Content-Length")
        if length is not None and length != str(size - had):
            part.unlink(missing_ok=True)
            raise RetoucherError(f"{file.url} is not the published {file.name}: its size is another.")
        with part.open("ab" if had else "wb") as out:
            while had < size and (chunk := _chunk(answer, file)):
                out.write(chunk[: size - had])
                had += len(chunk)
                tell(0.9 * min(had / size, 1), f"{min(had, size) / 1e6:.0f} of {size / 1e6:.0f} MB of {file.name}")
    if had < size:
        raise _broke_off(file)


@contextmanager
def _answer(file: File, part: Path, had: int) -> Iterator[HTTPResponse]:
    """The server's answer to a request for the bytes from `had` on; UnreachableError says why there is none."""
    request = urllib.request.Request(file.url, headers={"User-Agent": "retoucher", "Accept-Encoding": "identity"})
    if had:
        request.add_header("Range", f"bytes={had}-")
    try:
        answer = cast(HTTPResponse, urllib.request.urlopen(request, timeout=SILENCE, context=_certificates()))
    except urllib.error.HTTPError as error:
        error.close()
        if had and error.code == 416:  # the server has nothing behind these bytes: they are not this file's
            part.unlink(missing_ok=True)
            raise _broke_off(file) from error
        raise UnreachableError(f"{_host(file)} does not give {file.name} (it answers {error.code})") from error
    except (OSError, HTTPException) as error:  # URLError is an OSError
        raise UnreachableError(f"{_host(file)} cannot be reached") from error
    with answer:
        yield answer


def _chunk(answer: HTTPResponse, file: File) -> bytes:
    try:
        return answer.read(CHUNK)
    except (OSError, HTTPException) as error:
        raise _broke_off(file) from error


def _broke_off(file: File) -> _BrokeOffError:
    return _BrokeOffError(f"{_host(file)} broke off in the middle of {file.name}")


def _host(file: File) -> str:
    return urlsplit(file.url).hostname or file.url


def _certificates() -> ssl.SSLContext:
    """The system's certificate authorities and certifi's: some Pythons come without any of their own."""
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context
