"""A model's circuit: what it is made of, and in which order."""

import numpy as np
import pytest

from ketwork import Circuit, Simulator, w, x
from ketwork.models.ansatz import hardware_efficient, strongly_entangling
from ketwork.models.encoding import Encoding
from ketwork.models.encodings import angle_encoding, data_reuploading, zz_feature_map
from ketwork.models.model_circuit import Design, model_circuit, read_qubits


def test_the_default_uploads_again_and_closes_with_rotations():
    first = data_reuploading(2, 2, 4)
    wanted = first + hardware_efficient(2, 0).shift(weights=first.n_weights)
    assert model_circuit(Design(), 2).circuit == wanted


def test_other_encodings_are_followed_by_the_ansatz():
    made = model_circuit(Design("zz", "strongly_entangling", layers=2), 3).circuit
    assert made == zz_feature_map(3, 2, "linear") + strongly_entangling(3, 2)
    uploads = model_circuit(Design(ansatz="strongly_entangling", layers=2), 3).circuit
    first = data_reuploading(3, 3, 2)
    assert uploads == first + strongly_entangling(3, 2).shift(weights=first.n_weights)


def test_circuits_of_the_users_own():
    mine, then = Circuit(2).rx(0, x[0]).ry(1, w[0] * x[1]), Circuit(2).cx(0, 1).ry(1, w[0])
    made = model_circuit(Design(mine, then), 2)
    assert made.circuit == mine + then.shift(weights=1)
    assert model_circuit(Design(mine, None), 2).circuit == mine
    features = np.array([[0.1, 0.2, 9.0]])
    taken = model_circuit(Design(mine, then), 3)  # a feature that no gate takes
    np.testing.assert_array_equal(taken.prepare(features), features[:, :2])


def test_an_encoding_brings_its_preparation():
    mine = Encoding("squares", Circuit(1).rx(0, x[0]), prepare=np.square, span="raw")
    made = model_circuit(Design(mine, Circuit(1).ry(0, w[0])), 1)
    assert made.span == "raw"
    np.testing.assert_array_equal(made.prepare(np.array([[3.0]])), [[9.0]])


def test_options_of_both():
    made = model_circuit(Design("zz", None, encoding_options={"depth": 3, "entanglement": "full"}), 3)
    assert made.circuit == zz_feature_map(3, 3, "full")
    made = model_circuit(Design("angle", n_qubits=2, layers=1, ansatz_options={"rotations": ("X",)}), 2)
    assert made.circuit == angle_encoding(2, 2) + hardware_efficient(2, 1, ("X",))


def test_without_entanglers_every_qubit_is_by_itself():
    for encoding in ("reuploading", "angle", "iqp", "zz"):
        assert model_circuit(Design(encoding, entangler="none"), 3).circuit.two_qubit_count() == 0


@pytest.mark.parametrize(("features", "qubits"), [(1, 2), (3, 3), (20, 8)])
def test_a_qubit_a_feature_from_two_to_eight(features, qubits):
    assert model_circuit(Design(), features).n_qubits == qubits


def test_every_qubit_is_read_unless_the_ansatz_pools():
    assert read_qubits("hardware_efficient", 3) == read_qubits(None, 3) == read_qubits(Circuit(3), 3) == (0, 1, 2)


def test_all_of_it_runs():
    made = model_circuit(Design("iqp", "brick_wall", layers=2), 3).circuit
    values = Simulator().expectation(made, [(np.diag([1.0, -1]), [0])], np.zeros((2, 3)), np.zeros(made.n_weights))
    assert values.shape == (2, 1)


@pytest.mark.parametrize(
    ("design", "message"),
    [
        (Design("telepathy"), "encoding"),
        (Design(3), "must be a name, a Circuit or an Encoding"),
        (Design(ansatz=3), "must be a name or a Circuit"),
        (Design(layers=0), "at least 1"),
        (Design(n_qubits=0), r"\[1, 26\]"),
        (Design("zz", n_qubits=5), "needs 3 qubits for 3 features"),
        (Design(encoding_options=3), "`encoding_options` must be a dictionary"),
        (Design(encoding_options={"depht": 3}), "depht"),
        (Design(ansatz=Circuit(2).rx(0, x[0]), n_qubits=2), "weights alone"),
        (Design(ansatz=Circuit(5).rx(0, w[0]), n_qubits=2), "must have 2 qubits, but has 5"),
        (Design(entangler="cxx"), "entangler"),
        (Design(topology="rng"), "ring"),
    ],
)
def test_doors(design, message):
    with pytest.raises((ValueError, TypeError), match=message):
        model_circuit(design, 3)
