"""The networks of our own that come with the package; their cards lie beside them in the data folder."""

from retoucher.checkpoint import every
from retoucher.weights import File, Weights

_DATA = (
    "Trained by the Retoucher authors on 2181 openly licensed photos (mostly CC BY); the card beside the file names "
    "them, and its tables say where it fails."
)

SHIPPED_ENTRIES = (
    Weights(
        name="lama-small",
        method="lama",
        title="LaMa with Fourier convolutions, 6 blocks, width 24, prefilled; trained for an hour on two cores",
        paper="Suvorov et al., Resolution-robust Large Mask Inpainting with Fourier Convolutions, arXiv 2109.07161",
        files=(),
        parameters=2694195,
        build="retoucher.models.lama:from_published",
        faster="retoucher.models.lama.fused:fused",
        select=every,
        licence="Apache-2.0, as Retoucher itself",
        commercial="yes",
        terms=_DATA,
        attribution="the Retoucher authors; photos by the people named in photos-sources.csv",
        notes="Far below the published networks, so `auto` does not take it.",
        in_auto=False,
        shipped=File(
            "lama-small.safetensors",
            "safetensors",
            size=5446904,
            sha256="294b1b229d4698e4b112b1a807f2806edeec528249b47e435356936b09f3421e",
        ),
    ),
    Weights(
        name="partialconv-small",
        method="partialconv",
        title="Partial convolutions, 6 levels, width 16; trained for two and a half hours on busy cores",
        paper="Liu et al., Image Inpainting for Irregular Holes Using Partial Convolutions, arXiv 1804.07723",
        files=(),
        parameters=1172196,
        build="retoucher.models.partialconv:from_published",
        select=every,
        licence="Apache-2.0, as Retoucher itself",
        commercial="yes",
        terms=f"{_DATA} A patent application covers the method (US 2019/0295228 A1).",
        attribution="the Retoucher authors; photos by the people named in photos-sources.csv",
        notes="Far below the published networks, so `auto` does not take it.",
        in_auto=False,
        shipped=File(
            "partialconv-small.safetensors",
            "safetensors",
            size=2353920,
            sha256="e8500de39138987cb206381fa3546a9ca854530f0657bf290559993a1a88041b",
        ),
    ),
    Weights(
        name="features-small",
        method="harmonization",
        title="A narrow VGG-19 that answers as the wide one, for painterly harmonization; taught on two cores",
        paper="Luan et al., Deep Painterly Harmonization, arXiv 1804.03189; Simonyan and Zisserman, arXiv 1409.1556",
        files=(),
        parameters=1246496,
        build="retoucher.models.harmonization.weights:from_published",
        select=every,
        licence="Apache-2.0, as Retoucher itself",
        commercial="yes",
        terms="Trained by the Retoucher authors on 2181 openly licensed photos and 179 paintings in the public domain "
        "to answer as VGG-19 (CC BY 4.0) and a compressed VGG-19 (MIT) do, which were trained on ImageNet; the card "
        "beside the file names the photos.",
        attribution="the Retoucher authors; VGG-19 by Karen Simonyan and Andrew Zisserman, compressed by Huan Wang "
        "and others; photos by the people named in photos-sources.csv",
        notes="What `retoucher harmonize` looks with where no VGG-19 was added.",
        shipped=File(
            "features-small.safetensors",
            "safetensors",
            size=2495840,
            sha256="c6537ddfca7e93d1ef70efc717b430c45450024ecb640acda7d5b25146b64997",
        ),
    ),
    Weights(
        name="scfegan-small",
        method="scfegan",
        title="SC-FEGAN's U-Net of gated convolutions, 5 levels, width 32, 256 pixels; trained on two cores",
        paper="Jo and Park, SC-FEGAN: Face Editing Generative Adversarial Network with User's Sketch and Color, "
        "arXiv 1902.06838",
        files=(),
        parameters=2928742,
        build="retoucher.models.scfegan:from_published",
        select=every,
        licence="Apache-2.0, as Retoucher itself",
        commercial="yes",
        terms="Trained by the Retoucher authors on 1131 portraits, mostly of members of the United States Congress "
        "(works of the US government, in the public domain); the card beside the file says how undiverse that is.",
        attribution="the Retoucher authors; portraits by the people named in portraits-sources.csv",
        notes="What `retoucher redraw` draws with.",
        shipped=File(
            "scfegan-small.safetensors",
            "safetensors",
            size=5859956,
            sha256="6a69789fa0f00b66ee729eb7cd6d76062d62501951d389ea915378d94f11a56c",
        ),
    ),
    Weights(
        name="portraits-128",
        method="stylegan2",
        title="StyleGAN2 of faces, 128 pixels, with an encoder of its own; trained on two cores",
        paper="Karras et al., Analyzing and Improving the Image Quality of StyleGAN, arXiv 1912.04958; Nitzan et al., "
        "MyStyle: A Personalized Generative Prior, arXiv 2203.17272",
        files=(),
        parameters=4137765,
        build="retoucher.models.mystyle.base:from_published",
        select=every,
        licence="Apache-2.0, as Retoucher itself",
        commercial="yes",
        terms="Trained by the Retoucher authors on 1131 portraits, mostly of members of the United States Congress "
        "(works of the US government, in the public domain); the card beside the file says how undiverse that is.",
        attribution="the Retoucher authors; portraits by the people named in portraits-sources.csv",
        notes="What `retoucher person create` begins from.",
        shipped=File(
            "portraits-128.safetensors",
            "safetensors",
            size=8414546,
            sha256="db1f91b597afc7a1f32d6de705e810e22c67d5b0175fd674da1461d59cb0b587",
        ),
        template="portrait",
    ),
)
