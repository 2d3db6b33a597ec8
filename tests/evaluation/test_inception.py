"""FID's Inception has the published names and shapes, and blocks that equal their description."""

import pytest
import torch
import torch.nn.functional as F

from retoucher.errors import RetoucherError
from retoucher.evaluation.inception import Inception, block_a, block_e, from_published


@pytest.fixture(scope="module")
def tensors():
    torch.manual_seed(0)
    with torch.device("meta"):
        shapes = {name: tensor.shape for name, tensor in Inception().state_dict().items()}
    found = {}
    for name, shape in shapes.items():
        if name.endswith("conv.weight"):
            found[name] = torch.randn(shape) * (2 / shape[1:].numel()) ** 0.5
        elif name.endswith("running_var"):
            found[name] = torch.rand(shape) + 0.5
        elif not name.endswith("num_batches_tracked"):
            found[name] = torch.randn(shape) * 0.1 + (1 if name.endswith("weight") else 0)
    return found | {"fc.weight": torch.zeros(1008, 2048), "fc.bias": torch.zeros(1008)}


def test_names_shapes_and_number_of_parameters_are_the_published_ones(tensors):
    with torch.device("meta"):
        network = Inception()
    assert sum(parameter.numel() for parameter in network.parameters()) == 21_785_568  # Inception v3, no classifier
    shapes = {name: tuple(tensor.shape) for name, tensor in tensors.items()}
    assert shapes["Conv2d_1a_3x3.conv.weight"] == (32, 3, 3, 3)
    assert shapes["Mixed_5b.branch5x5_2.conv.weight"] == (64, 48, 5, 5)
    assert shapes["Mixed_6a.branch3x3.conv.weight"] == (384, 288, 3, 3)
    assert shapes["Mixed_6b.branch7x7dbl_2.conv.weight"] == (128, 128, 7, 1)
    assert shapes["Mixed_6b.branch7x7_2.conv.weight"] == (128, 128, 1, 7)
    assert shapes["Mixed_7a.branch7x7x3_4.conv.weight"] == (192, 192, 3, 3)
    assert shapes["Mixed_7c.branch3x3dbl_3b.conv.weight"] == (384, 384, 3, 1)
    assert shapes["Mixed_7c.branch_pool.bn.running_var"] == (192,)


def test_a_picture_becomes_2048_numbers_whatever_its_size(tensors):
    network = from_published(tensors)
    torch.manual_seed(1)
    features = network.features(torch.rand(3, 100, 77))
    assert features.shape == (1, 2048)
    assert bool(features.isfinite().all())
    assert float(features.std()) > 0


def unit(tensors, x, padding=0):
    """Convolution, batch norm (eps 0.001) and ReLU with the tensors of one name."""
    x = F.conv2d(x, tensors["conv.weight"], padding=padding)
    statistics = tensors["bn.running_mean"], tensors["bn.running_var"]
    return F.relu(F.batch_norm(x, *statistics, tensors["bn.weight"], tensors["bn.bias"], eps=0.001))


def lively(block):
    torch.manual_seed(0)
    for name, buffer in block.named_buffers():
        if name.endswith("running_var"):
            buffer.uniform_(0.5, 1.5)
    return block.eval()


def parts(block):
    """{branch: its tensors}."""
    found = {}
    for name, tensor in block.state_dict().items():
        branch, _, rest = name.partition(".")
        found.setdefault(branch, {})[rest] = tensor
    return found


@torch.inference_mode()
def test_a_block_joins_its_branches_and_a_mean_of_what_lies_inside():
    block, x = lively(block_a(5, 7)), torch.rand(1, 5, 6, 7)
    found = parts(block)
    five = unit(found["branch5x5_2"], unit(found["branch5x5_1"], x), 2)
    double = unit(found["branch3x3dbl_2"], unit(found["branch3x3dbl_1"], x), 1)
    around = F.avg_pool2d(x, 3, 1, 1) * 9 / F.avg_pool2d(torch.ones_like(x), 3, 1, 1) / 9
    wanted = [unit(found["branch1x1"], x), five, unit(found["branch3x3dbl_3"], double, 1)]
    wanted.append(unit(found["branch_pool"], around))
    assert torch.allclose(block(x), torch.cat(wanted, 1), atol=1e-5)


@torch.inference_mode()
def test_the_last_block_forks_and_pools_by_maximum():
    block, x = lively(block_e(6, "largest")), torch.rand(1, 6, 5, 4)
    found = parts(block)
    three = unit(found["branch3x3_1"], x)
    double = unit(found["branch3x3dbl_2"], unit(found["branch3x3dbl_1"], x), 1)
    wanted = [
        unit(found["branch1x1"], x),
        unit(found["branch3x3_2a"], three, (0, 1)),
        unit(found["branch3x3_2b"], three, (1, 0)),
        unit(found["branch3x3dbl_3a"], double, (0, 1)),
        unit(found["branch3x3dbl_3b"], double, (1, 0)),
        unit(found["branch_pool"], F.max_pool2d(x, 3, 1, 1)),
    ]
    assert torch.allclose(block(x), torch.cat(wanted, 1), atol=1e-5)


def test_another_file_is_refused_by_name(tensors):
    with pytest.raises(RetoucherError, match=r"missing: Conv2d_1a_3x3\.conv\.weight"):
        from_published({"features.0.weight": torch.zeros(1)})
    fewer = {name: tensor for name, tensor in tensors.items() if not name.startswith("Mixed_7c")}
    with pytest.raises(RetoucherError, match="Mixed_7c"):
        from_published(fewer)
