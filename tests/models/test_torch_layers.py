"""Layers of torch: values of the simulator, gradients by finite differences, and what torch expects of a module."""

import copy
import io
import pickle
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.autograd import gradcheck

from ketwork import Circuit, NoiseModel, PauliSum, Simulator, pauli_z, w, x
from ketwork.models.encodings import data_reuploading, encode
from ketwork.models.torch_layers import AmplitudeLayer, QuantumConv2d, QuantumLayer, QuantumLinear
from ketwork.noise import depolarizing
from random_circuits import random_circuit


@pytest.fixture(autouse=True)
def one_thread():
    """Torch's threads and the engine's get into each other's way on a machine that is busy with other tests."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


SUMS = [PauliSum.from_dict({"XIZ": 0.5, "ZZI": -0.3}), pauli_z(2, 3)]


def layer_of(seed=0, **options):
    circuit = random_circuit(np.random.default_rng(seed), 3, 12)
    torch.manual_seed(seed)
    return circuit, QuantumLayer(circuit, options.pop("observables", SUMS), **options)


@pytest.mark.parametrize("observables", [SUMS, None, "probabilities"])
@pytest.mark.parametrize("backend", [None, Simulator(noise=NoiseModel().add(depolarizing(0.02)))])
def test_gradients_by_features_and_weights(observables, backend):
    _, layer = layer_of(observables=observables, backend=backend)
    layer.double()
    features = torch.randn(4, 3, dtype=torch.float64, requires_grad=True)
    assert gradcheck(lambda f, w: torch.func.functional_call(layer, {"weights": w}, f), (features, layer.weights))


def test_values_are_those_of_the_simulator_in_any_shape():
    circuit, layer = layer_of()
    features = torch.randn(2, 5, 3)
    values = layer(features)
    assert values.shape == (2, 5, 2) and values.dtype == torch.float32
    expected = Simulator("single").expectation(circuit, SUMS, features.reshape(10, 3).numpy(), layer.weights.detach())
    np.testing.assert_array_equal(values.detach().reshape(10, 2), expected)
    with torch.no_grad():
        np.testing.assert_array_equal(layer(features), values.detach())
        np.testing.assert_allclose(layer(features[0, 0]), values[0, 0].detach(), atol=1e-6)
    assert layer.double()(features.double()).dtype == torch.float64
    assert layer(features[:0]).shape == (0, 5, 2)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
def test_dtypes(dtype):
    _, layer = layer_of()
    layer.to(dtype)
    features = torch.randn(4, 3, dtype=dtype, requires_grad=True)
    values = layer(features)
    values.sum().backward()
    assert values.dtype == features.grad.dtype == layer.weights.grad.dtype == dtype
    whole = layer(torch.ones(4, 3, dtype=torch.int64))
    assert whole.dtype == dtype


def test_probabilities_and_their_qubits():
    circuit, layer = layer_of(observables="probabilities", qubits=[2, 0])
    features = torch.randn(4, 3)
    expected = Simulator("single").probabilities(circuit, features.numpy(), layer.weights.detach(), [2, 0])
    np.testing.assert_array_equal(layer(features).detach(), expected)


def test_a_backend_without_gradients_takes_the_shift_rule():
    class Plain:
        """Nothing but the two calls of a backend."""

        def expectation(self, circuit, observables, x=None, w=None):
            return Simulator().expectation(circuit, observables, x, w)

        def sample(self, *args, **options):
            raise NotImplementedError

    circuit = Circuit(2).ry(0, w[0] * x[0]).cx(0, 1).rx(1, w[1] + x[1])
    layer = QuantumLayer(circuit, backend=Plain()).double()
    features = torch.randn(3, 2, dtype=torch.float64, requires_grad=True)
    assert gradcheck(layer, features)
    layer(features).sum().backward()
    assert layer.weights.grad.abs().sum() > 0
    with pytest.raises(TypeError, match="Probabilities have no gradient on Plain"):
        QuantumLayer(circuit, "probabilities", backend=Plain())


def test_an_encoding_prepares_features():
    encoding = encode("amplitude", 4)
    layer = QuantumLayer(encoding).double()
    features = torch.randn(5, 4, dtype=torch.float64, requires_grad=True)
    assert gradcheck(layer, features)
    chances = (features**2 / (features**2).sum(1, keepdim=True)).detach()
    np.testing.assert_allclose(layer(features)[:, 0].detach(), chances @ torch.tensor([1.0, 1, -1, -1]).double())


def test_second_derivatives_say_that_there_are_none():
    _, layer = layer_of()
    features = torch.randn(4, 3, requires_grad=True)
    slopes = torch.autograd.grad(layer(features).sum(), features, create_graph=True)[0]
    plain = torch.autograd.grad(layer(features).sum(), features)[0]
    np.testing.assert_array_equal(slopes.detach(), plain)
    with pytest.raises(RuntimeError, match="first derivatives only"):
        (slopes**2).sum().backward()


def test_a_graph_can_be_gone_back_through_twice_and_parameters_may_move_before():
    _, layer = layer_of()
    features = torch.randn(20, 3)
    loss = layer(features).sum()
    loss.backward(retain_graph=True)
    first = layer.weights.grad.clone()
    loss.backward()
    np.testing.assert_allclose(layer.weights.grad, 2 * first, rtol=1e-5, atol=1e-6)


def test_no_inputs_and_no_weights():
    layer = QuantumLayer(Circuit(2).ry(0, w[0]).cx(0, 1), init=0.3)
    np.testing.assert_allclose(layer().detach(), [np.cos(0.3)] * 2, atol=1e-6)
    layer().sum().backward()
    np.testing.assert_allclose(layer.weights.grad, [-2 * np.sin(0.3)], atol=1e-6)
    fixed = QuantumLayer(Circuit(1).ry(0, x[0]))
    features = torch.tensor([[0.3], [1.0]], requires_grad=True)
    fixed(features).sum().backward()
    np.testing.assert_allclose(features.grad, -torch.sin(features.detach()), atol=1e-6)


@pytest.mark.parametrize(
    "make",
    [
        lambda: (QuantumLayer(random_circuit(np.random.default_rng(1), 3, 9)), (4, 3)),
        lambda: (AmplitudeLayer(Circuit(2).ry(0, w[0])), (4, 3)),
        lambda: (QuantumLinear(6, 2), (4, 6)),
        lambda: (QuantumConv2d(1, 2), (2, 1, 4, 5)),
    ],
)
def test_modules_are_copied_pickled_saved_and_shown(make):
    layer, shape = make()
    features = torch.rand(shape)
    values = layer(features).detach()
    np.testing.assert_array_equal(copy.deepcopy(layer)(features).detach(), values)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(layer))(features).detach(), values)
    other, _ = make()
    assert not np.array_equal(other(features).detach(), values)
    file = io.BytesIO()
    torch.save(layer.state_dict(), file)
    file.seek(0)
    other.load_state_dict(torch.load(file))
    np.testing.assert_array_equal(other(features).detach(), values)
    assert "qubits=" in repr(layer) and "weights=" in repr(layer)


def test_init_and_fixed_weights():
    circuit = Circuit(1).ry(0, w[0]).rz(0, w[1])
    np.testing.assert_array_equal(QuantumLayer(circuit, init=[0.5, 1]).weights.detach(), [0.5, 1])
    np.testing.assert_array_equal(QuantumLayer(circuit, init=torch.nn.init.ones_).weights.detach(), [1, 1])
    torch.manual_seed(3)
    one = QuantumLayer(circuit).weights
    torch.manual_seed(3)
    assert torch.equal(one, QuantumLayer(circuit).weights)
    fixed = QuantumLayer(circuit, trainable=False)
    assert list(fixed.parameters()) == [] and "weights" in fixed.state_dict()
    with pytest.raises(ValueError, match=r"must have shape \(2,\), but has \(3,\)"):
        QuantumLayer(circuit, init=[1.0, 2, 3])


@pytest.mark.parametrize("kind", [torch.float64, torch.complex128])
def test_amplitudes_are_normalised_and_differentiable(kind):
    circuit = Circuit(3).ry(0, w[0]).cx(0, 2).rx(1, w[1]).rz(2, w[2]).ry(2, 0.3)
    layer = AmplitudeLayer(circuit, SUMS).double()
    features = torch.randn(5, 6, dtype=kind, requires_grad=True)
    states = layer.states(features).detach().numpy()
    np.testing.assert_allclose(np.linalg.norm(states, axis=1), 1)
    np.testing.assert_allclose(states[:, :6] * np.linalg.norm(features.detach(), axis=1)[:, None], features.detach())
    expected = Simulator().expectation(circuit, SUMS, w=layer.weights.detach().numpy(), initial=states)
    np.testing.assert_allclose(layer(features).detach(), expected)
    assert gradcheck(lambda f, w: torch.func.functional_call(layer, {"weights": w}, f), (features, layer.weights))
    slopes = torch.autograd.grad(layer(features).sum(), features)[0]
    np.testing.assert_allclose((slopes.conj() * features).sum(1).real.detach(), 0, atol=1e-12)


def test_amplitudes_of_any_size_of_numbers():
    layer = AmplitudeLayer(Circuit(2).cx(0, 1))
    tiny = torch.tensor([[1e-30, 1e-30, 0], [3e30, 0, 4e30]])
    np.testing.assert_allclose(layer(tiny).detach(), [[1, 0], [0.36 - 0.64, 0.36 - 0.64]], atol=1e-6)
    whole = layer.states(torch.tensor([[3e-40, 4e-40j], [1e38, 1e38j]]))
    np.testing.assert_allclose(whole[:, :2], [[0.6, 0.8j], [0.5**0.5, 0.5**0.5 * 1j]], atol=1e-5)
    with pytest.raises(ValueError, match="Sample 1 of argument `features` is all zeros"):
        layer(torch.tensor([[1.0, 0], [0, 0]]))
    with pytest.raises(ValueError, match="1 to 4 features"):
        layer(torch.ones(2, 5))
    with pytest.raises(ValueError, match="must have no inputs"):
        AmplitudeLayer(Circuit(1).ry(0, x[0]))
    with pytest.raises(ValueError, match="amplitude_encoding"):
        AmplitudeLayer(Circuit(2).h(0), backend=Simulator(noise=NoiseModel().add(depolarizing(0.1))))(tiny)
    with pytest.raises(TypeError, match="must be a Simulator"):
        AmplitudeLayer(Circuit(2).h(0), backend=object())


@pytest.mark.parametrize(("inputs", "outputs", "bias"), [(1, 1, True), (4, 3, False), (10, 2, True)])
def test_quantum_linear_in_the_place_of_linear(inputs, outputs, bias):
    layer = QuantumLinear(inputs, outputs, bias, n_qubits=3)
    assert layer(torch.randn(2, 4, inputs)).shape == (2, 4, outputs)
    assert (layer.readout.bias is not None) == bias
    assert layer.readout.in_features == 3 * -(-inputs // 3)
    layer.double()
    assert gradcheck(layer, torch.randn(3, inputs, dtype=torch.float64, requires_grad=True))
    layer(torch.randn(3, inputs).double()).sum().backward()
    assert all(p.grad.abs().sum() > 0 for p in layer.parameters())


@pytest.mark.parametrize(("inputs", "n", "depth"), [(1, 1, 1), (2, 4, 2), (10, 4, 2), (7, 3, 1)])
def test_quantum_linear_is_reuploading_circuits_side_by_side(inputs, n, depth):
    layer = QuantumLinear(inputs, 2, n_qubits=n, layers=depth).double()
    features, weights, read = torch.randn(5, inputs).double(), layer.weights.detach(), []
    for part in features.split(n, dim=1):
        circuit = data_reuploading(n, part.shape[1], depth)
        own, weights = weights[: circuit.n_weights], weights[circuit.n_weights :]
        read.append(Simulator().expectation(circuit, [pauli_z(q, n) for q in range(n)], part.numpy(), own.numpy()))
    assert not len(weights)
    expected = layer.readout(torch.from_numpy(np.hstack(read)))
    np.testing.assert_allclose(layer(features).detach(), expected.detach(), atol=1e-12)


def test_weights_train_behind_an_encoding_that_has_no_derivative():
    encoding = encode("basis", 2)
    layer = QuantumLayer(replace(encoding, circuit=encoding.circuit.rx(0, w[0]).cx(0, 1)), init=0.4)
    bits = torch.tensor([[0.0, 1], [1, 1]])
    layer(bits)[:, 0].dot(torch.tensor([2.0, 1])).backward()  # <Z> of qubit 0 is cos w and -cos w
    np.testing.assert_allclose(layer.weights.grad, [-np.sin(0.4)], atol=1e-6)
    with pytest.raises(ValueError, match=r"'basis' has no derivative by its features\. Detach them"):
        layer(bits.requires_grad_())
    with torch.no_grad():
        assert layer(bits).shape == (2, 2)


def test_batches_without_samples_have_dtype_and_gradient_and_samples_may_have_no_features():
    _, layer = layer_of()
    empty = torch.zeros(0, 3, dtype=torch.float64, requires_grad=True)
    values = layer(empty)
    values.sum().backward()
    assert values.shape == (0, 2) and values.dtype == torch.float64
    assert empty.grad.shape == (0, 3) and not layer.weights.grad.any()
    states = AmplitudeLayer(Circuit(2).ry(0, w[0]))(torch.zeros(0, 3, dtype=torch.complex64))
    assert states.shape == (0, 2) and states.dtype == torch.float32
    plain = QuantumLayer(Circuit(1).ry(0, w[0]), init=0.3)
    np.testing.assert_allclose(plain(torch.zeros(3, 0)).detach(), np.full((3, 1), np.cos(0.3)), atol=1e-6)


def test_a_hybrid_network_learns():
    torch.manual_seed(0)
    features = torch.randn(200, 2)
    labels = (features[:, 0] * features[:, 1] > 0).float()[:, None]
    network = torch.nn.Sequential(QuantumLinear(2, 4, n_qubits=2, layers=3), torch.nn.Tanh(), torch.nn.Linear(4, 1))
    optimizer = torch.optim.Adam(network.parameters(), 0.05)
    for _ in range(60):
        optimizer.zero_grad()
        loss = torch.nn.functional.binary_cross_entropy_with_logits(network(features), labels)
        loss.backward()
        optimizer.step()
    assert ((network(features) > 0) == (labels > 0)).float().mean() > 0.95


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: QuantumLayer("ry"), "must be a Circuit or an Encoding, but is str"),
        (lambda: QuantumLayer(Circuit(2), "expectation"), "PauliSums or be 'probabilities'"),
        (lambda: QuantumLayer(Circuit(2), pauli_z(0, 3)), "circuit's 2 qubits"),
        (lambda: QuantumLayer(Circuit(2), pauli_z(0, 2), qubits=[0]), "must be None where observables"),
        (lambda: layer_of()[1](torch.randn(4, 2)), "3 features in its last axis"),
        (lambda: layer_of()[1](np.zeros((4, 3))), "must be a tensor, but is ndarray"),
        (lambda: layer_of()[1](torch.full((4, 3), torch.nan)), "must be finite"),
        (lambda: layer_of()[1](torch.ones(4, 3, dtype=torch.complex64)), "must be real"),
        (lambda: QuantumLinear(0, 2), "at least 1"),
    ],
)
def test_doors(call, message):
    with pytest.raises((ValueError, TypeError), match=message):
        call()


def test_without_torch_the_extra_is_named():
    code = "import sys; sys.modules['torch'] = None; import ketwork.models.torch_layers"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert "torch is not installed. It comes with: pip install 'ketwork[torch]'" in done.stderr
