"""Quanvolution against a loop over patches, torch's own shapes, and finite differences."""

import numpy as np
import pytest
import torch
from torch.autograd import gradcheck

from ketwork import Circuit, Simulator, pauli_z, w, x
from ketwork.models import torch_convolution
from ketwork.models.torch_convolution import QuantumConv2d


@pytest.fixture(autouse=True)
def one_thread():
    """Torch's threads and the engine's get into each other's way on a machine that is busy with other tests."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def by_patches(layer, images):
    """The layer's outputs (B, out_channels, H', W'), one patch after the other."""
    (ky, kx), (sy, sx), (dy, dx) = layer.kernel_size, layer.stride, layer.dilation
    padded = np.pad(images, ((0, 0), (0, 0), *((p, p) for p in layer.padding)))
    height = (padded.shape[2] - dy * (ky - 1) - 1) // sy + 1
    width = (padded.shape[3] - dx * (kx - 1) - 1) // sx + 1
    out = np.zeros((len(images), layer.out_channels, height, width))
    groups = [[c] for c in range(images.shape[1])] if layer.separate else [list(range(images.shape[1]))]
    for b, i, j in np.ndindex(len(images), height, width):
        values = []
        for group in groups:
            patch = padded[b, group, i * sy : i * sy + dy * ky : dy, j * sx : j * sx + dx * kx : dx].reshape(1, -1)
            for weights in layer.weights.detach().double().numpy():
                read = layer.reading
                values += Simulator().expectation(read.circuit, read.sums, patch, weights)[0].tolist()
        out[b, :, i, j] = values
    return out


CASES = [
    {"kernel_size": 2, "stride": 2},
    {"in_channels": 2, "filters": 2, "kernel_size": (2, 1), "stride": (1, 2), "padding": (1, 0)},
    {"in_channels": 2, "filters": 2, "kernel_size": 2, "dilation": (2, 1), "padding": 1, "channels": "separate"},
    {"kernel_size": 3, "n_qubits": 4, "layers": 2, "observables": [pauli_z(0, 4) @ pauli_z(1, 4), pauli_z(3, 4)]},
]


@pytest.mark.parametrize("options", CASES)
def test_equals_a_loop_over_patches(options):
    torch.manual_seed(0)
    layer = QuantumConv2d(**options)
    images = torch.rand(2, layer.in_channels, 5, 4)
    found = layer(images)
    np.testing.assert_allclose(found.detach(), by_patches(layer, images.double().numpy()), atol=1e-5)
    plain = torch.nn.Conv2d(
        layer.in_channels, layer.out_channels, layer.kernel_size, layer.stride, layer.padding, layer.dilation
    )
    assert found.shape == plain(images).shape
    np.testing.assert_allclose(layer(images[1]).detach(), found[1].detach(), atol=1e-6)


@pytest.mark.parametrize("options", CASES[:3])
def test_gradients_by_images_and_filters(options):
    torch.manual_seed(0)
    layer = QuantumConv2d(**options).double()
    images = torch.rand(1, layer.in_channels, 3, 4, dtype=torch.float64, requires_grad=True)
    assert gradcheck(lambda i, w: torch.func.functional_call(layer, {"weights": w}, i), (images, layer.weights))


def test_no_more_patches_at_once_than_agreed(monkeypatch):
    monkeypatch.setattr(torch_convolution, "_AT_ONCE", 20)
    seen = []
    expectation = Simulator.expectation
    monkeypatch.setattr(
        Simulator, "expectation", lambda s, c, o, x, w: seen.append(len(x)) or expectation(s, c, o, x, w)
    )
    layer, images = QuantumConv2d(stride=2), torch.rand(11, 1, 4, 4)
    with torch.no_grad():
        found = layer(images)
    assert max(seen) <= 20 and sum(seen) == 44
    np.testing.assert_allclose(found, layer(images).detach(), atol=1e-6)


def test_precomputed_once_for_the_same_images_weights_and_geometry(tmp_path, monkeypatch):
    torch.manual_seed(0)
    layer, images = QuantumConv2d(stride=2, trainable=False), torch.rand(7, 1, 6, 6)
    expected = layer(images)
    assert not layer.precompute(images).requires_grad
    np.testing.assert_array_equal(layer.precompute(images, tmp_path / "kept"), expected)
    with monkeypatch.context() as none:
        none.setattr(QuantumConv2d, "_read", None)  # nothing is computed again
        found = layer.precompute(images, tmp_path / "kept")
        found += 1  # the caller's own
        np.testing.assert_array_equal(layer.precompute(images, tmp_path / "kept"), expected)
    layer.precompute(images + 0.01, tmp_path / "kept")
    other = QuantumConv2d(stride=2, trainable=False)
    other.precompute(images, tmp_path / "kept")
    layer.stride = (1, 1)
    layer.precompute(images, tmp_path / "kept")
    assert len(list((tmp_path / "kept").iterdir())) == 4


def test_kept_outputs_of_one_image_and_of_half_precision(tmp_path):
    layer, images = QuantumConv2d(stride=2, trainable=False), torch.rand(3, 1, 4, 4).bfloat16()
    expected = layer(images.float())
    np.testing.assert_array_equal(layer.precompute(images, tmp_path), expected)
    np.testing.assert_allclose(layer.precompute(images[0], tmp_path), expected[0], atol=1e-6)
    with pytest.raises(TypeError, match="`images` must be a tensor"):
        layer.precompute(images.float().numpy(), tmp_path)
    with pytest.raises(ValueError, match=r"must have shape \(B, 1, H, W\)"):
        layer.precompute(torch.rand(3, 2, 4, 4), tmp_path)


def test_own_circuits():
    circuit = Circuit(1).ry(0, x[0]).ry(0, w[0] * x[1]).ry(0, x[2] + x[3])
    layer = QuantumConv2d(circuit=circuit, init=2.0)
    image = torch.tensor([[[0.1, 0.2], [0.3, 0.4]]])
    np.testing.assert_allclose(layer(image).detach().ravel(), [np.cos(0.1 + 0.4 + 0.7)], atol=1e-6)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: QuantumConv2d(circuit=Circuit(2).ry(0, x[0])),
            "must have 4 inputs, as a patch has numbers",
        ),
        (lambda: QuantumConv2d()(torch.zeros(2, 3, 4, 4)), r"must have shape \(B, 1, H, W\) or \(1, H, W\)"),
        (lambda: QuantumConv2d()(torch.zeros(4, 4)), "must have shape"),
        (lambda: QuantumConv2d(kernel_size=3)(torch.zeros(1, 1, 5, 2)), "a kernel of 3 pixels, but is 5 x 2"),
        (lambda: QuantumConv2d(stride=0), "`stride` must be at least 1"),
        (lambda: QuantumConv2d(padding=(1, 2, 3)), "a number or a pair"),
        (lambda: QuantumConv2d(channels="all"), "must be one of joint, separate"),
    ],
)
def test_doors(call, message):
    with pytest.raises((ValueError, TypeError), match=message):
        call()
