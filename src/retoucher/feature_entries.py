"""The networks that only losses and measurements look with: none of them makes a picture, and none is shipped."""

from collections.abc import Iterable

from retoucher.checkpoint import every
from retoucher.weights import File, Weights

METHOD = "features"


def trunk(names: Iterable[str]) -> dict[str, str]:
    """A network's convolutions; its classifier, most of the file, is not kept.

    >>> trunk(["features.0.weight", "classifier.0.weight"])
    {'features.0.weight': 'features.0.weight'}
    """
    return {name: name for name in names if name.startswith("features.")}


_VGG = "Simonyan and Zisserman, Very Deep Convolutional Networks for Large-Scale Image Recognition, arXiv 1409.1556"


def _torchvision(name: str, network: str, paper: str, file: str, build: str, notes: str) -> Weights:
    """What networks trained by torchvision have in common."""
    return Weights(
        name=name,
        method=METHOD,
        title=f"{network} as trained by torchvision (RGB in [0, 1], normalised)",
        paper=paper,
        files=(File(file, "checkpoint", f"https://download.pytorch.org/models/{file}"),),
        parameters=0,
        build=build,
        select=trunk,
        licence="none stated for the weights; torchvision's code is BSD-3-Clause",
        commercial="unclear",
        terms="The network was trained on ImageNet.",
        attribution="The PyTorch project (torchvision)",
        notes=notes,
        by_name_only=True,
    )


FEATURE_ENTRIES = (
    Weights(
        name="vgg19",
        method=METHOD,
        title="VGG-19 as its authors released it (Caffe: BGR from 0 to 255), under torchvision's names",
        paper=_VGG,
        files=(
            File("vgg19-d01eb7cb.pth", "checkpoint", "https://web.eecs.umich.edu/~justincj/models/vgg19-d01eb7cb.pth"),
        ),
        parameters=0,
        build="retoucher.models.common.features:vgg19_from_published",
        select=trunk,
        licence="CC BY 4.0, as the VGG group states for its models",
        commercial="yes",
        terms="Credit: Karen Simonyan and Andrew Zisserman. The network was trained on ImageNet.",
        attribution="Karen Simonyan and Andrew Zisserman (University of Oxford), conversion by Justin Johnson",
        notes="For painterly harmonization, training and `retoucher evaluate`: the feature distance is defined with "
        "it. The convolutions up to conv3_4 are enough. torchvision's own VGG-19 was trained anew, has another scale "
        "and does not belong here.",
        by_name_only=True,
    ),
    Weights(
        name="vgg19-compressed",
        method=METHOD,
        title="VGG-19 compressed sixteen times, to relu5_1, with maps to all channels (encoder 5)",
        paper="Wang et al., Collaborative Distillation for Ultra-Resolution Universal Style Transfer, arXiv 2003.08436",
        files=(File("vgg19_compressed_16x.safetensors", "safetensors"),),
        parameters=0,
        build="retoucher.models.common.compressed_features:compressed_features_from_published",
        select=every,
        licence="MIT (the authors' repository)",
        commercial="yes",
        terms="It was distilled from a VGG-19 with normalised activations, which was trained on ImageNet.",
        attribution="Huan Wang, Yijun Li, Yuehai Wang, Haoji Hu and Ming-Hsuan Yang; VGG-19 by Simonyan and Zisserman",
        notes="For painterly harmonization where vgg19 ends before conv5_1, and for training features-small. The "
        "authors' repository is MingSun-Tse/Collaborative-Distillation; a tensor `relu5_1_scale` (512) may be added.",
        by_name_only=True,
    ),
    _torchvision(
        "vgg16",
        "VGG-16",
        _VGG,
        "vgg16-397923af.pth",
        "retoucher.models.common.features:vgg16_from_published",
        "For training Partial Convolutions by the published recipe, whose weights of the perceptual and style "
        "losses go with its scale.",
    ),
    _torchvision(
        "alexnet",
        "AlexNet",
        "Krizhevsky, One weird trick for parallelizing convolutional neural networks, arXiv 1404.5997",
        "alexnet-owt-7be5be79.pth",
        "retoucher.models.common.lpips:alexnet_from_published",
        "Together with lpips, persons are learnt and searched by LPIPS, as published.",
    ),
    Weights(
        name="lpips",
        method=METHOD,
        title="The linear layers of LPIPS v0.1, for AlexNet or VGG-16",
        paper="Zhang et al., The Unreasonable Effectiveness of Deep Features as a Perceptual Metric, arXiv 1801.03924",
        files=(File("alex.pth", "checkpoint"), File("vgg.pth", "checkpoint")),
        parameters=0,
        build="retoucher.models.common.lpips:linear_from_published",
        select=every,
        licence="BSD-2-Clause",
        commercial="yes",
        terms="The authors' repository and what lies in it are under BSD-2-Clause.",
        attribution="Richard Zhang, Phillip Isola, Alexei A. Efros, Eli Shechtman and Oliver Wang",
        notes="Needs its backbone beside it: alexnet, or vgg16. The authors' repository is richzhang/"
        "PerceptualSimilarity; the files lie in lpips/weights/v0.1.",
        by_name_only=True,
    ),
    Weights(
        name="ade20k-encoder",
        method=METHOD,
        title="ResNet-50 with dilated convolutions, trained to segment ADE20K",
        paper="Zhou et al., Semantic Understanding of Scenes through the ADE20K Dataset, arXiv 1608.05442",
        files=(File("encoder_epoch_20.pth", "checkpoint"),),
        parameters=0,
        build="retoucher.models.lama.encoder:encoder_from_published",
        select=every,
        licence="none stated for the weights; the code they came with is BSD-3-Clause",
        commercial="unclear",
        terms="ADE20K's pictures are for non-commercial research and education.",
        attribution="MIT CSAIL Computer Vision Group (semantic-segmentation-pytorch)",
        notes="For training LaMa by the published recipes: its high receptive field perceptual loss looks with it. The "
        "authors keep it, without encryption, under sceneparsing.csail.mit.edu/model/pytorch, in the folder "
        "ade20k-resnet50dilated-ppm_deepsup.",
        by_name_only=True,
    ),
)
