"""Many circuits at once against PennyLane: values and gradients, ideal and with the noise of a device."""

import numpy as np
import pennylane as qml
import pytest
import torch

from ketwork import Circuit, NoiseModel, PauliSum, w
from ketwork.circuit.gates import GATES
from ketwork.engine.many import Many
from ketwork.noise import depolarizing, load_device
from ketwork.noise.rule import Placed

KINDS = {"rx": qml.RX, "ry": qml.RY, "rz": qml.RZ, "cx": qml.CNOT, "sx": qml.SX, "crx": qml.CRX, "rzz": qml.IsingZZ}
UNIFORM = NoiseModel().add(depolarizing(0.01)).add(depolarizing(0.05, 2))
DEVICE = load_device("guadalupe").noise_model((0, 1, 4), idle=False).without_readout()


@pytest.mark.parametrize(
    ("noise", "names"),
    [(None, tuple(KINDS)), (UNIFORM, tuple(KINDS)), (DEVICE, ("sx", "rz", "cx"))],
)
def test_values_and_gradients_are_pennylanes(noise, names):
    rng = np.random.default_rng(6)
    rows = []
    for name in names:
        for place in [(0,), (1,), (2,)] if GATES[name].n_qubits == 1 else [(0, 1), (1, 0), (1, 2), (2, 1)]:
            rows.append(Circuit(3).append(name, place, tuple(w[k] for k in range(GATES[name].n_params))).gates)
    terms = [("ZZI", 0.7), ("XIX", -0.4), ("IYZ", 0.3)]
    circuits = [rng.integers(len(rows), size=16).tolist() for _ in range(3)]
    many = Many(3, rows, PauliSum.from_list(terms), noise)
    packed = many.pack(circuits)
    weights = rng.normal(size=packed.weights[-1])
    values, slopes = many.values_and_gradients(packed, weights)
    for c, places in enumerate(circuits):
        own = slice(packed.weights[c], packed.weights[c + 1])
        whole = Circuit(3)
        for k, place in enumerate(places):
            (gate,) = rows[place]
            start = sum(many.counts[p] for p in places[:k])
            whole = whole.append(gate.name, gate.qubits, tuple(w[start + j] for j in range(len(gate.params))))
        events = whole.gates if noise is None else noise.events(whole)

        @qml.qnode(
            qml.device("default.mixed" if noise else "default.qubit", wires=3),
            interface="torch",
            diff_method="backprop",
        )
        def node(angles, events=events):
            for event in events:
                if isinstance(event, Placed):
                    qml.QubitChannel(list(event.channel.kraus()), wires=event.qubits)
                else:
                    slots = [param.slots[0].index for param in event.params]
                    KINDS[event.name](*(angles[slot] for slot in slots), wires=event.qubits)
            return qml.expval(
                qml.Hamiltonian([v for _, v in terms], [qml.pauli.string_to_pauli_word(s) for s, _ in terms])
            )

        angles = torch.tensor(weights[own], requires_grad=True)
        expected = node(angles)
        expected.backward()
        assert values[c] == pytest.approx(float(expected), abs=1e-7)
        np.testing.assert_allclose(slopes[own], angles.grad.numpy(), atol=1e-7)
