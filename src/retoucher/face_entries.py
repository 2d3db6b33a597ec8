"""The published networks for faces; none is shipped."""

from collections.abc import Iterable

from retoucher.bundle import variables
from retoucher.checkpoint import every
from retoucher.weights import File, Weights


def released_generator(names: Iterable[str]) -> dict[str, str]:
    """The generator's variables of a training's checkpoint under the released names; anything else as it is.

    >>> released_generator(["generator/gconv1_ds/kernel", "generator/gconv1_ds/kernel/Adam", "beta1_power"])
    {'generator/gconv1_ds/kernel': 'generator/gconv1_ds/kernel'}
    """
    known = list(names)
    inside = variables(known, "gconv|co_conv|deconv")
    return {name: f"generator/{bare}" for name, bare in inside.items()} or every(known)


FACE_ENTRIES = (
    Weights(
        name="scfegan-released",
        method="scfegan",
        title="SC-FEGAN as released: 7 levels, width 64, 512 pixels, trained on CelebA-HQ",
        paper="Jo and Park, SC-FEGAN: Face Editing Generative Adversarial Network with User's Sketch and Color, "
        "arXiv 1902.06838",
        files=(File("SC-FEGAN.ckpt.data-00000-of-00001", "tensorflow"),),
        parameters=92_884_113,
        build="retoucher.models.scfegan:from_published",
        select=released_generator,
        licence="CC BY-NC 4.0 (code and model)",
        commercial="no",
        terms='The authors write: "Provided model and sample code is under a non-commercial creative commons license" '
        "and that it is for educational and academic research purposes only. It was trained on CelebA-HQ, whose "
        "pictures and what is derived from them are for non-commercial research.",
        attribution="Youngjoo Jo and Jongyoul Park (ETRI)",
        notes="For aligned faces, so it is taken only when it is asked for by name. The README of "
        "run-youngjoo/SC-FEGAN links the folder with SC-FEGAN.ckpt.index and SC-FEGAN.ckpt.data-00000-of-00001: "
        "download both and add either. TensorFlow is not needed. Sizes and sha256 are not published.",
        by_name_only=True,
        in_auto=False,
    ),
)
