"""The rows of `ketwork diagnose`: which there are for which model, that they hold what the functions say; resuming."""

import json

import numpy as np
import pytest

from ketwork import Circuit
from ketwork.experiments.diagnosis import DENSE_QUBITS, DiagnoseTask, diagnose, fingerprint, pieces, plain
from ketwork.experiments.examined import examined
from ketwork.experiments.task import UserError
from ketwork.models import diagnostics as dg


def keys(model, **options):
    task = DiagnoseTask(model, **options)
    return [key for key, _ in pieces(examined(model, 20, 0), task)]


def test_what_is_asked_follows_from_what_the_model_has(tmp_path):
    ansatz = keys("hardware_efficient:3:2")
    assert {"simulability", "expressibility", "entangling", "fisher", "gradient local layers 2 qubits 10"} <= set(
        ansatz
    )
    assert not [key for key in ansatz if key.split()[0] in ("kernel", "fourier", "concentration")]
    encoding = keys("iqp:3:2")
    assert {"kernel", "fourier 0", "fourier 2", "concentration 8"} <= set(encoding)
    assert not [key for key in encoding if key.split()[0] in ("gradient", "fisher")]
    (tmp_path / "bell.qasm").write_text(Circuit(2).h(0).cx(0, 1).to_qasm3())
    assert keys(str(tmp_path / "bell.qasm")) == ["simulability", "entangling"]
    assert keys(f"hardware_efficient:{DENSE_QUBITS + 1}:1") == ["simulability"]


def test_a_family_has_one_circuit_for_each_number_of_qubits():
    names = keys("dense_angle:6:1")
    assert len(names) == len(set(names))


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    out = tmp_path_factory.mktemp("diagnose") / "run"
    return diagnose(DiagnoseTask("reuploading:2:1", 20, seed=3), out)


def test_rows_hold_what_the_functions_say(finished):
    index = list(finished.rows).index("expressibility")
    rng = np.random.default_rng(np.random.SeedSequence([3, index]))
    again = dg.expressibility(finished.subject.circuit, 100, None, seed=rng)
    assert finished.rows["expressibility"]["divergence"] == again.divergence
    assert not [row for row in finished.rows.values() if "skipped" in row]
    assert finished.rows["fourier 0"]["periodic"] is False  # trained scales have no common unit
    assert finished.rows["fourier 0"]["share"] > 0.99


def test_an_interrupted_run_goes_on_with_the_same_numbers(finished, tmp_path):
    lines = (finished.folder / "rows.jsonl").read_text().splitlines(keepends=True)
    cut = tmp_path / "cut"
    cut.mkdir()
    (cut / "config.json").write_text((finished.folder / "config.json").read_text())
    (cut / "rows.jsonl").write_text("".join(lines[:5]) + lines[5][:20])
    again = diagnose(finished.task, cut, resume=True)
    for key, row in finished.rows.items():
        less = {name: value for name, value in again.rows[key].items() if name != "seconds"}
        assert json.dumps(less) == json.dumps({k: v for k, v in row.items() if k != "seconds"})


def test_another_model_in_the_folder_is_refused(finished):
    with pytest.raises(UserError, match="already holds another run"):
        diagnose(DiagnoseTask("reuploading:2:2", 20, 3), finished.folder, resume=True)


def test_fingerprints_see_the_numbers():
    one, other = examined("iqp:2:1", 10, 0), examined("iqp:2:2", 10, 0)
    assert fingerprint(one) != fingerprint(other) and fingerprint(one) == fingerprint(examined("iqp:2:1", 10, 0))


def test_dataclasses_become_plain_data():
    row = plain(dg.simulability(Circuit(2).h(0).cx(0, 1)))
    assert json.loads(json.dumps(row))["bonds"]["ranks"][-1] == 2


def test_tasks_say_their_command_and_refuse_bad_numbers():
    assert DiagnoseTask("iqp:3", seed=2).command() == "ketwork diagnose iqp:3 --seed 2"
    for options, message in (({"samples": 3}, "`samples` must lie in"), ({"seed": -1}, "`seed` must lie in")):
        with pytest.raises(UserError, match=message):
            DiagnoseTask("iqp:3", **options)
