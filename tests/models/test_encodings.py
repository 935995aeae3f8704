"""Encodings against the formulas of their papers, as dense matrices."""

import pickle
from pathlib import Path

import numpy as np
import pytest
from scipy.linalg import expm, hadamard

from ketwork import Circuit, Simulator, w, x
from ketwork.models.encodings import (
    ENCODINGS,
    Encoding,
    angle_encoding,
    data_reuploading,
    dense_angle_encoding,
    encode,
    encoding_qubits,
    iqp_feature_map,
    zz_feature_map,
)
from ketwork.operators import pauli

X = np.array([0.4, -1.3, 2.2])


@pytest.mark.parametrize("axis", ["X", "Y"])
def test_angles_make_product_states(axis):
    found = Simulator().state(angle_encoding(3, axis=axis), X[None])[0]
    expected = np.ones(1)
    for angle in X:
        expected = np.kron(expected, [np.cos(angle / 2), (1 if axis == "Y" else -1j) * np.sin(angle / 2)])
    np.testing.assert_allclose(found, expected, atol=1e-14)


def test_more_features_than_qubits_go_round():
    circuit = angle_encoding(2, 5)
    assert [(g.name, g.qubits[0], str(g.params[0])) for g in circuit] == [
        ("ry", 0, "x[0]"), ("ry", 1, "x[1]"), ("rz", 0, "x[2]"), ("rz", 1, "x[3]"), ("ry", 0, "x[4]"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("make", "pair"), [(zz_feature_map, lambda a, b: (np.pi - a) * (np.pi - b)), (iqp_feature_map, lambda a, b: a * b)]
)
@pytest.mark.parametrize("entanglement", ["full", "linear"])
def test_feature_maps_of_havlicek(make, pair, entanglement):
    """U = V H V H |000> with V = exp(i (sum x_i Z_i + sum phi_ij Z_i Z_j))."""
    pairs = [(0, 1), (1, 2)] + ([(0, 2)] if entanglement == "full" else [])
    phases = sum(X[i] * pauli("Z", i, 3).matrix() for i in range(3))
    phases = phases + sum(pair(X[i], X[j]) * pauli("ZZ", (i, j), 3).matrix() for i, j in pairs)
    step = expm(1j * phases) @ hadamard(8) / np.sqrt(8)
    found = Simulator().state(make(3, 2, entanglement), X[None])[0]
    assert abs(np.vdot((step @ step)[:, 0], found)) == pytest.approx(1, abs=1e-12)


def test_reuploading_takes_every_feature_in_every_layer():
    circuit = data_reuploading(3, 5, layers=4)
    assert circuit.n_inputs == 5
    assert circuit.n_weights == 4 * (6 + 5)
    assert circuit.count()["cx"] == 12
    seen = [slot for g in circuit for p in g.params for _, slots in p.terms for slot in slots if slot.kind == "x"]
    assert sorted(slot.index for slot in seen) == sorted(list(range(5)) * 4)


def test_reuploading_without_entanglers_is_a_product():
    circuit = data_reuploading(2, 2, layers=2, entangler="none")
    rng = np.random.default_rng(0)
    state = Simulator().state(circuit, rng.normal(size=(1, 2)), rng.normal(size=circuit.n_weights))[0]
    assert np.linalg.svd(state.reshape(2, 2), compute_uv=False)[1] < 1e-14


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: angle_encoding(0), "`n_qubits` must be at least 1"),
        (lambda: angle_encoding(2, axis="Q"), "`axis` must be one of"),
        (lambda: zz_feature_map(2, 0), "`depth` must be at least 1"),
        (lambda: iqp_feature_map(3, entanglement="rings"), "Did you mean 'ring'"),
        (lambda: data_reuploading(2, 2, entangler="cnot"), "`entangler` must be one of"),
        (lambda: data_reuploading(2, 2, layers=0), "`layers` must be at least 1"),
        (lambda: angle_encoding(2, 0), "`n_features` must be at least 1"),
    ],
)
def test_the_door(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_the_kernel_of_angles_is_a_product_of_cosines():
    """Schuld and Killoran: prod cos^2((a_i - b_i) / 2)."""
    samples = np.random.default_rng(0).normal(size=(5, 3)) * 2
    differences = samples[:, None] - samples[None]
    found = Simulator().overlap(angle_encoding(3), samples)
    np.testing.assert_allclose(found, (np.cos(differences / 2) ** 2).prod(axis=2), atol=1e-14)
    np.testing.assert_allclose(Simulator().overlap(angle_encoding(3, axis="Z"), samples), np.ones((5, 5)), atol=1e-14)


def test_a_second_round_turns_about_the_next_axis():
    a, b = 0.8, -0.5
    found = Simulator().state(angle_encoding(1, 2), [[a, b]])[0]
    expected = [np.exp(-0.5j * b) * np.cos(a / 2), np.exp(0.5j * b) * np.sin(a / 2)]
    np.testing.assert_allclose(found, expected, atol=1e-15)


@pytest.mark.parametrize(("make", "shift"), [(zz_feature_map, np.pi), (iqp_feature_map, 0.0)])
def test_kernels_of_havlicek(make, shift):
    """|<psi(a)|psi(b)>|^2 on a ring, with the diagonals written bit by bit."""
    samples = np.random.default_rng(1).uniform(0, 2 * np.pi, size=(4, 4))
    signs = 1 - 2 * ((np.arange(16)[:, None] >> np.arange(3, -1, -1)) & 1)
    states = []
    for a in samples:
        phases = signs @ a
        for i, j in [(0, 1), (1, 2), (2, 3), (3, 0)]:
            phases = phases + (shift - a[i]) * (shift - a[j]) * signs[:, i] * signs[:, j]
        mixed = hadamard(16) @ (np.exp(1j * phases) / 4) / 4
        states.append(np.exp(1j * phases) * mixed)
    expected = np.abs(np.conj(states) @ np.transpose(states)) ** 2
    np.testing.assert_allclose(Simulator().overlap(make(4, 2, "ring"), samples), expected, atol=1e-12)
    assert np.abs(expected - np.eye(4)).max() > 0.01


@pytest.mark.parametrize(("entanglement", "pairs"), [("full", 6), ("linear", 3), ("ring", 4), ("none", 0)])
def test_feature_maps_count(entanglement, pairs):
    counts = {"h": 12, "rz": 12} | ({"rzz": 3 * pairs} if pairs else {})
    for make in (zz_feature_map, iqp_feature_map):
        circuit = make(4, 3, entanglement)
        assert circuit.count() == counts
        assert (circuit.n_inputs, circuit.n_weights) == (4, 0)


def test_reuploading_about_one_axis_adds_up():
    """One qubit, one axis: <Z> = cos(sum of biases + x times the sum of scales)."""
    circuit = data_reuploading(1, 1, layers=3, rotations=("Y",))
    weights, samples = np.random.default_rng(2).normal(size=6), np.array([[-0.7], [0.0], [1.9]])
    found = Simulator().expectation(circuit, pauli("Z", 0, 1), samples, weights)
    np.testing.assert_allclose(found, np.cos(weights[::2].sum() + weights[1::2].sum() * samples), atol=1e-14)


def test_two_and_three_axes():
    """Each feature turns its qubit about every axis in turn; a second round is about the next axes."""
    circuit = angle_encoding(2, 3, "XZ")
    assert [(g.name, g.qubits[0], str(g.params[0])) for g in circuit] == [
        ("rx", 0, "x[0]"), ("rz", 0, "x[0]"), ("rx", 1, "x[1]"), ("rz", 1, "x[1]"),
        ("ry", 0, "x[2]"), ("rx", 0, "x[2]"),
    ]  # fmt: skip
    assert angle_encoding(1, 1, "XYZ").count() == {"rx": 1, "ry": 1, "rz": 1}


def test_dense_angles():
    """cos(a/2)|0> + e^(ib) sin(a/2)|1>, two features a qubit, the last one alone."""
    a, b, c = 0.8, -0.5, 1.7
    found = Simulator().state(dense_angle_encoding(2, 3), [[a, b, c]])[0]
    first = [np.cos(a / 2), np.exp(1j * b) * np.sin(a / 2)]
    expected = np.kron(first, [np.cos(c / 2), np.sin(c / 2)])
    assert abs(np.vdot(expected, found)) == pytest.approx(1, abs=1e-12)
    assert dense_angle_encoding(3).n_inputs == 6


def samples_for(name, n_features):
    rng = np.random.default_rng(0)
    return rng.integers(0, 2, (3, n_features)) if name == "basis" else rng.uniform(-1, 1, (3, n_features))


@pytest.mark.parametrize("name", ENCODINGS)
@pytest.mark.parametrize("n_features", [1, 4, 9])
def test_every_encoding_of_the_table(name, n_features):
    """It runs on its own number of qubits, samples differ in their states, and it survives being saved."""
    encoding = encode(name, n_features)
    assert encoding.name == name
    assert encoding.n_qubits == encoding_qubits(name, n_features)
    X = samples_for(name, n_features)
    inputs = encoding.prepare(X)
    assert inputs.shape == (3, encoding.circuit.n_inputs)
    weights = np.random.default_rng(1).normal(size=encoding.circuit.n_weights)
    states = Simulator("double").state(encoding.circuit, inputs, weights)
    np.testing.assert_allclose(np.linalg.norm(states, axis=1), 1, atol=1e-12)
    if n_features > 1:
        fidelities = np.abs(states.conj() @ states.T) ** 2
        assert fidelities[0, 1] < 0.999
    again = pickle.loads(pickle.dumps(encoding))
    np.testing.assert_array_equal(again.prepare(X), inputs)
    assert again.circuit == encoding.circuit


@pytest.mark.parametrize("name", ENCODINGS)
def test_every_encoding_without_entanglement(name):
    """No entangler leaves a product of qubits, and inputs for what is left."""
    encoding = encode(name, 4, entangler="none")
    X = samples_for(name, 4)
    weights = np.random.default_rng(1).normal(size=encoding.circuit.n_weights)
    state = Simulator("double").state(encoding.circuit, encoding.prepare(X), weights)[0]
    for cut in range(1, encoding.n_qubits):
        assert np.linalg.svd(state.reshape(2**cut, -1), compute_uv=False)[1] < 1e-12


@pytest.mark.parametrize("name", ["angle", "zz", "chebyshev", "amplitude", "image_evolution", "chain_evolution"])
@pytest.mark.parametrize("entangler", ["cx", "none"])
def test_derivatives_by_the_features(name, entangler):
    """Through the circuit and what prepares its inputs, against central differences."""
    options = {"method": "trotter"} if name == "image_evolution" else {}
    features = 9 if name == "image_evolution" else 4
    encoding = encode(name, features, entangler=entangler, **options)
    X = samples_for(name, features)
    n = encoding.n_qubits
    observable = sum((pauli("ZX"[q % 2], q, n) for q in range(n)), pauli("ZZ", (0, 1), n))
    pull_back = Simulator("double").value_and_pullback(encoding.circuit, observable, encoding.prepare(X))[1]
    found = encoding.by_features(X, pull_back(np.ones((3, 1))).x)
    assert found.shape == X.shape
    for i in range(features):
        step = 1e-5 * np.eye(features)[i]
        upper, lower = (
            Simulator("double").expectation(encoding.circuit, observable, encoding.prepare(X + s))[:, 0]
            for s in (step, -step)
        )
        np.testing.assert_allclose(found[:, i], (upper - lower) / 2e-5, rtol=1e-5, atol=1e-7)


def test_how_many_qubits():
    wanted = {"reuploading": 8, "angle": 8, "dense_angle": 6, "zz": 12, "amplitude": 4, "chain_evolution": 13}
    assert {name: encoding_qubits(name, 12) for name in wanted} == wanted
    assert encoding_qubits("angle", 1, least=2) == 2
    assert encoding_qubits("zz", 1, least=2) == 1
    assert encoding_qubits("angle", 12, most=10) == 10
    assert encoding_qubits(Circuit(5), 12) == 5


def test_options_reach_the_encoding():
    assert encode("angle", 2, axis="XZ").circuit == angle_encoding(2, 2, "XZ")
    assert encode("zz", 3, depth=1, entanglement="full").circuit == zz_feature_map(3, 1)
    assert encode("pauli", 3, paulis=("X", "ZZ"), entanglement=[(0, 2)]).circuit.count() == {"h": 6, "rx": 6, "rzz": 2}
    assert encode("basis", 2, 6).n_qubits == 6
    assert encode("amplitude", 5, 4).n_qubits == 4
    assert encode("reuploading", 3, depth=1, rotations="X").circuit.count() == {"rx": 3, "cx": 2}


def test_own_circuits_and_encodings():
    own = Circuit(2).ry(0, x[0]).crx(0, 1, w[0] * x[1])
    encoding = encode(own, 3)
    assert (encoding.circuit, encoding.span) == (own, "angle")
    np.testing.assert_array_equal(encoding.prepare(np.arange(6.0).reshape(2, 3)), [[0, 1], [3, 4]])
    assert encode(own, 2, entangler="none").circuit == Circuit(2).ry(0, x[0])
    given = Encoding("mine", own, span="raw")
    assert encode(given, 2) is given


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: encode("angel", 2), "Did you mean 'angle'"),
        (lambda: encode("zz", 3, 4), "'zz' needs 3 qubits for 3 features, but n_qubits is 4"),
        (lambda: encode("amplitude", 9, 3), "'amplitude' needs 4 to 14 qubits for 9 features"),
        (lambda: encode("basis", 2, 5), "as many qubits for each of 2 features"),
        (lambda: encode("angle", 2, colour=3), "takes no option 'colour'; it takes: axis"),
        (lambda: encode("image_evolution", 5), "no square image"),
        (lambda: encode("amplitude", 1 << 15), "takes up to 14 qubits, but 32768 features need 15"),
        (lambda: encode("zz", 3, entanglement=[(0, 5)]), r"`entanglement` must lie in \[0, 2\], but is 5"),
        (lambda: encode("angle", 3, entanglement=[(1, 1)]), "`entanglement` must hold sets of different qubits"),
        (lambda: encode(Circuit(1).rx(0, x[4]), 3), "asks for 5 inputs, but there are 3 features"),
        (lambda: encode(Circuit(1), 3, axis="X"), "takes no options, but got axis"),
        (lambda: encode(Circuit(1), 3, 2), "has 1 qubits, but n_qubits is 2"),
        (lambda: encode("angle", 0), "`n_features` must be at least 1"),
        (lambda: encode("angle", 2, depth=0), "`depth` must be at least 1"),
        (lambda: encode("angle", 2, entangler="cy2"), "`entangler` must be one of"),
        (lambda: encode(Circuit(2), 2, entanglement="rings"), "Did you mean 'ring'"),
        (lambda: encode("zz", 3, entanglement=[(0, 3)]), "must lie in"),
        (lambda: angle_encoding(2, axis=""), "up to three of them, but is ''"),
        (lambda: dense_angle_encoding(2, 5), r"`n_features` must lie in \[1, 4\]"),
        (lambda: data_reuploading(2, 2, rotations=()), "at least one axis"),
    ],
)
def test_doors_of_the_table(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_what_is_no_encoding():
    with pytest.raises(TypeError, match="must be a name, a Circuit or an Encoding, but is 7"):
        encode(7, 2)


def test_the_guide_names_every_encoding():
    text = (Path(__file__).resolve().parents[2] / "docs" / "guide" / "encodings.md").read_text()
    assert [name for name, row in ENCODINGS.items() for word in (name, *row.takes) if f"`{word}`" not in text] == []
