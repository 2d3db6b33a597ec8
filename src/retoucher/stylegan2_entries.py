"""The published StyleGAN2 networks of faces that people bring; none is shipped."""

from collections.abc import Iterable
from dataclasses import replace

from retoucher.checkpoint import every
from retoucher.weights import File, Weights

METHOD = "stylegan2"
AVERAGED = ("G_ema.", "g_ema.", "decoder.")
"""What the names of the averaged generator begin with, in NVIDIA's, rosinality's and encoders' files."""
MEAN = "latent_avg"


def averaged_generator(names: Iterable[str]) -> dict[str, str]:
    """The averaged generator's tensors and the mean style beside them under their bare names; else all as they are.

    >>> averaged_generator(["G.mapping.w_avg", "G_ema.mapping.w_avg", "D.b4.out.bias"])
    {'G_ema.mapping.w_avg': 'mapping.w_avg'}
    """
    known = list(names)
    for prefix in AVERAGED:
        if inside := {name: name.removeprefix(prefix) for name in known if name.startswith(prefix)}:
            return inside | {name: name for name in known if name == MEAN}
    return every(known)


def with_encoder(names: Iterable[str]) -> dict[str, str]:
    """A W encoder, the generator that it was trained for and their mean style, of a file of the e4e family.

    >>> list(with_encoder(["encoder.linear.bias", "decoder.input.input", "latent_avg", "discriminator.b"]))
    ['encoder.linear.bias', 'decoder.input.input', 'latent_avg']
    """
    return {name: name for name in names if name.startswith(("encoder.", "decoder.")) or name == MEAN}


_FFHQ = (
    "NVIDIA's licence for the code and the networks allows research and evaluation only, no commercial use, and so do "
    "conversions of its networks. They were trained on FFHQ, which is CC BY-NC-SA 4.0. A picture of a real person made "
    "with them may need that person's consent."
)
_HOME = "https://nvlabs-fi-cdn.nvidia.com/stylegan2-ada-pytorch/pretrained"


def _faces(name: str, side: int, parameters: int, files: tuple[File, ...], notes: str) -> Weights:
    """What NVIDIA's networks of faces have in common."""
    return Weights(
        name=name,
        method=METHOD,
        title=f"StyleGAN2 of faces, {side} pixels, trained on FFHQ by NVIDIA",
        paper="Karras et al., Analyzing and Improving the Image Quality of StyleGAN, arXiv 1912.04958",
        files=files,
        parameters=parameters,
        build="retoucher.models.mystyle.base:from_published",
        select=averaged_generator,
        licence="NVIDIA Source Code License (research or evaluation, non-commercial)",
        commercial="no",
        terms=_FFHQ,
        attribution="Tero Karras, Samuli Laine, Miika Aittala, Janne Hellsten, Jaakko Lehtinen and Timo Aila (NVIDIA)",
        notes=f"For faces aligned as in FFHQ, so it is taken only when it is asked for by name. {notes} Sizes and "
        "sha256 are not published, so download it yourself and add it. The file's own program is never run.",
        by_name_only=True,
        in_auto=False,
        template="ffhq",
    )


STYLEGAN2_ENTRIES = (
    _faces(
        "stylegan2-ffhq",
        1024,
        30_370_060,
        (
            File("ffhq.pkl", "pickle", f"{_HOME}/ffhq.pkl"),
            File("stylegan2-ffhq-config-f.pt", "checkpoint"),
        ),
        "ffhq.pkl is from NVlabs/stylegan2-ada-pytorch, stylegan2-ffhq-config-f.pt the same network as rosinality's "
        "program names it. The generator inside an encoder's file (e4e) is taken, too.",
    ),
    _faces(
        "stylegan2-ffhq-256",
        256,
        24_767_458,
        (
            File(
                "ffhq-res256-mirror-paper256-noaug.pkl",
                "pickle",
                f"{_HOME}/transfer-learning-source-nets/ffhq-res256-mirror-paper256-noaug.pkl",
            ),
        ),
        "Half as wide below 1024 pixels as the other.",
    ),
    replace(
        _faces(
            "stylegan2-ffhq-encoder",
            1024,
            0,
            (File("faces_w_encoder.pt", "checkpoint"),),
            "With the encoder that MyStyle finds a face's style by (31 million parameters more), from "
            "yuval-alaluf/hyperstyle: anchors come from it at once instead of from a search.",
        ),
        select=with_encoder,
        attribution="the StyleGAN2 authors (NVIDIA); encoder by Yuval Alaluf, Omer Tov and others",
    ),
)
