"""Layers beside PennyLane's TorchLayer: the same values and gradients."""

import numpy as np
import pytest
import torch

from ketwork import Circuit, w, x
from ketwork.models.torch_layers import AmplitudeLayer, QuantumLayer

qml = pytest.importorskip("pennylane")


def test_a_layer_equals_torchlayer():
    @qml.qnode(qml.device("default.qubit", wires=3), interface="torch", diff_method="backprop")
    def node(inputs, weights):
        for q in range(3):
            qml.RX(inputs[..., q], wires=q)
        qml.BasicEntanglerLayers(weights, wires=range(3), rotation=qml.RY)
        return [qml.expval(qml.PauliZ(q)) for q in range(3)]

    circuit = Circuit(3)
    for q in range(3):
        circuit = circuit.rx(q, x[q])
    for layer in range(2):
        for q in range(3):
            circuit = circuit.ry(q, w[3 * layer + q])
        for q in range(3):
            circuit = circuit.cx(q, (q + 1) % 3)
    torch.manual_seed(0)
    ours = QuantumLayer(circuit).double()
    theirs = qml.qnn.TorchLayer(node, {"weights": (2, 3)}, {"weights": ours.weights.detach().reshape(2, 3).clone()})
    found = []
    features = torch.randn(5, 3, dtype=torch.float64)
    for layer in (ours, theirs):
        given = features.clone().requires_grad_()
        values = layer(given)
        (values**2).sum().backward()
        weights = next(layer.parameters()).grad.ravel()
        found.append(torch.cat([values.detach().ravel(), given.grad.ravel(), weights]))
    np.testing.assert_allclose(*found, atol=1e-12)


def test_amplitudes_equal_amplitude_embedding():
    @qml.qnode(qml.device("default.qubit", wires=3), interface="torch", diff_method="backprop")
    def node(features, weights):
        qml.AmplitudeEmbedding(features, wires=range(3), normalize=True, pad_with=0.0)
        qml.RY(weights[0], wires=0)
        qml.CNOT(wires=[0, 2])
        qml.RX(weights[1], wires=2)
        return qml.probs(wires=[2, 1])

    circuit = Circuit(3).ry(0, w[0]).cx(0, 2).rx(2, w[1])
    torch.manual_seed(0)
    layer = AmplitudeLayer(circuit, "probabilities", qubits=[2, 1]).double()
    features = torch.randn(4, 6, dtype=torch.float64)
    found = []
    for call in (layer, lambda f: node(f, layer.weights)):
        given = features.clone().requires_grad_()
        layer.zero_grad()
        values = call(given)
        (values**2).sum().backward()
        found.append(torch.cat([values.detach().ravel(), given.grad.ravel(), layer.weights.grad]))
    np.testing.assert_allclose(*found, atol=1e-12)
