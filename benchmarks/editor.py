"""How the editor feels, measured in a real browser: `python benchmarks/editor.py [--runs 5] [--photo photo.jpg]`.

Starts `retoucher serve` with a home of its own and drives Chromium (an installed one, else Playwright's own) without a
window. The photo (the shipped sample, unless told) is enlarged to each number of megapixels. Medians; the page's own
clock counts, from the browser's event to the frame that shows the answer.
"""

from __future__ import annotations

import argparse
import gzip
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

import numpy as np
from PIL import Image as Pillow
from playwright.sync_api import Browser, Page, sync_playwright

import retoucher

FOLDER = Path(retoucher.__file__).parent
SAMPLE = FOLDER / "data" / "sample.jpg"
HOLE = 300
"""Pixels across the hole that is filled."""

MOVES = 240
"""Pointer moves of the stroke in which frames are counted."""

READY = "() => document.documentElement.dataset.ready === 'true'"
PAINTED = """() => {
  const at = (name) => performance.getEntriesByName(name)[0].startTime;
  return [at('first-paint'), at('first-contentful-paint'), performance.getEntriesByType('navigation')[0].loadEventEnd];
}"""
OPENING = """() => {
  addEventListener('change', () => (window.chosen = performance.now()), { capture: true, once: true });
  new MutationObserver((_, watch) => {
    if (document.body.classList.contains('empty')) return;
    watch.disconnect();
    requestAnimationFrame(() => requestAnimationFrame(() => (window.opened = performance.now() - window.chosen)));
  }).observe(document.body, { attributes: true });
}"""
FILLING = """([x, y]) => {
  const layer = document.querySelector('#photo-layer');
  const pixel = () => layer.getContext('2d').getImageData(x, y, 1, 1).data.join();
  const before = pixel();
  addEventListener('pointerup', () => {
    const released = performance.now();
    const look = () => {
      if (!window.rough && pixel() !== before) window.rough = performance.now() - released;
      if (/^Done by/.test(document.querySelector('#status').textContent)) window.filled = performance.now() - released;
      else requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  }, { capture: true, once: true });
}"""
COUNTING = """() => {
  window.frames = [];
  const count = (now) => {
    window.frames.push(now);
    requestAnimationFrame(count);
  };
  requestAnimationFrame(count);
}"""
SETTINGS = "localStorage['retoucher-settings'] = JSON.stringify({ hintSeen: true, autoRemove: %s, keepSession: false })"


@contextmanager
def served(home: Path) -> Iterator[str]:
    """The address of a server that is stopped in the end."""
    command = [sys.executable, "-m", "retoucher", "serve", "--port", "0", "--no-open"]
    environment = {**os.environ, "RETOUCHER_HOME": str(home)}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
    try:
        assert process.stdout
        yield process.stdout.readline().split()[-1]
    finally:
        process.terminate()
        process.wait()


@contextmanager
def visited(browser: Browser, address: str, *, auto: bool) -> Iterator[Page]:
    """A page in a context of its own, ready to be used."""
    context = browser.new_context(viewport={"width": 1400, "height": 860})
    context.add_init_script(SETTINGS % str(auto).lower())
    page = context.new_page()
    page.set_default_timeout(120_000)
    page.goto(address)
    page.wait_for_function(READY)
    yield page
    context.close()


def middle(page: Page) -> tuple[float, float]:
    """The middle of the stage on the screen."""
    box = page.locator("#pane").bounding_box()
    assert box
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def opened(page: Page, photo: Path) -> float:
    """Open a photo; milliseconds from the choice until it is seen and can be painted on."""
    page.evaluate(OPENING)
    page.set_input_files("#file-input", photo)
    page.wait_for_function("() => window.opened")
    taken = float(page.evaluate("() => window.opened"))
    page.wait_for_load_state("networkidle")
    return taken


def brush(page: Page, size: int) -> None:
    field = page.get_by_role("spinbutton", name="Size", exact=True)
    field.fill(str(size))
    field.press("Tab")


def filled(page: Page) -> tuple[float, float]:
    """Make a hole of HOLE pixels: milliseconds from release to a rough filling and to the final one."""
    brush(page, HOLE)
    x, y = middle(page)
    box = page.locator("#pane").bounding_box()
    assert box
    page.mouse.move(x, y)
    page.evaluate(FILLING, [round(x - box["x"]), round(y - box["y"])])
    page.mouse.down()
    page.mouse.up()
    page.wait_for_function("() => window.filled")
    rough, final = page.evaluate("() => [window.rough ?? window.filled, window.filled]")
    return rough, final


def frames(page: Page) -> tuple[float, float]:
    """Paint a spiral: frames in a second (by the median frame), and milliseconds of the slowest frame in a hundred."""
    brush(page, 200)
    x, y = middle(page)
    page.mouse.move(x, y)
    page.mouse.down()
    page.evaluate(COUNTING)
    for step in range(MOVES):
        turn, far = step / 12, step * 0.9
        page.mouse.move(x + far * float(np.cos(turn)), y + far * float(np.sin(turn)))
    taken = np.diff(page.evaluate("() => window.frames"))
    page.mouse.up()
    return 1000 / float(np.median(taken)), float(np.percentile(taken, 99))


def enlarged(photo: Path, megapixels: int, folder: Path) -> Path:
    """The photo as a JPEG of so many megapixels."""
    picture = Pillow.open(photo).convert("RGB")
    factor = (megapixels * 1e6 / (picture.width * picture.height)) ** 0.5
    size = round(picture.width * factor), round(picture.height * factor)
    place = folder / f"photo-{megapixels}.jpg"
    picture.resize(size, Pillow.Resampling.BICUBIC).save(place, quality=90)
    return place


def compressed() -> int:
    """Bytes of all files of the editor, each compressed."""
    files = [path for path in (FOLDER / "editor").rglob("*") if path.is_file()]
    return sum(len(gzip.compress(path.read_bytes(), mtime=0)) for path in files)


def starts(browser: Browser, address: str, runs: int) -> list[tuple[float, ...]]:
    """First paint, first content, and the page's load, in milliseconds, each time with an empty cache."""
    taken = []
    for _ in range(runs):
        with visited(browser, address, auto=True) as page:
            taken.append(tuple(page.evaluate(PAINTED)))
    return taken


def fills(browser: Browser, address: str, photo: Path, runs: int) -> list[tuple[float, ...]]:
    """Opening, rough and final filling, in milliseconds."""
    taken = []
    for _ in range(runs):
        with visited(browser, address, auto=True) as page:
            taken.append((opened(page, photo), *filled(page)))
    return taken


def paints(browser: Browser, address: str, photo: Path, runs: int) -> list[tuple[float, ...]]:
    """Frames in a second, and the slowest frame in milliseconds."""
    taken = []
    for _ in range(runs):
        with visited(browser, address, auto=False) as page:
            opened(page, photo)
            taken.append(frames(page))
    return taken


def rows(browser: Browser, address: str, photo: Callable[[int], Path], runs: int) -> Iterator[tuple[str, str]]:
    """What is measured, and the figure."""
    first, content, load = map(median, zip(*starts(browser, address, runs), strict=True))
    yield "page: first paint", f"{first:.0f} ms"
    yield "page: first content", f"{content:.0f} ms"
    yield "page: loaded", f"{load:.0f} ms"
    fills(browser, address, photo(12), 1)  # warm-up
    opening, rough, final = map(median, zip(*fills(browser, address, photo(12), runs), strict=True))
    yield "12 MP JPEG: chosen → can be painted on", f"{opening:.0f} ms"
    yield f"12 MP, hole of {HOLE} px: release → rough filling seen", f"{rough:.0f} ms"
    yield f"12 MP, hole of {HOLE} px: release → final filling seen", f"{final:.0f} ms"
    for megapixels in (24, 100):
        speed, slowest = map(median, zip(*paints(browser, address, photo(megapixels), runs), strict=True))
        yield f"painting on {megapixels} MP", f"{speed:.0f} frames/s, slowest in a hundred {slowest:.0f} ms"
    yield "the editor's files, compressed", f"{compressed() / 1000:.0f} kB"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--photo", type=Path, default=SAMPLE)
    arguments = parser.parse_args()
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    with tempfile.TemporaryDirectory() as place, served(Path(place)) as address, sync_playwright() as play:
        made: dict[int, Path] = {}

        def photo(megapixels: int) -> Path:
            if megapixels not in made:
                made[megapixels] = enlarged(arguments.photo, megapixels, Path(place))
            return made[megapixels]

        browser = play.chromium.launch(executable_path=next(filter(None, map(shutil.which, names)), None))
        print(f"| Chromium {browser.version}, median of {arguments.runs} | |\n|---|---|")
        for name, figure in rows(browser, address, photo, arguments.runs):
            print(f"| {name} | {figure} |", flush=True)
        browser.close()


if __name__ == "__main__":
    main()
