import ast
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from checkpoints import published, save_lightning, save_torchscript, toy, toy_entry
from retoucher import catalogue, weights
from retoucher.catalogue import ENTRIES
from retoucher.errors import RetoucherError, UsageError
from retoucher.inpainting_entries import generator_names

ROOT = Path(__file__).parent.parent


@pytest.fixture(autouse=True)
def places(tmp_path, monkeypatch):
    monkeypatch.setenv("RETOUCHER_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    catalogue._ready.cache_clear()


@pytest.fixture
def toys(monkeypatch):
    """A catalogue of three networks: two for any photo, the better first, and one taken by name only."""
    entries = toy_entry("good"), toy_entry("plain"), toy_entry("drawn", by_name_only=True)
    monkeypatch.setattr(catalogue, "ENTRIES", entries)
    return entries


def add(tmp_path, name, seed=0):
    save_lightning(tmp_path / f"{name}.ckpt", toy(seed))
    return weights.add(catalogue.entry(name), tmp_path / f"{name}.ckpt")


def test_names_of_every_published_layout_become_bare():
    bare = ["model.1.ffc.convl2l.weight", "model.1.bn_l.running_mean"]
    training = ["discriminator.model0.0.weight", "loss_resnet_pl.a", "val_evaluator.b", "test_evaluator.generator.c"]
    for prefix in ("generator.", "model.generator.", "a.generator.model.generator.", "model.", ""):
        names = [prefix + name for name in bare]
        assert generator_names(training + names) == dict(zip(names, bare, strict=True))
    averaged = ["generator_average.model.1.bn_l.bias"]
    assert generator_names(averaged + ["generator." + name for name in bare]) == {"generator." + n: n for n in bare}


def test_two_generators_in_one_file_are_refused():
    with pytest.raises(RetoucherError, match="more than one generator"):
        generator_names(["generator.model.1.bias", "ema.generator.model.1.bias"])


def test_every_entry_tells_all_that_a_person_must_know():
    for entry in ENTRIES:
        for text in (entry.title, entry.paper, entry.licence, entry.terms, entry.attribution):
            assert len(text) > 10
            assert "\n" not in text
        assert entry.commercial in ("yes", "no", "unclear")
        assert entry.files or entry.shipped
        for file in entry.files:
            assert file.url == "" or file.url.startswith("https://")
            assert file.sha256 is None or re.fullmatch("[0-9a-f]{64}", file.sha256)
    assert len({entry.name for entry in ENTRIES}) == len(ENTRIES)
    assert not {entry.name for entry in ENTRIES} & {"auto", *catalogue.METHODS}


def test_every_function_that_an_entry_names_exists():
    for entry in ENTRIES:
        assert callable(weights.resolve(entry.build))
        assert not entry.faster or callable(weights.resolve(entry.faster))


def test_the_published_sizes_and_sums_are_those_on_record():
    big = {file.name: (file.size, file.sha256) for file in catalogue.entry("big-lama").files}
    assert big == {
        "big-lama.pt": (205_669_692, "344c77bbcb158f17dd143070d1e789f38a66c04202311ae3a258ef66667a9ea9"),
        "big-lama.zip": (381_428_720, "f1b358ca24093b93a106183b98a3dea6e8ed09f3b43ea7251eb2c81e7b4575f6"),
        "best.ckpt": (410_046_389, "fccb7adffd53ec0974ee5503c3731c2c2f1e7e07856fd9228cdcc0b46fd5d423"),
    }
    by_hand = ["lama-fourier", "lama-regular", "pconv-places", "pconv-port", "pconv-celeba"]
    by_hand += ["lama-small", "partialconv-small", "features-small", "scfegan-small", "portraits-128"]
    by_hand += ["scfegan-released", "stylegan2-ffhq", "stylegan2-ffhq-256", "stylegan2-ffhq-encoder"]
    by_hand += ["vgg19", "vgg19-compressed", "vgg16", "alexnet", "lpips", "ade20k-encoder"]
    assert [entry.name for entry in ENTRIES if not weights.pullable(entry)] == by_hand


def test_the_document_of_the_weights_is_current():
    assert (ROOT / "docs" / "weights.md").read_text("utf-8") == catalogue.markdown()


def test_a_network_comes_ready_on_its_device(tmp_path, toys):
    add(tmp_path, "plain")
    for name in ("plain", "lama", "auto"):
        model = catalogue.load(name, device="cpu")
        assert model.weights_name == "plain"
        assert not model.training
        assert all(torch.equal(value, toy().state_dict()[key]) for key, value in model.state_dict().items())
        assert {parameter.device.type for parameter in model.parameters()} == {"cpu"}


def quicker(network):
    """What an entry names as `faster`."""
    quick = toy()
    quick.load_state_dict(network.state_dict())
    quick.quick = True
    return quick.eval()


def test_a_network_is_made_faster_where_its_entry_says_how(tmp_path, monkeypatch):
    monkeypatch.setattr(catalogue, "ENTRIES", (toy_entry(faster="test_catalogue:quicker"),))
    add(tmp_path, "toy", seed=3)
    model = catalogue.load("toy", "cpu")
    assert model.quick
    assert model.weights_name == "toy"
    assert torch.equal(model.model[0].weight, toy(3).model[0].weight)


def test_the_best_that_is_present_is_taken(tmp_path, toys):
    assert catalogue.present("lama") == []
    add(tmp_path, "plain")
    add(tmp_path, "drawn")
    assert catalogue.load("lama", "cpu").weights_name == "plain"
    add(tmp_path, "good")
    assert catalogue.load("lama", "cpu").weights_name == "good"
    assert catalogue.load("plain", "cpu").weights_name == "plain"
    assert [entry.name for entry in catalogue.present("lama")] == ["good", "plain", "drawn"]
    assert catalogue.present("exemplar") == []


def test_what_is_for_drawings_is_never_taken_unasked(tmp_path, toys):
    add(tmp_path, "drawn")
    assert catalogue.load("drawn", "cpu").weights_name == "drawn"
    assert catalogue.load("auto").weights_name is None
    with pytest.raises(UsageError, match="No weights for lama"):
        catalogue.load("lama")


def test_without_weights_the_fill_that_needs_none_is_taken(toys):
    for name in ("auto", "exemplar"):
        model = catalogue.load(name)
        assert type(model).__name__ == "Exemplar"
        assert model.weights_name is None


def test_absent_weights_say_how_to_get_them(tmp_path, toys, monkeypatch):
    for name in ("lama", "good"):
        with pytest.raises(UsageError) as error:
            catalogue.load(name)
        assert "`retoucher weights add good FILE`" in str(error.value)
        assert "--model exemplar" in str(error.value)
        assert "pull" not in str(error.value)
    save_torchscript(tmp_path / "a.pt", toy())
    known = toy_entry("good", files=(replace(published(tmp_path / "a.pt"), url="https://example.org/a.pt"),))
    monkeypatch.setattr(catalogue, "ENTRIES", (known,))
    with pytest.raises(UsageError, match="`retoucher weights pull good` or `retoucher weights add good FILE`"):
        catalogue.load("lama")


@pytest.mark.parametrize(("name", "near"), [("big-lma", "big-lama"), ("exampler", "exemplar"), ("LaMa", "lama")])
def test_an_unknown_name_is_answered_with_near_ones(name, near):
    with pytest.raises(UsageError, match=near):
        catalogue.load(name)


def test_a_name_like_no_other_is_answered_with_all():
    with pytest.raises(UsageError, match="choose auto or lama or partialconv or exemplar or big-lama"):
        catalogue.load("xyz")


def test_a_damaged_network_is_an_error_not_another_choice(tmp_path, toys):
    copy = add(tmp_path, "good")
    copy.path.write_bytes(b"x" * 100)
    for name in ("good", "lama", "auto"):
        with pytest.raises(RetoucherError, match="not what it was"):
            catalogue.load(name, "cpu")


def test_a_network_stays_in_memory_until_its_file_changes(tmp_path, toys):
    add(tmp_path, "good", seed=0)
    first = catalogue.load("good", "cpu")
    assert catalogue.load("lama", "cpu") is first
    add(tmp_path, "good", seed=1)
    second = catalogue.load("good", "cpu")
    assert torch.equal(second.model[0].weight, toy(1).model[0].weight)


def test_shipped_weights_work_with_nothing_downloaded(tmp_path, monkeypatch):
    from safetensors.torch import save_file

    monkeypatch.setattr(weights, "package_data", lambda: tmp_path)
    save_file(toy().state_dict(), tmp_path / "toy.safetensors")
    shipped = published(tmp_path / "toy.safetensors")
    monkeypatch.setattr(catalogue, "ENTRIES", (toy_entry(shipped=shipped),))
    assert catalogue.load("auto", "cpu").weights_name == "toy"


LARGEST = {
    "lama-small": 8_000_000,
    "partialconv-small": 3_000_000,
    "features-small": 3_000_000,
    "scfegan-small": 6_000_000,
}


@pytest.mark.parametrize("name", LARGEST)
def test_the_networks_that_ship_are_small_whole_and_have_a_card(name, tmp_path, monkeypatch):
    from safetensors.torch import load_file

    monkeypatch.setenv("RETOUCHER_HOME", str(tmp_path))
    copy = weights.find(catalogue.entry(name))
    assert copy.origin == "shipped"
    assert copy.published
    assert copy.path.stat().st_size == copy.entry.shipped.size < LARGEST[name]
    dtypes = {tensor.dtype for tensor in load_file(copy.path).values()}
    assert dtypes <= {torch.float16, torch.int64}
    card = copy.path.with_suffix(".md").read_text("utf-8")
    for part in ("Data", "Training", "Measured", "Where it fails", "Licence"):
        assert f"## {part}" in card
    model = catalogue.load(copy.entry.method, "cpu")
    assert model.weights_name == name
    if copy.entry.method == catalogue.HARMONIZATION:
        assert [each.shape[1] for each in model.features(torch.rand(1, 3, 32, 32))] == [64, 128, 256, 512, 512]
        return
    image, mask = torch.rand(1, 3, 70, 90), torch.zeros(1, 1, 70, 90)
    mask[..., 20:40, 30:60] = 1
    with torch.inference_mode():
        filled = model(image, mask)
        assert torch.equal(filled, model(image.masked_fill(mask > 0, float("nan")), mask))
    assert filled.shape == image.shape
    assert 0 <= float(filled.min()) < float(filled.max()) <= 1


def test_auto_takes_no_network_that_is_worse_than_content_aware_fill(tmp_path, monkeypatch):
    monkeypatch.setenv("RETOUCHER_HOME", str(tmp_path))
    assert catalogue.best("lama").entry.name == "lama-small"
    assert catalogue.best("lama", unasked=True) is None
    assert type(catalogue.load("auto")).__name__ == "Exemplar"


def test_a_lama_generator_comes_back_from_the_published_formats(tmp_path, monkeypatch):
    from retoucher.models.lama.network import FourierGenerator, Sizes

    class Published(FourierGenerator):
        """Takes picture and mask, as the traced file does."""

        def forward(self, image, mask):
            return super().forward(torch.cat([image * (1 - mask), mask], dim=1))

    torch.manual_seed(0)
    network = Published(Sizes.published(width=8, blocks=2)).eval()
    parameters = sum(parameter.numel() for parameter in network.parameters())
    entry = toy_entry("lama-toy", parameters=parameters, build=ENTRIES[0].build, faster=ENTRIES[0].faster)
    monkeypatch.setattr(catalogue, "ENTRIES", (entry,))
    image, mask = torch.rand(1, 3, 64, 64), torch.zeros(1, 1, 64, 64)
    mask[..., 8:40, 8:50] = 1
    with torch.inference_mode():
        expected = network(image, mask)
    save_lightning(tmp_path / "best.ckpt", network)
    save_torchscript(tmp_path / "big.pt", network)
    for file in ("best.ckpt", "big.pt"):
        copy = weights.add(entry, tmp_path / file)
        assert set(weights.load_tensors(copy)) == set(network.state_dict())
        with torch.inference_mode():
            filled = catalogue.load("lama", "cpu")(image, mask)
        assert (filled - expected).abs().max() <= 1e-5


def test_listing_and_help_import_no_torch():
    program = (
        "import sys; from retoucher import weights_cli; weights_cli.show(); "
        "print([name for name in ('torch', 'numpy', 'safetensors', 'urllib.request', 'pooch') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_the_order_of_methods_is_one_visible_tuple():
    tree = ast.parse((ROOT / "src/retoucher/catalogue.py").read_text("utf-8"))
    assigned = [
        node for node in tree.body if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "METHODS"
    ]
    assert ast.literal_eval(assigned[0].value) == ("lama", "partialconv", "exemplar")
