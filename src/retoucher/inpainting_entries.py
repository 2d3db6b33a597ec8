"""The published networks that fill holes: LaMa's and Partial Convolutions'; none is shipped."""

import re
from collections.abc import Iterable
from dataclasses import replace

from retoucher.errors import RetoucherError
from retoucher.weights import File, Weights

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


PARTIALCONV_ENTRIES = (
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

LAMA_ENTRIES = (  # the best first
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
)
