"""Every network that Retoucher knows, in one table, and `load`, which makes one ready to use."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from retoucher import checkpoint, weights
from retoucher.errors import RetoucherError, UsageError
from retoucher.face_entries import FACE_ENTRIES
from retoucher.feature_entries import FEATURE_ENTRIES
from retoucher.shipped_entries import SHIPPED_ENTRIES
from retoucher.stylegan2_entries import STYLEGAN2_ENTRIES
from retoucher.weights import Copy, File, Weights

if TYPE_CHECKING:
    from torch import Tensor, nn

    from retoucher.persons import Record

TRAINING_ONLY = ("discriminator.", "loss_", "val_evaluator.", "test_evaluator.")


def generator_names(names: Iterable[str]) -> dict[str, str]:
    """Which tensors of a published LaMa file are its generator's, and their bare names (`model.1.ffc…`).

    Whatever follows the last `generator.`; where no name has that, `model.model.` loses one `model.`; tensors that only
    training needs are left out.

    >>> generator_names(["generator.model.1.bias", "discriminator.model0.0.bias"])
    {'generator.model.1.bias': 'model.1.bias'}
    """
    useful = [name for name in names if not name.startswith(TRAINING_ONLY)]
    inside = {name: found[1] for name in useful if (found := re.fullmatch(r"(?:.*\.)?generator\.(.+)", name))}
    twice = {name: name.removeprefix("model.") for name in useful if name.startswith("model.model.")}
    bare = inside or twice or {name: name for name in useful}
    if len(set(bare.values())) != len(bare):
        raise RetoucherError("The file holds more than one generator: give a file with one network.")
    return bare


_AUTHORS = "Roman Suvorov, Elizaveta Logacheva, Anton Mashikhin and others (Samsung AI Center Moscow)"
_TERMS = (
    "The authors published the code under Apache-2.0 and never gave the weights a licence of their own. Asked about "
    'the weights, one of them answered "repo says Apache 2.0" (advimman/lama issue 230); later requests to write that '
    "down (365, 366, 368) are open. The network was trained on Places, whose pictures are for non-commercial research "
    "and education."
)
_MODELS = "https://github.com/Sanster/models/releases/download"
_MIRROR = "https://huggingface.co/smartywu/big-lama/resolve/05cb2be7f8dbe6ca7c6e78f4fc827a4b2baaa4a9"


def _lama(name: str, title: str, parameters: int, files: tuple[File, ...], notes: str) -> Weights:
    """What the official LaMa networks have in common."""
    return Weights(
        name=name,
        method="lama",
        title=title,
        paper="Suvorov et al., Resolution-robust Large Mask Inpainting with Fourier Convolutions, arXiv 2109.07161",
        files=files,
        parameters=parameters,
        build="retoucher.models.lama:from_published",
        faster="retoucher.models.lama.fused:fused",
        select=generator_names,
        licence="none stated for the weights; the code they came with is Apache-2.0",
        commercial="unclear",
        terms=_TERMS,
        attribution=_AUTHORS,
        notes=notes,
    )


_PLACES = "It was trained on Places, whose pictures are for non-commercial research and education."
_UNSTATED = "OpenMMLab publishes its code under Apache-2.0 and states no licence of its own for this file."
_PATENT = "A patent application covers the method (US 2019/0295228 A1)."


def _partialconv(
    name: str, trained: str, parameters: int, file: File, terms: str, notes: str, *, faces: bool = False
) -> Weights:
    """What published networks of partial convolutions have in common; the authors never published theirs."""
    return Weights(
        name=name,
        method="partialconv",
        title=f"Partial convolutions, 7 levels, 256 pixels, trained on {trained}",
        paper="Liu et al., Image Inpainting for Irregular Holes Using Partial Convolutions, arXiv 1804.07723",
        files=(file,),
        parameters=parameters,
        build="retoucher.models.partialconv:from_published",
        select=generator_names,
        licence="none stated for the weights; the code they came with is Apache-2.0",
        commercial="no" if faces else "unclear",
        terms=f"{terms} {_PATENT}",
        attribution="OpenMMLab (mmagic, formerly mmediting), after Guilin Liu and others (NVIDIA)",
        notes=f"{notes} Size and sha256 are not published, so download it yourself and add it.",
        by_name_only=faces,
        in_auto=False,
    )


def _openmmlab(end: str) -> File:
    name = f"pconv_256x256_stage2_4x2_{end}.pth"
    return File(name, "checkpoint", f"https://download.openmmlab.com/mmediting/inpainting/pconv/{name}")


_PARTIALCONV = (
    _partialconv(
        "pconv-places",
        "Places by OpenMMLab",
        25_779_860,
        _openmmlab("places_20200619-1ffed0e8"),
        f"{_UNSTATED} {_PLACES}",
        "Published with 22.76 dB PSNR and 0.801 SSIM on Places365-val.",
    ),
    replace(
        _partialconv(
            "pconv-port",
            "Places by naoto0804",
            25_779_796,
            File("1000000.pth", "checkpoint"),
            "The code has been MIT since 2020 (issue 49 of its repository); no licence is stated for the file, and its "
            f"author does not vouch for its quality. {_PLACES}",
            "Release v0.0.0 of naoto0804/pytorch-inpainting-with-partial-conv holds it.",
        ),
        licence="none stated for the weights; the code they came with is MIT",
        attribution="naoto0804 (pytorch-inpainting-with-partial-conv), after Guilin Liu and others (NVIDIA)",
    ),
    _partialconv(
        "pconv-celeba",
        "faces (CelebA-HQ) by OpenMMLab",
        25_779_860,
        _openmmlab("celeba_20200619-860f8b95"),
        f"{_UNSTATED} It was trained on CelebA-HQ, whose pictures and what is derived from them are for non-commercial "
        "research.",
        "For aligned faces, so it is taken only when it is asked for by name.",
        faces=True,
    ),
)

ENTRIES: tuple[Weights, ...] = (  # the best of each method first
    _lama(
        "big-lama",
        "LaMa with Fourier convolutions, 18 blocks, trained on 4.5 million Places photos",
        50_975_875,
        (
            File(
                "big-lama.pt",
                "torchscript",
                f"{_MODELS}/add_big_lama/big-lama.pt",
                205_669_692,
                "344c77bbcb158f17dd143070d1e789f38a66c04202311ae3a258ef66667a9ea9",
            ),
            File(
                "big-lama.zip",
                "zip around lightning",
                f"{_MIRROR}/big-lama.zip",
                381_428_720,
                "f1b358ca24093b93a106183b98a3dea6e8ed09f3b43ea7251eb2c81e7b4575f6",
            ),
            File(
                "best.ckpt",
                "lightning",
                size=410_046_389,
                sha256="fccb7adffd53ec0974ee5503c3731c2c2f1e7e07856fd9228cdcc0b46fd5d423",
            ),
        ),
        "big-lama.pt is the TorchScript export that IOPaint and simple-lama-inpainting use; a copy in torch's own "
        "cache is found there. big-lama.zip is the mirror that the authors' README names; best.ckpt lies inside it.",
    ),
    _lama(
        "lama-fourier",
        "LaMa with Fourier convolutions, 9 blocks, trained on Places",
        27_048_835,
        (File("best.ckpt", "lightning"),),
        "The original links are dead. The authors' Google Drive folder 1B2x7eQDgecTL0oh3LSIBDGj0fTxs6Ips holds "
        "lama-models.zip: unpack it and add best.ckpt of lama-fourier.",
    ),
    _lama(
        "lama-regular",
        "LaMa with ordinary convolutions, 9 blocks, trained on Places",
        45_617_731,
        (File("best.ckpt", "lightning"),),
        "As lama-fourier: best.ckpt of lama-regular in lama-models.zip.",
    ),
    replace(
        _lama(
            "anime-manga-big-lama",
            "big-lama trained further on drawn pictures (anime, manga)",
            50_975_875,
            (
                File(
                    "anime-manga-big-lama.pt",
                    "torchscript",
                    f"{_MODELS}/AnimeMangaInpainting/anime-manga-big-lama.pt",
                    205_717_870,
                    "479d3afdcb7ed2fd944ed4ebcc39ca45b33491f0f2e43eb1000bd623cfb41823",
                ),
            ),
            "Not for photos, so it is taken only when it is asked for by name.",
        ),
        licence="none stated with the file",
        terms=f"No licence comes with the file, and the drawings it was trained on are not named. {_TERMS}",
        attribution=f"dreMaz (training on drawn pictures), Sanster (export), {_AUTHORS}",
        by_name_only=True,
    ),
    *_PARTIALCONV,
    *SHIPPED_ENTRIES,
    *FACE_ENTRIES,
    *STYLEGAN2_ENTRIES,
    *FEATURE_ENTRIES,
)
METHODS = ("lama", "partialconv", "exemplar")
"""What `auto` tries, best first; networks only where weights are that are better than content-aware fill, as far as it
was measured (docs/evaluation.md, docs/decisions.md)."""

REDRAWING = "scfegan"
"""The method that draws faces after lines and colours; no kind of filling, so `auto` does not know it."""

PERSON, LOOK = "person:", "look"
"""What names of persons begin with, and what faces are compared with while one is searched."""
LPIPS, BACKBONES = "lpips", {"alex": "alexnet", "vgg": "vgg16"}
"""The linear layers that make LPIPS of a backbone, and the backbones by the names that those give them."""
HARMONIZATION, WITH_VGG = "harmonization", "harmonization-vgg19"
"""Painterly harmonization with the best features that are here, and with the genuine VGG-19's."""


def entry(name: str) -> Weights:
    """The entry of that name; UsageError with the nearest names when there is none."""
    for known in ENTRIES:
        if known.name == name:
            return known
    raise _unknown(name, [known.name for known in ENTRIES])


def present(method: str) -> list[Weights]:
    """The entries of one method whose weights are on this machine, best first (none for a method without weights)."""
    return [known for known in ENTRIES if known.method == method and weights.find(known)]


def best(method: str, *, unasked: bool = False) -> Copy | None:
    """The copy on this machine that one method uses when none is asked for by name.

    `unasked`: not even the method was named, so only what is good enough for `auto` counts.
    """
    usual = (known for known in ENTRIES if known.method == method and not known.by_name_only)
    usual = (known for known in usual if known.in_auto or not unasked)
    return next((copy for known in usual if (copy := weights.find(known))), None)


def load(name: str = "auto", device: str | None = None) -> Any:
    """A model ready to use: on its device, in eval mode, with the entry's name (or None) as `weights_name`.

    `name` is a method ("lama", "exemplar", "grabcut" …), an entry ("big-lama"), or "auto": the first of `METHODS`
    that can run. `device` is what `retoucher.device.choose` takes, None its default. The last two networks stay in
    memory. Raises UsageError for an unknown name or absent weights, saying what to do; RetoucherError when a file is
    damaged.
    """
    if name == "auto":
        name = next(method for method in METHODS if method == "exemplar" or best(method, unasked=True))
    if name == "exemplar":
        return _exemplar()
    if name == "grabcut":
        return _grabcut()
    if name in (HARMONIZATION, WITH_VGG):
        return _harmonization(name, device)
    if name == LOOK:
        return _look(device)
    if name.startswith(PERSON):
        return _person(name.removeprefix(PERSON), device)
    if name in (*METHODS, REDRAWING):
        copy = best(name)
        wanted = next(known.name for known in ENTRIES if known.method == name)
    elif name in {known.name for known in ENTRIES}:
        copy, wanted = weights.find(entry(name)), name
    else:
        raise _unknown(
            name, ["auto", *METHODS, *(known.name for known in ENTRIES), REDRAWING, "grabcut", HARMONIZATION]
        )
    if copy is None:
        raise _absent(name, entry(wanted), _INSTEAD.get(name, _INSTEAD[""]))
    return _ready(copy, _state(copy), device)


@lru_cache(maxsize=2)
def _ready(copy: Copy, state: tuple[Path, int, int] | None, device: str | None) -> "nn.Module":
    """Read, build and place a network; kept while its file's `state` (path, size, time of change) is the same."""
    from retoucher.device import choose

    model = weights.build(copy.entry, weights.load_tensors(copy), copy.path.name)
    model = model.to(choose(device or "auto")).eval()
    if copy.entry.faster:
        model = weights.resolve(copy.entry.faster)(model)
    # plain attributes, not submodules
    model.weights_name, model.sha256 = copy.entry.name, copy.sha256  # type: ignore[assignment]
    model.template = copy.entry.template  # type: ignore[assignment]
    return model


def _exemplar() -> Any:
    from retoucher.models.exemplar import Exemplar

    model: Any = Exemplar()
    model.weights_name = None
    return model


def _grabcut() -> Any:
    from retoucher.models.grabcut import GrabCut

    return GrabCut()


def _harmonization(name: str, device: str | None) -> Any:
    """Harmonization with VGG-19's features where they were added, else with our own."""
    copy = weights.find(entry("vgg19"))
    if copy is None:
        if name == WITH_VGG:
            raise _absent("vgg19", entry("vgg19"), "leave --weights out: our own features come with Retoucher")
        return load("features-small", device)
    deep = weights.find(entry("vgg19-compressed")) or weights.find(entry("features-small"))
    return _with_vgg19(copy, deep, (_state(copy), _state(deep)), device)


@lru_cache(maxsize=1)
def _with_vgg19(vgg: Copy, deep: Copy | None, state: object, device: str | None) -> Any:
    """Read and build; kept while the files' `state` is the same. The deep layers may come from a second network."""
    from retoucher.device import choose
    from retoucher.models.harmonization.weights import with_vgg19

    beyond = weights.build(deep.entry, weights.load_tensors(deep), deep.path.name) if deep else None
    model = with_vgg19(weights.load_tensors(vgg), getattr(beyond, "features", beyond))
    model.weights_name = vgg.entry.name
    return model.to(choose(device or "auto"))


def _look(device: str | None) -> Any:
    """What searches compare pictures with: LPIPS where it was added with a backbone of its, else our own features."""
    from retoucher.models.mystyle.look import FeatureLook

    if (linear := weights.find(entry(LPIPS))) and (backbones := _backbones(weights.load_tensors(linear))):
        return _lpips(linear, backbones[0], (_state(linear), _state(backbones[0])), device)
    look = FeatureLook(load("features-small", device).features).eval()
    look.weights_name = "features-small"  # type: ignore[assignment]  # a plain attribute, not a submodule
    return look


def _backbones(linear: "Mapping[str, Tensor]") -> list[Copy]:
    """Networks that are here and that linear layers are for, AlexNet first, as published."""
    from retoucher.models.common.lpips import kinds

    names = [BACKBONES[kind] for kind in sorted(kinds(linear))]
    return [copy for name in names if (copy := weights.find(entry(name)))]


@lru_cache(maxsize=1)
def _lpips(linear: Copy, backbone: Copy, state: object, device: str | None) -> Any:
    """Read and build; kept while the files' `state` is the same."""
    from retoucher.device import choose
    from retoucher.models.common.lpips import from_published

    look = from_published(weights.load_tensors(backbone) | weights.load_tensors(linear))
    look.weights_name = LPIPS  # type: ignore[assignment]
    return look.to(choose(device or "auto"))


def _person(name: str, device: str | None) -> Any:
    """A person that was made here, tuned from its base; UsageError where that base is gone or is another now."""
    from retoucher import persons

    known = persons.record(name)
    copy = weights.find(entry(known.base))
    if copy is None:
        raise UsageError(f"{name} was made with the base {known.base}, which is not here: add it again.")
    if copy.sha256 != known.base_sha256:
        raise UsageError(f"{name} was made with another {known.base} than is here now: make the person anew.")
    path = persons.folder(name) / persons.TENSORS
    if not path.is_file():
        raise UsageError(f"{name} is not finished: `retoucher person create {name} --resume` goes on.")
    stat = path.stat()
    return _tuned(known, copy, (path, stat.st_size, stat.st_mtime_ns), device)


@lru_cache(maxsize=2)
def _tuned(known: "Record", copy: Copy, state: tuple[Path, int, int], device: str | None) -> Any:
    """Read and build a person; kept while the file's `state` is the same."""
    from retoucher.device import choose
    from retoucher.models.mystyle.person import tuned

    base = weights.build(copy.entry, weights.load_tensors(copy), copy.path.name)
    tensors = {name: tensor.float() for name, tensor in checkpoint.read(state[0]).items()}
    person = tuned(base, tensors, known.used).to(choose(device or "auto"))  # type: ignore[arg-type]
    person.weights_name, person.template = f"{PERSON}{known.name} on {known.base}", known.template  # type: ignore[assignment]
    return person


def forget_persons() -> None:
    """Let go of the persons that are kept ready: once one is deleted, nothing of it stays in memory either."""
    _tuned.cache_clear()


def _state(copy: Copy | None) -> tuple[Path, int, int] | None:
    """What tells whether a file is still the same: path, size, time of change."""
    if copy is None:
        return None
    stat = copy.path.stat()
    return copy.path, stat.st_size, stat.st_mtime_ns


_INSTEAD = {
    "": "use --model exemplar, which needs none",
    REDRAWING: "ask for one that you added by its name (--weights scfegan-released)",
    "scfegan-released": "leave --weights out: our own network comes with Retoucher",
    **{known.name: "name another base" for known in STYLEGAN2_ENTRIES},
}
"""What else to do where the weights that were asked for are absent."""


def _absent(asked: str, wanted: Weights, instead: str) -> UsageError:
    how = f"`retoucher weights add {wanted.name} FILE`"
    if weights.pullable(wanted):
        how = f"`retoucher weights pull {wanted.name}` or {how}"
    return UsageError(f"No weights for {asked} are here: run {how}, or {instead}.")


def _unknown(name: str, known: list[str]) -> UsageError:
    near = get_close_matches(name, known, n=3, cutoff=0.5)
    return UsageError(f"There is no {name!r}: {'did you mean ' if near else 'choose '}{' or '.join(near or known)}?")


def markdown() -> str:
    """The text of docs/weights.md, made from the table (a test keeps the file current)."""
    return "\n".join([_INTRODUCTION, *map(_section, ENTRIES)])


_INTRODUCTION = """# Networks' weights

Made from `retoucher.catalogue`; change it there. `retoucher weights list` shows what is on this machine, `pull NAME`
downloads (after showing the licence), `add NAME FILE` takes a file that you have, `verify` hashes everything again.

Nothing in a file of weights can run code: checkpoints that are pickles are only described, never carried out, and a
file that asks for anything that weights do not need is refused, with the name of what it asked for. Converted once,
networks are kept as safetensors in the system's folder for program data, or in `$RETOUCHER_HOME`.
"""


def _section(known: Weights) -> str:
    """One entry of the document."""
    head = "| file | format | bytes | sha256 | pull |\n|---|---|---|---|---|\n"
    rows = (
        f"| {f'[{file.name}]({file.url})' if file.url else file.name} | {file.format} "
        f"| {f'{file.size:,}' if file.size else 'unknown'} | {f'`{file.sha256}`' if file.sha256 else 'unknown'} "
        f"| {'yes' if file.pullable else 'no: add'} |\n"
        for file in known.files
    )
    shipped = (
        f"| {known.shipped.name} | comes with Retoucher | {known.shipped.size:,} | `{known.shipped.sha256}` | – |\n"
        if known.shipped
        else ""
    )
    facts = {
        "Method": f"{known.method}; {known.parameters:,} parameters" if known.parameters else known.method,
        "Paper": known.paper,
        "By": known.attribution,
        "Licence": known.licence,
        "Commercial use": known.commercial,
    }
    lines = "".join(f"- {what}: {text}\n" for what, text in facts.items())
    prose = f"{known.terms} {known.notes}".rstrip()
    return f"## {known.name}\n\n{known.title}.\n\n{lines}\n{prose}\n\n{head}{shipped}{''.join(rows)}"
