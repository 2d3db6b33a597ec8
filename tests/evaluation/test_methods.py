"""Every method fills the same hole, changes nothing else and does not see what lies under it."""

import sys

import numpy as np
import pytest
import torch
from evaluation_fakes import hole, photo
from safetensors.torch import save_file

from retoucher import catalogue, device
from retoucher.edits.inpaint import Inpaint
from retoucher.errors import RetoucherError, UsageError
from retoucher.evaluation.methods import CLASSICAL, open_method, open_methods
from retoucher.image import Image
from retoucher.mask import Mask
from retoucher.models.lama import LaMa
from retoucher.models.lama.network import FourierGenerator, Sizes


@pytest.fixture(autouse=True)
def places(tmp_path, monkeypatch):
    monkeypatch.setenv("RETOUCHER_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))


@pytest.fixture
def trained(tmp_path):
    """A file of weights as training writes it."""
    torch.manual_seed(0)
    network = LaMa(FourierGenerator(Sizes.published(width=8, blocks=1)))
    save_file({name: tensor.half() for name, tensor in network.core.state_dict().items()}, tmp_path / "new.safetensors")
    return tmp_path / "new.safetensors"


@pytest.mark.parametrize("name", [*CLASSICAL, "exemplar", "auto", "lama"])
def test_only_the_hole_changes_and_what_lies_under_it_does_not_matter(name, trained):
    method = open_method(f"lama={trained}" if name == "lama" else name, "cpu")
    picture, where = photo(41, 53), hole(41, 53)
    noise = np.random.RandomState(1).randint(0, 256, picture.shape).astype(np.uint8)
    filled = method(picture, where).picture
    assert filled.dtype == np.uint8
    assert np.array_equal(filled[~where], picture[~where])
    assert np.array_equal(method(np.where(where[..., None], noise, picture), where).picture, filled)
    assert (filled[where] != picture[where]).any()


@pytest.mark.parametrize("name", CLASSICAL)
def test_a_flat_picture_comes_back(name):
    flat = np.full((33, 40, 3), (10, 120, 240), np.uint8)
    assert np.abs(open_method(name, "cpu")(flat, hole(33, 40)).picture.astype(int) - flat).max() <= 2


def test_auto_is_what_a_person_gets_but_for_the_growing():
    picture, where = photo(50, 60), hole(50, 60)
    method = open_method("auto", "cpu")
    got = Inpaint(grow=0).run(Image.from_array(picture), Mask(where), load=lambda name: catalogue.load(name, "cpu"))
    filled = method(picture, where)
    assert np.array_equal(filled.picture, got.image.samples)
    assert filled.by == got.report.method


def test_a_file_of_weights_is_named_after_it_and_its_folder(trained):
    method = open_method(f"lama={trained}", "cpu")
    assert (method.name, method.weights, method.classical) == (f"lama={trained.parent.name}/new", trained, False)
    assert method(photo(), hole()).by == "lama"


def test_files_of_the_same_name_go_by_their_paths(trained):
    other = trained.parent / "run" / trained.parent.name / trained.name
    other.parent.mkdir(parents=True)
    other.write_bytes(trained.read_bytes())
    asked = [f"lama={trained}", f"lama={other}", "telea"]
    assert [method.name for method in open_methods(asked, "cpu")] == asked


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("tela", "did you mean 'telea'"),
        ("examplar", "did you mean 'exemplar'"),
        ("vgg19", "no method 'vgg19'"),
        ("exemplar=file.pt", "No method called 'exemplar' has weights: write lama or partialconv"),
        ("lame=file.pt", "No method called 'lame' has weights"),
        ("lama=nowhere.safetensors", "no file at nowhere"),
        ("big-lama", "No weights for big-lama are here"),
    ],
)
def test_what_cannot_be_measured_is_said(asked, said):
    with pytest.raises(UsageError, match=said):
        open_method(asked, "cpu")


def test_a_file_of_another_network_is_named(tmp_path):
    save_file({"a": torch.zeros(1)}, tmp_path / "other.safetensors")
    with pytest.raises(RetoucherError, match=r"other\.safetensors does not hold weights of partialconv"):
        open_method(f"partialconv={tmp_path / 'other.safetensors'}", "cpu")


def test_a_method_given_twice_is_refused():
    with pytest.raises(UsageError, match="telea is given twice"):
        open_methods(["telea", "ns", "telea"], "cpu")


def test_a_device_that_is_not_here_is_refused(monkeypatch):
    monkeypatch.setattr(device, "available", lambda: ("cpu",))
    with pytest.raises(UsageError, match="There is no cuda on this machine"):
        open_method("auto", "cuda")


def test_a_missing_library_is_said_with_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "skimage.restoration", None)
    with pytest.raises(UsageError, match=r"pip install 'retoucher\[train\]'"):
        open_method("biharmonic", "cpu")
