"""The architecture, read off the imports: core ← models ← edits ← doors, and what must not be imported at all."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import retoucher

ROOT = Path(retoucher.__file__).parent
MODULES = sorted(path for path in ROOT.rglob("*.py") if path != ROOT / "__init__.py")
HEAVY = {
    "torch",
    "numpy",
    "PIL",
    "cv2",
    "numba",
    "scipy",
    "kornia",
    "imagecodecs",
    "tifffile",
    "pillow_heif",
    "jpeglib",
}
DOORS = {"__main__", "arguments", "cli", "errands", "demo", "server", "batch"}  # and every module that ends in _cli
OUTSIDE = {"PIL", "argparse", "cyclopts", "rich", "click", "http", "urllib", "requests", "fastapi", "uvicorn", "pooch"}


def layer(module):
    """0 core, 1 models and their training, 2 the catalogue of their weights, 3 edits, 4 their evaluation, 5 doors."""
    part = [*module.split("."), ""][1]
    return (
        5
        if part in DOORS or part.endswith("_cli")
        else {"models": 1, "catalogue": 2, "training": 3, "edits": 3, "evaluation": 4}.get(part, 0)
    )


def name(path):
    return ".".join(("retoucher", *path.relative_to(ROOT).with_suffix("").parts)).removesuffix(".__init__")


def imports(path):
    """Every module that a file imports anywhere in it, `from retoucher import mask` counting as retoucher.mask."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {each.name for each in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name}: imports are written out in full"
            found |= {f"{node.module}.{each.name}" for each in node.names}
    return found


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_imports_go_one_way(path):
    ours = {each for each in imports(path) if each.startswith("retoucher.")}
    assert {each for each in ours if layer(each) > layer(name(path))} == set()


@pytest.mark.parametrize("path", [path for path in MODULES if name(path).startswith("retoucher.models")], ids=name)
def test_a_paper_imports_no_other_paper_and_nothing_of_the_outside_world(path):
    found = imports(path)
    paper = name(path).split(".")[2:3]
    papers = {each.split(".")[2] for each in found if each.startswith("retoucher.models.")}
    assert papers <= {"common", *paper}
    assert {each.split(".")[0] for each in found} & OUTSIDE == set()


def loaded_by(code):
    """The top-level modules that a fresh interpreter has loaded after running `code`."""
    code += "; import sys; print(*{name.split('.')[0] for name in sys.modules})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.splitlines()[-1].split())


def test_importing_the_package_loads_nothing():
    assert loaded_by("import retoucher") & {*HEAVY, "pydantic", "cyclopts", "rich"} == set()


@pytest.mark.parametrize(
    "words",
    [
        ["--help"],
        ["inpaint", "--help"],
        ["select", "--help"],
        ["extend", "--help"],
        ["harmonize", "--help"],
        ["serve", "--help"],
        ["--version"],
    ],
)
def test_help_loads_nothing_heavy(words):
    assert loaded_by(f"from retoucher.cli import main; main({words})") & HEAVY == set()


def test_starting_loads_little():
    """What the time to the first line is made of; `benchmarks/start.py` measures it."""

    def counted(code):
        code += "; import sys; print(len(sys.modules), sum(name.startswith('retoucher') for name in sys.modules))"
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        return tuple(map(int, done.stdout.splitlines()[-1].split()))

    everything, ours = counted("import retoucher")
    assert (everything < 120, ours) == (True, 1)
    everything, ours = counted("from retoucher.cli import main; main(['--help'])")
    assert (everything < 650, ours < 40) == (True, True)


def test_every_public_name_can_be_imported():
    for public in retoucher.__all__:
        assert getattr(retoucher, public) is not None
    assert set(dir(retoucher)) == set(retoucher.__all__)
    with pytest.raises(AttributeError, match="no attribute 'inpant'"):
        _ = retoucher.inpant
