"""What `ketwork diagnose` takes: families, files and trained models with their data; everything else in one line."""

import json

import numpy as np
import pytest
from sklearn.datasets import make_moons

from ketwork import Circuit, w, x
from ketwork.experiments.examined import examined
from ketwork.experiments.task import UserError
from ketwork.models import KernelClassifier, VariationalClassifier
from ketwork.models.ansatz import hardware_efficient
from ketwork.models.encodings import iqp_feature_map
from ketwork.models.storage import save, to_arrays


@pytest.fixture
def run(tmp_path):
    """A folder as `ketwork fit` leaves it, on the built-in moons."""

    def made(model, data="moons"):
        X, y = make_moons(60, noise=0.1, random_state=0)
        config, arrays = to_arrays(model.fit(X, y))
        reduction = {"reduction_mean": np.zeros(2), "reduction_deviation": np.full(2, 2.0)}
        save(tmp_path / "model", config | {"feature_names": ["x", "y"]}, {**arrays, **reduction})
        (tmp_path / "config.json").write_text(json.dumps({"id": "0", "task": {"data": data, "target": None}}))
        return tmp_path

    return made


def test_families_are_built_at_any_size():
    found = examined("hardware_efficient:4:3", 10, 0)
    assert found.kind == "ansatz" and found.circuit == hardware_efficient(4, 3) and found.layers == 3
    assert found.family(2, 1) == hardware_efficient(2, 1)
    encoding = examined("iqp:3:1", 10, 0)
    assert encoding.kind == "encoding" and encoding.circuit == iqp_feature_map(3, 1, "linear")
    assert examined("reuploading:9", 10, 0).circuit.n_qubits == 9


def test_a_file_keeps_its_slots_and_loses_its_measurements(tmp_path):
    circuit = Circuit(2).ry(0, w[0] + x[0]).cx(0, 1)
    place = tmp_path / "it.qasm"
    place.write_text((circuit.measure(0, 0)).to_qasm3())
    found = examined(str(place), 10, 0)
    assert found.name == "it" and found.family is None
    assert (found.circuit.n_inputs, found.circuit.n_weights, len(found.circuit)) == (1, 1, 2)


def test_a_model_comes_with_its_weights_and_its_data(run):
    model = VariationalClassifier(epochs=1, layers=1, random_state=0)
    folder = run(model)
    found = examined(str(folder), 50, 0)
    assert found.circuit == model.circuit_ and len(found.observables) == len(model.observables_)
    np.testing.assert_allclose(found.weights, model.weights_)
    assert found.inputs.shape == (50, 2) and set(found.labels) == {-1.0, 1.0}
    assert "50 of" in " ".join(found.about)
    again = examined(str(folder), 50, 0)
    np.testing.assert_array_equal(found.inputs, again.inputs)


def test_a_kernel_model_has_no_weights_and_lost_data_are_said(run):
    found = examined(str(run(KernelClassifier(), "gone.csv")), 50, 0)
    assert found.weights is None and found.inputs is None
    assert "data could not be read, so random inputs" in found.about[-1] and "gone.csv" in found.about[-1]


def test_bad_input_is_said_in_one_line(tmp_path):
    (tmp_path / "bad.qasm").write_text("import this")
    (tmp_path / "mid.qasm").write_text("OPENQASM 3.0;\nqubit[1] q; bit[1] c;\nc[0] = measure q[0];\nreset q[0];\n")
    for model, message in (
        ("hardware_eficient:4:2", "Did you mean 'hardware_efficient'"),
        ("nothing", "no folder, OpenQASM file or family"),
        ("iqp", "such as iqp:6:3"),
        ("iqp:two", "such as iqp:6:3"),
        ("iqp:4:2:1", "such as iqp:6:3"),
        ("iqp:400", "`qubits` must lie in"),
        ("iqp:4:400", "`layers` must lie in"),
        ("iqp:4:0", "`depth` must be at least 1"),
        (str(tmp_path), "holds no trained model: it is not the folder of a finished `ketwork fit`"),
        ("gone.qasm", "There is no file 'gone.qasm'"),
        ("", "MODEL is empty"),
        (str(tmp_path / "bad.qasm"), "bad.qasm: "),
        (str(tmp_path / "mid.qasm"), "only measurements at the end"),
    ):
        with pytest.raises(UserError, match=message.replace("(", "\\(")) as caught:
            examined(model, 10, 0)
        assert "\n" not in str(caught.value)


def test_one_layer_is_one_layer():
    assert examined("iqp:1:1", 5, 0).about == ("The encoding iqp with 1 feature and 1 layer.",)
    assert examined("hardware_efficient:4:2", 5, 0).about == (
        "The ansatz hardware_efficient with 4 qubits and 2 layers.",
    )
