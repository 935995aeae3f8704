"""Runs on a device: where circuits run, what is refused at the door, and what the same model is worth in each place."""

import json
from dataclasses import replace

import numpy as np
import pytest

from ketwork.backends.device import DeviceBackend
from ketwork.engine.simulator import Simulator
from ketwork.experiments import on_device
from ketwork.experiments.baselines import contenders
from ketwork.experiments.data import load
from ketwork.experiments.fit import fit, introduction
from ketwork.experiments.on_device import KERNEL_CIRCUITS, Place, check_size, circuit_qubits, judge, most_qubits
from ketwork.experiments.run import features_taken
from ketwork.experiments.task import FitTask, UserError
from ketwork.models import VariationalClassifier
from ketwork.noise.calibration_files import load_device

LIMA = load_device("lima")
QUICK = {"seeds": 1, "fits": 1, "layers": 1, "epochs": 10, "samples": 80}


@pytest.mark.parametrize(
    ("task", "most"),
    [
        (FitTask("d"), 8),
        (FitTask("d", model="kernel"), 10),
        (FitTask("d", device="mumbai"), 6),
        (FitTask("d", device="mumbai", qubits=4), 4),
        (FitTask("d", device="lima"), 4),  # its five qubits make a T, which has no row of five
        (FitTask("d", device="manila"), 5),  # a line
        (FitTask("d", shots=100), 8),
    ],
)
def test_how_many_qubits(task, most):
    assert most_qubits(task) == most


def test_qubits_follow_features():
    task = FitTask("d", device="mumbai")
    assert [circuit_qubits(task, n) for n in (1, 3, 6, 12)] == [2, 3, 6, 6]
    assert features_taken(task, 64) == 12
    assert features_taken(replace(task, encoding="iqp"), 64) == 6
    assert features_taken(replace(task, model="kernel"), 64) == 6
    assert circuit_qubits(replace(task, encoding="zz"), 5) == 5


def test_the_circuit_lies_on_neighbours_and_needs_no_swaps():
    task = FitTask("iris", device="mumbai", layers=2)
    place = on_device.place_of(task, 4)
    iris = load("iris")
    model = contenders(task)[0].build({"epochs": 1}, 0, (4, 3, 100)).fit(iris.X[::5], iris.y[::5])
    native = place.reading(0).native(model.circuit_)
    assert native.initial_layout == native.layout == place.qubits
    assert native.circuit.two_qubit_count() == model.circuit_.two_qubit_count()


def test_devices_without_a_row_leave_it_to_the_transpiler():
    place = on_device.place_of(FitTask("d", device="lima", qubits=5), 10)
    assert place.qubits is None
    assert isinstance(place.reading(0), DeviceBackend)


def test_training_is_exact_and_judging_has_the_shots():
    place = on_device.place_of(FitTask("iris", device="lima", shots=50), 4)
    assert place.training(0).shots is None
    assert place.reading(0).shots == 50
    assert place.reading(0).differentiable is False
    assert on_device.place_of(FitTask("iris", device="lima", train_on="ideal"), 4).training(0) is None
    ideal = on_device.place_of(FitTask("iris", shots=50), 4)
    assert (ideal.training(0), ideal.mitigated(0)) == (None, None)
    assert ideal.reading(0) == Simulator("single", shots=50, seed=0)
    assert on_device.place_of(FitTask("iris"), 4) is None


def test_a_loss_is_that_of_the_probabilities_and_mitigation_comes_closer_to_ideal():
    """On a device much worse than lima, the mitigated values lie nearer to the ideal ones than the bare ones do."""
    X, y = load("iris").X[::3], load("iris").y[::3]
    model = VariationalClassifier(layers=2, n_qubits=2, topology="linear", epochs=15, random_state=0).fit(X, y)
    bad = replace(LIMA, gates=tuple(replace(g, error=min(1, 6 * (g.error or 0))) for g in LIMA.gates))
    place = Place(bad, (1, 2), 20_000, "ideal", ("readout", "zne"))
    found = judge(place, {"ideal": model}, X, y, seed=0)
    runs = {entry["run"]: entry for entry in found["evaluations"]}
    assert list(runs) == ["ideal", "device", "mitigated"]
    chances = model.predict_proba(X)
    expected = -np.log(chances[np.arange(len(y)), np.searchsorted(model.classes_, y)]).mean()
    assert runs["ideal"]["loss"] == pytest.approx(expected, rel=1e-5)
    assert runs["ideal"]["accuracy"] == model.score(X, y)
    assert (runs["ideal"]["circuits"], runs["ideal"]["shots"]) == (50, 0)
    assert (runs["device"]["circuits"], runs["device"]["shots"]) == (50, 50 * 20_000)
    assert (runs["mitigated"]["circuits"], runs["mitigated"]["shots"]) == (150, 150 * 20_000)
    assert found["device"]["qubits"] == [1, 2]
    values = [model.on(b).decision_function(X) for b in (None, place.reading(0), place.mitigated(0))]
    bare, mitigated = (np.abs(v - values[0]).mean() for v in values[1:])
    assert mitigated < 0.6 * bare


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return fit(FitTask("iris", device="lima", shots=200, **QUICK), tmp_path_factory.mktemp("runs") / "lima")


def test_a_run_judges_both_trainings_everywhere(run):
    row = run.rows[0]
    found = {(e["trained"], e["run"]): e["accuracy"] for e in row["on_device"]["evaluations"]}
    assert set(found) == {(t, r) for t in ("ideal", "device") for r in ("ideal", "device", "mitigated")}
    assert row["accuracy"] == found["device", "device"]
    assert row["on_device"]["device"]["name"] == "lima"
    assert all("on_device" not in other for other in run.rows[1:])
    assert len(run.rows) == 7
    saved = json.loads((run.folder / "model.json").read_text())
    assert saved["trained_on"].startswith("DeviceBackend lima of 2021-03-15")
    assert saved["parameters"]["topology"] == "linear"


def test_baselines_are_those_of_a_run_without_a_device(run, tmp_path):
    plain = fit(FitTask("iris", **QUICK), tmp_path / "plain")
    for a, b in zip(run.rows, plain.rows, strict=True):
        if a["kind"] == "baseline" and a["contender"] != "neural network of like size":
            assert (a["accuracy"], a["setting"]) == (b["accuracy"], b["setting"])


def test_the_same_command_gives_the_same_numbers(run, tmp_path):
    again = fit(run.task, tmp_path / "again")
    for a, b in zip(run.rows, again.rows, strict=True):
        assert a["accuracy"] == b["accuracy"]
    strip = [[{**e, "seconds": 0} for e in r.rows[0]["on_device"]["evaluations"]] for r in (run, again)]
    assert strip[0] == strip[1]


def test_other_ways_to_run(tmp_path):
    ideal = FitTask("iris", device="lima", train_on="ideal", mitigation="none", **QUICK)
    found = fit(ideal, tmp_path / "ideal").rows[0]["on_device"]["evaluations"]
    assert [(e["trained"], e["run"]) for e in found] == [("ideal", "ideal"), ("ideal", "device")]
    shots = fit(FitTask("iris", shots=30, **QUICK), tmp_path / "shots").rows[0]
    assert [e["run"] for e in shots["on_device"]["evaluations"]] == ["ideal", "device"]
    assert shots["on_device"]["device"] is None


def test_a_kernel_on_a_device(tmp_path):
    task = FitTask("iris", model="kernel", device="lima", seeds=1, fits=1, samples=60, features=2, shots=100)
    row = fit(task, tmp_path / "run").rows[0]
    found = {(e["trained"], e["run"]): e for e in row["on_device"]["evaluations"]}
    assert len(found) == 6
    assert all(e["loss"] is None or e["loss"] > 0 for e in found.values())  # chances are the kernel's choice
    assert found["device", "device"]["accuracy"] > 0.6
    assert row["circuit_evaluations"] == 45 * 44 // 2


def test_a_run_goes_on_only_with_the_same_calibration(tmp_path):
    file = tmp_path / "mine.json"
    file.write_text(LIMA.to_json())
    task = FitTask("moons", device=str(file), **QUICK)
    first = fit(task, tmp_path / "run")
    assert fit(task, tmp_path / "run", resume=True).rows == first.rows
    file.write_text(replace(LIMA, date="2022-01-01T00:00:00").to_json())
    with pytest.raises(UserError, match=r"mine\.json has changed since"):
        fit(task, tmp_path / "run", resume=True)


@pytest.mark.parametrize(
    ("task", "message"),
    [
        (FitTask("iris", device="liam"), "Did you mean 'lima'"),
        (FitTask("iris", device="no.json"), "does not exist"),
        (FitTask("iris", device="lima", qubits=6), "The circuit has 6 qubits, but device 'lima' has 5"),
        (FitTask("wine", device="lima", model="kernel", features=6), "6 qubits, but device 'lima' has 5"),
        (FitTask("wine", device="mumbai", qubits=9), "simulated exactly up to 8"),
        (FitTask("digits", device="mumbai", model="kernel"), r"907,878 circuits .* --samples \d+\."),
        (FitTask("digits", shots=10, model="kernel"), "circuits here, and 20,000 are the limit"),
    ],
)
def test_the_door(task, message, tmp_path):
    with pytest.raises(UserError, match=message):
        fit(task, tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_the_number_of_rows_that_is_offered_is_taken():
    with pytest.raises(UserError) as refusal:
        check_size(FitTask("d", device="mumbai", model="kernel"), 4, 1347, 450)
    few = int(str(refusal.value).split("--samples ")[1].rstrip("."))
    check_size(FitTask("d", device="mumbai", model="kernel"), 4, few - few // 4, few // 4)
    assert (0.75 * few) ** 2 / 2 > 0.9 * KERNEL_CIRCUITS


def test_without_qiskit_the_extra_is_named_before_any_work(monkeypatch, tmp_path):
    monkeypatch.setattr(on_device, "need_extra", _missing)
    monkeypatch.setattr("ketwork.experiments.fit.load", lambda *_: pytest.fail("data was read"))
    with pytest.raises(UserError, match=r"pip install 'ketwork\[qiskit\]'"):
        fit(FitTask("iris", device="lima"), tmp_path / "run")


def _missing(module, extra):
    raise ImportError(f"{module} is not installed. It comes with: pip install 'ketwork[{extra}]'")


def test_it_is_said_before_it_begins():
    text = introduction(FitTask("digits", device="mumbai"), load("digits"))
    assert "mumbai (2021-03-13), simulated from its calibration: qubits " in text
    assert "4 times as much for every qubit more (6 unless --qubits says otherwise)" in text
    assert "unless" not in introduction(FitTask("digits", device="mumbai", qubits=4), load("digits"))
    assert "200 shots" in introduction(FitTask("digits", shots=200), load("digits"))
