"""Recurrent cells: gradients against finite differences, circuits against PennyLane, linear gates against torch."""

import numpy as np
import pytest

import twin
from ketwork import Simulator
from ketwork.models.recurrent import CELLS, CircuitGate, build_cell, gate_circuit

EXACT = Simulator("double")
RNG = np.random.default_rng(3)


@pytest.mark.parametrize("n", [1, 2, 3, 4])
def test_gate_circuit_against_pennylane(n):
    qml = pytest.importorskip("pennylane")
    weights, angles = RNG.uniform(-3, 3, (2, n, 3)), RNG.uniform(-2, 2, 2 * n)

    @qml.qnode(qml.device("default.qubit", wires=n))
    def reference():
        for q in range(n):
            qml.Hadamard(q)
            qml.RY(angles[q], q)
            qml.RZ(angles[n + q], q)
        for layer in weights:
            for offset in (1, 2):
                for q in range(n):
                    if (q + offset) % n != q:
                        qml.CNOT([q, (q + offset) % n])
            for q in range(n):
                qml.Rot(*layer[q], wires=q)
        return [qml.expval(qml.PauliZ(q)) for q in range(n)]

    gate = CircuitGate.of(n, n, 2)
    found = EXACT.expectation(gate.circuit, list(gate.sums), angles[None], weights.ravel())
    np.testing.assert_allclose(found[0], reference(), atol=1e-12)


def plain_gate(n, n_out, depth, values, weights):
    """What a gate is, by the plain meaning of its circuit."""
    circuit = gate_circuit(n, depth)
    states = twin.state(circuit, np.hstack([np.arctan(values), np.arctan(values**2)]), weights)
    chances = (np.abs(states) ** 2).reshape(-1, *(2,) * n)
    read = []
    for q in range(n_out):
        one = np.moveaxis(chances, q + 1, 1).reshape(len(values), 2, -1).sum(axis=2)
        read.append(one[:, 0] - one[:, 1])
    return np.stack(read, axis=1)


def sigmoid(a):
    return 1 / (1 + np.exp(-a))


def plain_features(kind, hidden, depth, weights, windows):
    """The recurrences as their sources write them, one step after the other."""
    n, per = hidden + windows.shape[2], 3 * (hidden + windows.shape[2]) * depth
    parts = weights.reshape(-1, per)
    h, c = np.zeros((len(windows), hidden)), np.zeros((len(windows), n))
    for k in range(windows.shape[1]):
        row = windows[:, k]
        v = np.hstack([h, row])

        def gate(j, wide=hidden, values=v):
            return plain_gate(n, wide, depth, values, parts[j])

        if kind == "qrnn":
            h = np.tanh(gate(0))
        elif kind == "qgru":
            r, z = sigmoid(gate(0)), sigmoid(gate(1))
            h = z * h + (1 - z) * np.tanh(gate(2, values=np.hstack([r * h, row])))
        else:
            c = sigmoid(gate(0, n)) * c + sigmoid(gate(1, n)) * np.tanh(gate(2, n))
            m = sigmoid(gate(3, n)) * np.tanh(c)
            h, out = gate(4, values=m), gate(5, n, values=m)
    return out if kind == "qlstm" else h


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("kind", ["qrnn", "qlstm", "qgru"])
def test_quantum_cells_against_their_plain_meaning(kind, channels):
    cell = build_cell(kind, 2, channels, depth=1)
    weights, windows = cell.start(RNG), RNG.normal(size=(3, 3, channels))
    found = cell.features(weights, windows, EXACT)
    np.testing.assert_allclose(found, plain_features(kind, 2, 1, weights, windows), atol=1e-12)
    assert found.shape == (3, cell.n_features)


@pytest.mark.parametrize("kind", CELLS)
def test_gradients_against_finite_differences(kind):
    cell = build_cell(kind, 2, 1, depth=1)
    weights, windows = cell.start(RNG), RNG.normal(size=(5, 4, 1))
    cotangent = RNG.normal(size=(5, cell.n_features))
    found, pull_back = cell.features_and_pullback(weights, windows, EXACT)
    np.testing.assert_allclose(found, cell.features(weights, windows, EXACT), atol=1e-12)
    slope = pull_back(cotangent)
    np.testing.assert_array_equal(pull_back(cotangent), slope)  # nothing is left over from the first call
    step = 1e-5
    for k in range(cell.n_params):
        ends = []
        for sign in (1, -1):
            moved = weights.copy()
            moved[k] += sign * step
            ends.append((cell.features(moved, windows, EXACT) * cotangent).sum())
        assert slope[k] == pytest.approx((ends[0] - ends[1]) / (2 * step), abs=2e-8)


def test_the_last_turn_cannot_be_seen():
    gate = CircuitGate.of(3, 3, 2)
    weights, values = gate.start(RNG), RNG.normal(size=(4, 3))
    _, back = gate.run(values, weights, EXACT, True)
    slopes = np.abs(back(RNG.normal(size=(4, 3)))[1]).reshape(2, 3, 3)  # layer, qubit, angle
    assert slopes[1, :, 2].max() < 1e-12
    assert slopes[1, :, :2].min() > 1e-6 and slopes[0].min() > 1e-6


def test_rnn_and_lstm_against_torch():
    torch = pytest.importorskip("torch")
    windows = RNG.normal(size=(6, 5, 2))
    for kind, theirs in (("rnn", torch.nn.RNN), ("lstm", torch.nn.LSTM)):
        cell = build_cell(kind, 3, 2)
        weights = cell.start(RNG)
        layer = theirs(2, 3, batch_first=True, dtype=torch.double)
        gates = weights.reshape(len(cell.gates), -1)
        order = [1, 0, 2, 3] if kind == "lstm" else [0]  # torch: input, forget, cell, output
        matrices = np.concatenate([gates[j, :-3].reshape(5, 3).T for j in order])
        with torch.no_grad():
            layer.weight_hh_l0.copy_(torch.tensor(matrices[:, :3]))
            layer.weight_ih_l0.copy_(torch.tensor(matrices[:, 3:]))
            layer.bias_hh_l0.copy_(torch.tensor(np.concatenate([gates[j, -3:] for j in order])))
            layer.bias_ih_l0.zero_()
        last = layer(torch.tensor(windows))[0][:, -1]
        np.testing.assert_allclose(cell.features(weights, windows, None), last.detach().numpy(), atol=1e-12)


def test_gru_against_torch_where_both_agree():
    """torch resets after its linear map, the paper's cell before it: the same while nothing is reset."""
    torch = pytest.importorskip("torch")
    cell = build_cell("gru", 3, 1)
    windows = RNG.normal(size=(4, 5, 1))
    gates = cell.start(RNG).reshape(3, -1)
    gates[0, :-3], gates[0, -3:] = 0.0, 40.0
    layer = torch.nn.GRU(1, 3, batch_first=True, dtype=torch.double)
    matrices = np.concatenate([part[:-3].reshape(4, 3).T for part in gates])
    with torch.no_grad():
        layer.weight_hh_l0.copy_(torch.tensor(matrices[:, :3]))
        layer.weight_ih_l0.copy_(torch.tensor(matrices[:, 3:]))
        layer.bias_ih_l0.copy_(torch.tensor(gates[:, -3:].ravel()))
        layer.bias_hh_l0.zero_()
    last = layer(torch.tensor(windows))[0][:, -1].detach().numpy()
    np.testing.assert_allclose(cell.features(gates.ravel(), windows, None), last, atol=1e-10)


def test_sizes_are_like():
    """The twins of the atlas entry: 6 qubits and two layers beside 5 or 6 hidden numbers."""
    sizes = {kind: build_cell(kind, 6 if kind == "lstm" else 5).n_params for kind in CELLS}
    assert sizes == {"qrnn": 36, "qgru": 108, "qlstm": 216, "rnn": 35, "gru": 105, "lstm": 192}


def test_circuits_are_counted():
    """Of a QLSTM: five a step, of which the last makes no h that anybody reads, and one to read."""

    class Counting:
        runs = 0

        def expectation(self, circuit, sums, x=None, w=None):
            self.runs += len(x)
            return EXACT.expectation(circuit, sums, x, w)

    for kind, wanted in (("qrnn", 4), ("qgru", 12), ("qlstm", 21)):
        backend, cell = Counting(), build_cell(kind, 2)
        cell.features(cell.start(RNG), RNG.normal(size=(3, 4, 1)), backend)
        assert backend.runs == 3 * wanted
        value, gradient = cell.circuits(4)
        assert value == wanted - (kind == "qlstm")
        assert gradient == value * (1 + 2 * (6 + 18))
    assert build_cell("lstm", 2).circuits(4) == (0, 0)


@pytest.mark.parametrize("kind", ["qrnn", "lstm"])
def test_doors_of_a_cell(kind):
    cell = build_cell(kind, 2, 1)
    weights, windows = cell.start(RNG), np.zeros((3, 4, 1))
    for wrong in (weights[1:], np.append(weights, 0.0)):
        with pytest.raises(ValueError, match=f"`weights` must hold {cell.n_params} numbers"):
            cell.features(wrong, windows, EXACT)
    for shape in ((3, 4, 2), (3, 0, 1)):
        with pytest.raises(ValueError, match=r"`windows` must have shape \(B, steps, 1\)"):
            cell.features_and_pullback(weights, np.zeros(shape), EXACT)
    with pytest.raises(ValueError, match="`windows` must have 3 axes"):
        cell.features(weights, windows[0], EXACT)
    np.testing.assert_array_equal(
        cell.features(weights.tolist(), windows.tolist(), EXACT), cell.features(weights, windows, EXACT)
    )


def test_spread():
    narrow = build_cell("qgru", 2, spread=0.1).start(RNG)
    assert 0.05 < np.abs(narrow).max() <= 0.1
    assert np.abs(build_cell("rnn", 4).start(RNG)).max() <= 0.5


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("qlst", 3), "`cell` must be one of .*Did you mean 'qlstm'"),
        (("rnn", 0), "`hidden` must be at least 1"),
        (("rnn", 2, 0), "`channels` must be at least 1"),
        (("qrnn", 2, 1, 0), "`depth` must be at least 1"),
        (("qrnn", 20), "needs 21 qubits"),
    ],
)
def test_doors(arguments, message):
    with pytest.raises(ValueError, match=message):
        build_cell(*arguments)
