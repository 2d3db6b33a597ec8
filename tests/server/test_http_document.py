import re
import shutil
import subprocess
from pathlib import Path

import pytest
from serving import HOLE, TOKEN, jpeg
from test_serve_command import listening

import painters
import portraits
from retoucher.image import Image
from retoucher.server.document import INTRODUCTION, markdown

HERE = Path(__file__).parents[2] / "docs" / "http.md"


def test_the_document_is_current():
    assert HERE.read_text("utf-8") == markdown(), "write it anew: " + COMMAND


COMMAND = """python -c "from retoucher.server.document import markdown; print(markdown(), end='')" > docs/http.md"""


def test_every_call_is_described_in_a_sentence():
    sections = re.findall(r"^### (\w+) (/\S+)\n\n(.+)", markdown(), re.MULTILINE)
    assert len(sections) >= 22
    assert all(what[0].isupper() and what.rstrip()[-1] in ".:)" for _, _, what in sections), sections


@pytest.mark.skipif(not all(map(shutil.which, ("bash", "curl", "python3"))), reason="there is no curl to run them with")
def test_the_examples_work_as_pasted(tmp_path):
    first, *examples = re.findall(r"```bash\n(.*?)```", INTRODUCTION, re.DOTALL)
    assert "URL=http://127.0.0.1:8765\n" in first
    (tmp_path / "photo.jpg").write_bytes(jpeg())
    (tmp_path / "mask.png").write_bytes(HOLE.encode())
    (tmp_path / "painting.jpg").write_bytes(jpeg())
    (tmp_path / "balloon.png").write_bytes(painters.file(painters.disc()))
    (tmp_path / "portrait.jpg").write_bytes(painters.file(portraits.portrait(), "JPEG"))
    (tmp_path / "smile.png").write_bytes(portraits.MOUTH.encode())
    with listening(tmp_path) as port:
        script = "\n".join(["set -eu", f"URL=http://127.0.0.1:{port}", f"TOKEN={TOKEN}", *examples])
        done = subprocess.run(["bash", "-c", script], cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert '"status": "done"' in done.stdout
    assert Image.open(tmp_path / "without.jpg").container == "JPEG"
    assert Image.open(tmp_path / "without.webp").container == "WEBP"
    assert Image.open(tmp_path / "patch.png").has_alpha
    assert "x-retoucher-box: " in done.stdout
    assert len(list((tmp_path / "state" / "photos").iterdir())) == 3  # the photo is forgotten, others not
