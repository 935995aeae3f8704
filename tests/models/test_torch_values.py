"""The bridge to torch: what is moved, what is kept, what weights start from."""

import numpy as np
import pytest
import torch

from ketwork import Circuit, Simulator, w, x
from ketwork.models.layer_reading import reading_of
from ketwork.models.torch_values import as_array, as_tensor, check_features, hold_weights, initial_weights, values_of


def test_nothing_is_kept_where_no_gradient_is_asked_for(monkeypatch):
    def refuse(*args):
        raise AssertionError("a way back was prepared")

    monkeypatch.setattr(Simulator, "value_and_pullback", refuse)
    reading = reading_of(Circuit(1).ry(0, w[0] * x[0]), None, None, None)
    features, weights = torch.ones(3, 1), torch.tensor([0.3], requires_grad=True)
    with torch.no_grad():
        np.testing.assert_allclose(values_of(reading, features, weights), np.full((3, 1), np.cos(0.3)), atol=1e-6)
    assert not values_of(reading, features, weights.detach()).requires_grad
    with pytest.raises(AssertionError, match="way back"):
        values_of(reading, features, weights)


def test_only_gradients_that_are_asked_for():
    reading = reading_of(Circuit(1).ry(0, w[0] * x[0]), None, None, None)
    features, weights = torch.ones(3, 1), torch.tensor([0.3], requires_grad=True)
    values_of(reading, features, weights).sum().backward()
    assert features.grad is None
    np.testing.assert_allclose(weights.grad, [-3 * np.sin(0.3)], atol=1e-6)


@pytest.mark.parametrize("kind", [torch.float16, torch.bfloat16, torch.float32, torch.float64, torch.complex64])
def test_there_and_back(kind):
    tensor = torch.tensor([1.0, -0.5]).to(kind).requires_grad_()
    back = as_tensor(as_array(tensor), kind, (None, tensor))
    assert torch.equal(back, tensor.detach()) and back.device == tensor.device
    assert as_array(None) is None


def test_conjugates_are_resolved():
    np.testing.assert_array_equal(as_array(torch.tensor([1j, 2.0]).conj()), [-1j, 2])


def test_features():
    whole = check_features("f", torch.ones(2, 3, dtype=torch.int32), 3, torch.float64)
    assert whole.dtype == torch.float64
    with pytest.raises(ValueError, match="`f` must have at least one axis"):
        check_features("f", torch.tensor(1.0), None, torch.float32)


def test_weights_to_start_from():
    torch.manual_seed(0)
    drawn = initial_weights((2000,), None)
    assert drawn.min() >= 0 and drawn.max() < 2 * np.pi and abs(float(drawn.mean()) - np.pi) < 0.2
    np.testing.assert_array_equal(initial_weights((2, 2), 0.5), np.full((2, 2), 0.5))
    np.testing.assert_array_equal(initial_weights((2,), torch.tensor([1.0, 2.0])), [1, 2])
    with pytest.raises(ValueError, match="must be finite"):
        initial_weights((1,), np.nan)
    module = torch.nn.Module()
    hold_weights(module, (2,), 1.0, False)
    assert not list(module.parameters())
