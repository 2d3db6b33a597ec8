"""A file of either program becomes the network that it was; what does not fit is named."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from stylegan2_fixtures import SIZES, discriminator, generator
from torch import Tensor

from nvidia_pickles import save_module, save_networks
from retoucher import checkpoint, weights
from retoucher.catalogue import entry, load
from retoucher.errors import RetoucherError, UsageError
from retoucher.models.mystyle.stylegan2.filters import kernel
from retoucher.models.mystyle.stylegan2.generator import Sizes, StyleGAN2
from retoucher.models.mystyle.stylegan2.naming import discriminator_layers, generator_layers, to_theirs
from retoucher.models.mystyle.stylegan2.weights import discriminator_from_published, from_published
from retoucher.stylegan2_entries import averaged_generator

Tensors = dict[str, Tensor]
CODE = torch.randn(2, SIZES.z, generator=torch.Generator().manual_seed(3))


def nvidia(core: StyleGAN2) -> Tensors:
    """With the filters that their files hold."""
    filters = {f"synthesis.b{side}.{name}resample_filter": kernel() for side in (8, 16) for name in ("", "conv0.")}
    return {**core.state_dict(), **filters}


def rosinality(core: StyleGAN2) -> Tensors:
    state = core.state_dict()
    tensors = to_theirs(state, generator_layers(len(core.sizes.channels), core.sizes.depth))
    filters = {f"convs.{j}.conv.blur.kernel": 4 * kernel() for j in (0, 2)}
    filters |= {f"to_rgbs.{k}.upsample.kernel": 4 * kernel() for k in (0, 1)}
    return {**tensors, **filters, "latent_avg": state["mapping.w_avg"]}


def prefixed(prefix: str, tensors: Tensors) -> Tensors:
    return {name if name == "latent_avg" else prefix + name: tensor for name, tensor in tensors.items()}


FORMS = {
    "ours": lambda core: core.state_dict(),
    "ours inside the house's network": lambda core: prefixed("core.", core.state_dict()),
    "nvidia": nvidia,
    "nvidia, averaged, beside two others": lambda core: {
        **prefixed("G_ema.", nvidia(core)),
        **prefixed("G.", nvidia(generator(seed=5))),
        **prefixed("D.", discriminator().state_dict()),
    },
    "rosinality": rosinality,
    "rosinality, averaged, beside another": lambda core: {
        **prefixed("g_ema.", rosinality(core)),
        **prefixed("g.", {name: t for name, t in rosinality(generator(seed=5)).items() if name != "latent_avg"}),
    },
    "an encoder's file": lambda core: {
        **prefixed("decoder.", rosinality(core)),
        "encoder.body.0.weight": torch.rand(3),
        "latent_avg": core.mapping.w_avg.expand(6, -1),
    },
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_gives_the_network_that_it_was_made_of(form: str) -> None:
    core = generator()
    model = from_published({name: tensor.clone() for name, tensor in FORMS[form](core).items()})
    assert not model.training
    assert model.core.sizes == SIZES
    assert (model.resolution, model.rows) == (16, 6)
    state = core.state_dict()
    assert all(torch.equal(tensor, state[name]) for name, tensor in model.core.state_dict().items())
    with torch.inference_mode():
        assert torch.equal(model(CODE, 0.7), ((core(CODE, 0.7) + 1) / 2).clamp(0, 1))


def test_networks_of_any_size_are_told_by_their_shapes() -> None:
    for sizes in (Sizes((4, 4), 4, 4, 1), Sizes((9, 8, 7, 6, 5), 3, 11, 8), Sizes.of(64, 256, 8, 16, 2)):
        core = generator(sizes)
        for tensors in (core.state_dict(), rosinality_of(core)):
            assert from_published(tensors).core.sizes == sizes
        judge = discriminator(sizes)
        theirs = to_theirs(judge.state_dict(), discriminator_layers(len(sizes.channels)))
        for tensors in (judge.state_dict(), prefixed("D.", judge.state_dict()), prefixed("d.", theirs)):
            found = discriminator_from_published(tensors)
            assert found.sizes.channels == sizes.channels
            assert all(torch.equal(tensor, judge.state_dict()[name]) for name, tensor in found.state_dict().items())


def rosinality_of(core: StyleGAN2) -> Tensors:
    tensors = to_theirs(core.state_dict(), generator_layers(len(core.sizes.channels), core.sizes.depth))
    return {**tensors, "latent_avg": core.mapping.w_avg}


def test_the_synthesis_of_a_published_person_takes_styles_only() -> None:
    core = generator()
    model = from_published(core.synthesis.state_dict())
    styles = torch.randn(2, 6, SIZES.w)
    with torch.inference_mode():
        assert torch.equal(model.core.synthesis(styles, "const"), core.synthesis(styles, "const"))
        assert model(styles).shape == (2, 3, 16, 16)
    with pytest.raises(RetoucherError, match="no mapping from noise to styles"):
        model(torch.randn(2, SIZES.w))
    with pytest.raises(RetoucherError, match="mean style is unknown"):
        model(styles, 0.5)


def test_pictures_are_in_the_houses_range_and_wrong_codes_are_named() -> None:
    core = generator()
    core.synthesis.b16.torgb.bias.data += torch.tensor([9.0, 0.0, -9.0])
    picture = from_published(core.state_dict())(CODE).detach()
    assert picture[:, 0].min() == 1
    assert picture[:, 2].max() == 0
    assert 0 < float(picture[:, 1].mean()) < 1
    for wrong in (torch.randn(2, SIZES.z + 1), torch.randn(2, 5, SIZES.w), torch.randn(2, 6, SIZES.w + 1)):
        with pytest.raises(ValueError, match=r"noise is \(N, 6\) and styles are \(N, 6, 7\)"):
            from_published(core.state_dict())(wrong)


def test_truncation_draws_styles_to_their_mean() -> None:
    model = from_published(generator().state_dict())
    mean, w = model.core.mapping.w_avg, model.styles(CODE)
    assert torch.allclose(model.styles(CODE, 0.7), mean + 0.7 * (w - mean))
    assert torch.equal(model.styles(w, 0.7), model.styles(CODE, 0.7))
    assert torch.equal(model.styles(CODE, 0.0), mean.expand(2, 6, -1))


def test_a_mean_style_that_a_file_lacks_is_measured() -> None:
    core = generator()
    tensors = {name: tensor for name, tensor in core.state_dict().items() if name != "mapping.w_avg"}
    mean = from_published(tensors).core.mapping.w_avg
    with torch.no_grad():
        other = core.mapping(torch.randn(20_000, SIZES.z, generator=torch.Generator().manual_seed(9)))
    assert torch.allclose(mean, other.mean(0), atol=5 * float(other.std()) / 100)
    assert float(mean.abs().max()) > 0.01
    assert torch.equal(mean, from_published(tensors).core.mapping.w_avg)


def test_stored_filters_are_checked_and_never_used() -> None:
    tensors = nvidia(generator())
    tensors["synthesis.b8.conv0.resample_filter"] = kernel((1, 2, 1))
    with pytest.raises(RetoucherError, match=r"not StyleGAN2's 1-3-3-1: synthesis\.b8\.conv0\.resample_filter"):
        from_published(tensors)
    theirs = rosinality(generator())
    theirs["convs.0.conv.blur.kernel"] = 3 * kernel()
    with pytest.raises(RetoucherError, match="1-3-3-1"):
        from_published(theirs)


def test_a_clamp_is_obeyed() -> None:
    core = generator()
    plain = from_published(core.state_dict())
    clamped = from_published({**core.state_dict(), "synthesis.b4.conv1.conv_clamp": torch.tensor(0.5)})
    expected = StyleGAN2(replace(SIZES, clamp=0.5)).eval()
    expected.load_state_dict(core.state_dict())
    with torch.inference_mode():
        assert torch.equal(clamped.core(CODE), expected(CODE))
        assert not torch.equal(clamped.core(CODE), plain.core(CODE))
        features = [x for x, _ in clamped.core.synthesis.steps(clamped.styles(CODE))]
    assert max(float(x.abs().max()) for x in features) == 0.5
    two = {"synthesis.b4.conv1.conv_clamp": torch.tensor(0.5), "synthesis.b8.conv1.conv_clamp": torch.tensor(1.0)}
    with pytest.raises(RetoucherError, match="clamped differently"):
        from_published({**core.state_dict(), **two})


def without(name: str) -> Tensors:
    return {key: tensor for key, tensor in nvidia(generator()).items() if key != name}


WRONG = {
    "a tensor missing": (without("synthesis.b8.torgb.bias"), r"missing: synthesis\.b8\.torgb\.bias"),
    "a layer missing": (without("synthesis.b8.conv1.weight"), r"missing: synthesis\.b8\.conv1\.weight"),
    "a tensor left over": (
        nvidia(generator()) | {"mapping.fc9.weight": torch.rand(2)},
        r"not part of it: mapping\.fc9",
    ),
    "another shape": (
        nvidia(generator()) | {"synthesis.b8.noise_const": torch.rand(2), "synthesis.b4.const": torch.rand(4)},
        r"b4\.const is \(4,\) instead of \(12, 4, 4\)",
    ),
    "no network": ({"model.1.bias": torch.rand(3)}, "This is no StyleGAN2 generator"),
    "another's discriminator": (discriminator().state_dict(), "This is no StyleGAN2 generator"),
    "labels": (nvidia(generator()) | {"mapping.embed.weight": torch.rand(2, 2)}, "takes labels"),
    "residual": (nvidia(generator()) | {"synthesis.b8.skip.weight": torch.rand(2, 2)}, "residual architecture"),
    "shapes of no convolution": (
        nvidia(generator()) | {"synthesis.b4.conv1.affine.weight": torch.rand(())},
        "impossible shapes",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_does_not_fit_is_named(name: str) -> None:
    tensors, said = WRONG[name]
    with pytest.raises(RetoucherError, match=said) as error:
        from_published(tensors)
    assert "\n" not in str(error.value)


def test_what_is_no_discriminator_is_named() -> None:
    judge = discriminator().state_dict()
    for tensors, said in (
        (generator().state_dict(), "This is no StyleGAN2 discriminator"),
        ({name: t for name, t in judge.items() if name != "b16.skip.weight"}, r"missing: b16\.skip\.weight"),
        ({**judge, "b4.mapping.fc0.weight": torch.rand(2)}, r"not part of it: b4\.mapping"),
    ):
        with pytest.raises(RetoucherError, match=said):
            discriminator_from_published(tensors)


@pytest.mark.parametrize("clamp", [None, 0.5])
def test_nvidias_pickles_become_networks(tmp_path, clamp) -> None:
    core, judge = generator(), discriminator()
    save_networks(tmp_path / "faces.pkl", {"G": generator(seed=4), "D": judge, "G_ema": core}, clamp)
    tensors = checkpoint.read(tmp_path / "faces.pkl")
    sizes = replace(SIZES, clamp=clamp or 0.0)
    with torch.inference_mode():
        for given in (tensors, checkpoint.read(tmp_path / "faces.pkl", averaged_generator)):
            model = from_published(given)
            assert model.core.sizes == sizes
            expected = StyleGAN2(sizes).eval()
            expected.load_state_dict(core.state_dict())
            assert torch.equal(model.core(CODE), expected(CODE))
        found = discriminator_from_published(tensors)
        assert found.sizes == replace(sizes, z=512, w=512, depth=8)
        image = torch.randn(4, 3, 16, 16)
        assert torch.equal(found(image), judge(image)) is (clamp is None)


def test_the_published_persons_file_becomes_a_network(tmp_path) -> None:
    core = generator()
    save_module(tmp_path / "mystyle_model.pt", core.synthesis)
    model = from_published(checkpoint.read(tmp_path / "mystyle_model.pt"))
    styles = torch.randn(1, 6, SIZES.w)
    with torch.inference_mode():
        assert torch.equal(model.core.synthesis(styles, "const"), core.synthesis(styles, "const"))


def test_a_pickle_that_is_added_is_kept_as_plain_tensors(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("RETOUCHER_HOME", str(tmp_path / "home"))
    core = generator()
    save_networks(tmp_path / "ffhq.pkl", {"G": generator(seed=4), "D": discriminator(), "G_ema": core}, 0.5)
    small = replace(entry("stylegan2-ffhq"), parameters=0)
    copy = weights.add(small, tmp_path / "ffhq.pkl")
    assert copy.path.suffix == ".safetensors"
    model = weights.build(small, weights.load_tensors(copy), copy.path.name)
    assert model.core.sizes == replace(SIZES, clamp=0.5)
    assert set(weights.load_tensors(copy)) >= set(core.state_dict())
    with pytest.raises(RetoucherError, match="30,370,060"):
        weights.add(entry("stylegan2-ffhq"), tmp_path / "ffhq.pkl")


def test_a_network_that_is_not_here_is_named_with_what_to_do(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("RETOUCHER_HOME", str(tmp_path))
    with pytest.raises(UsageError, match="run `retoucher weights add stylegan2-ffhq FILE`, or name another base"):
        load("stylegan2-ffhq")


def test_full_size_networks_have_the_published_numbers_of_parameters() -> None:
    for sizes, synthesis in ((Sizes.of(1024), 28_268_812), (Sizes.of(256, 16384), 22_666_210)):
        with torch.device("meta"):
            core = StyleGAN2(sizes)
        assert sum(tensor.numel() for tensor in core.synthesis.parameters()) == synthesis
        assert sum(tensor.numel() for tensor in core.mapping.parameters()) == 2_101_248
        name = "stylegan2-ffhq" if sizes.resolution == 1024 else "stylegan2-ffhq-256"
        assert entry(name).parameters == synthesis + 2_101_248
    assert core.synthesis.rows == 14
