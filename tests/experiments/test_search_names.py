"""Names of tasks: what they stand for, the standard tasks, and one line for whatever is wrong."""

from itertools import pairwise

import numpy as np
import pytest

from ketwork import Circuit, PauliSum, Simulator
from ketwork.experiments.data import load
from ketwork.experiments.search_names import STANDARD, task_of
from ketwork.experiments.task import UserError
from ketwork.search import Energy, Inner
from ketwork.search.learning_goal import Classification
from ketwork.search.placed_backend import PlacedBackend


def error_of(task, circuit: Circuit) -> float:
    """Of a circuit without weights, whatever its gates."""
    return task.goal.error(task.goal.meter(circuit, task.backend).value(np.zeros(0)))


# ---------------------------------------------------------------------- what names stand for
def test_molecules_spins_and_problems():
    lih = task_of("LiH_3.4_4q")
    assert lih.goal.lowest == pytest.approx(-7.7890887, abs=1e-6)  # the lowest energy of arXiv:2402.03500's problem
    assert lih.space.max_gates == 40
    ring = task_of("tfim:ring:4")
    modes = [2 * np.sqrt(2 + 2 * np.cos(k)) for k in (np.pi / 4, 3 * np.pi / 4)]  # free fermions, both signs of k
    assert ring.goal.lowest == pytest.approx(-sum(modes))
    cut = task_of("maxcut:ring:4", max_gates=5)
    assert error_of(cut, Circuit(4).x(0).x(2)) == pytest.approx(0)
    assert error_of(cut, Circuit(4).x(0)) == pytest.approx(0.5)
    assert cut.space.max_gates == 5


def test_states():
    assert error_of(task_of("state:ghz:4"), Circuit(4).h(0).cx(0, 1).cx(1, 2).cx(2, 3)) == pytest.approx(0, abs=1e-12)
    half = Circuit(2).ry(0, np.pi / 2).x(1).cx(0, 1)
    assert error_of(task_of("state:w:2"), half) == pytest.approx(0, abs=1e-12)
    assert error_of(task_of("state:w:3"), Circuit(3).x(1)) == pytest.approx(2 / 3)
    one, same, other = (task_of(f"state:random:3{more}").goal.observable for more in ("", ":seed=0", ":seed=1"))
    assert one == same != other
    assert task_of("state:circuit:3:gates=5").goal.good == 0.01


def test_unitaries():
    qft = Circuit(3)
    for a in range(3):
        qft = qft.h(a)
        for b in range(a + 1, 3):
            qft = qft.cp(b, a, np.pi / 2 ** (b - a))
    assert error_of(task_of("unitary:qft:3"), qft.swap(0, 2)) == pytest.approx(0, abs=1e-12)
    assert error_of(task_of("unitary:toffoli"), Circuit(3).ccx(0, 1, 2)) == pytest.approx(0, abs=1e-12)
    assert error_of(task_of("unitary:toffoli"), Circuit(3)) == pytest.approx(1 - (6 / 8) ** 2)


def test_files(tmp_path):
    np.save(tmp_path / "bell.npy", np.array([1, 0, 0, 1]) / np.sqrt(2))
    (tmp_path / "bell.qasm").write_text(Circuit(2).h(0).cx(0, 1).to_qasm3())
    np.save(tmp_path / "gate.npy", Circuit(2).cz(0, 1).matrix())
    bell = Circuit(2).h(1).cx(1, 0)
    for name in ("bell.npy", "bell.qasm"):
        task = task_of(f"state:{tmp_path / name}")
        assert task.name == "state-bell"
        assert error_of(task, bell) == pytest.approx(0, abs=1e-12)
    assert error_of(task_of(f"unitary:{tmp_path / 'gate.npy'}"), Circuit(2).cz(0, 1)) == pytest.approx(0, abs=1e-12)


def test_digits_as_small_images():
    task = task_of("digits:classes=4", steps=7)
    goal = task.goal
    assert isinstance(goal, Classification)
    assert (goal.n_classes, goal.n_qubits, goal.encoding.n_inputs) == (4, 4, 16)
    assert [len(part) for part in (goal.train, goal.validation, goal.test)] == [200, 100, 100]
    assert task.name == "digits-classes4"
    assert task.inner == Inner("adam", 7, options={"learning_rate": 0.1})
    from sklearn.datasets import load_digits

    found = load_digits()
    rows = found.images[found.target < 4]
    corners = rows[:, :2, :2].mean(axis=(1, 2))  # the mean of four pixels, standardised and clipped: few values
    assert len(np.unique(goal.train.inputs[:, 0])) <= len(np.unique(corners))
    # Whole images can be given afterwards
    inputs = goal.prepared.inputs(load("digits").X)
    assert all((np.abs(inputs - row).max(axis=1) < 1e-9).any() for row in goal.test.inputs)


def test_tables_and_generators(tmp_path):
    rng = np.random.default_rng(0)
    lines = ["a,b,c,kind"] + [f"{','.join(f'{v:.4f}' for v in rng.normal(k % 2, 0.5, 3))},{k % 2}" for k in range(40)]
    (tmp_path / "mine.csv").write_text("\n".join(lines))
    task = task_of(f"{tmp_path / 'mine.csv'}:qubits=3:batch=8:measure=error")
    assert (task.name, task.space.n_qubits, task.goal.batch) == ("mine-qubits3-batch8-measureerror", 3, 8)
    made = task_of("hidden-manifold:features=6,manifold=2,samples=80")
    assert made.goal.encoding.n_inputs == 6
    assert len(made.goal.train) == 40


def test_devices_noise_and_shots():
    task = task_of("H2_0.7414_4q", device="guadalupe", shots=100, steps=9, seed=4)
    assert isinstance(task.backend, PlacedBackend)
    assert (task.backend.shots, task.backend.seed) == (100, 4)
    assert task.inner == Inner("adam-spsa", 9)
    assert len(task.space.couplings) >= 3
    noisy = task_of("H2_0.7414_2q", noise="depolarizing:0.01,0.1,0.02")
    assert isinstance(noisy.backend, Simulator)
    read = noisy.backend.expectation(Circuit(2).x(0), PauliSum.from_dict({"ZI": 1.0}))
    assert read[0, 0] == pytest.approx(-0.99 * 0.96)
    assert task_of("H2", noise="none").backend is None
    assert task_of("H2", device="lima", noise="none").backend.noise is None
    native = task_of("H2", device="torino", gates=("native",)).space.gates
    assert set(native) == {"rz", "sx", "x", "cz"}
    assert task_of("H2", gates=("ry", "cz")).space.gates == ("ry", "cz")


@pytest.mark.parametrize("name", STANDARD)
def test_standard_tasks(name):
    task = task_of(**STANDARD[name].words)
    assert 3 <= task.space.n_qubits <= 8
    assert isinstance(task.goal, Energy | Classification)
    rng = np.random.default_rng(0)
    from ketwork.search import draw

    circuits = [draw(task.space, rng) for _ in range(3)]
    assert all(task.price(c) > 0 for c in circuits)
    meter = task.meter(circuits[0])
    angles = rng.uniform(-3, 3, meter.n_weights)
    assert task.goal.error(meter.value(angles)) > 0


def test_names_of_standard_tasks_are_for_folders():
    names = [task_of(**one.words).name for one in STANDARD.values()]
    assert all(a != b for a, b in pairwise(names))
    assert all(not set(name) & set(":/=, ") for name in names)


# ---------------------------------------------------------------------- what is wrong
@pytest.mark.parametrize(
    ("words", "message"),
    [
        ({"name": "digis"}, "Did you mean digits"),
        ({"name": "H3"}, "no task 'H3'"),
        ({"name": "tfimm:ring:4"}, "Did you mean tfim"),
        ({"name": "stat:ghz:4"}, "Did you mean state"),
        ({"name": "state:ghx:4"}, "Did you mean ghz"),
        ({"name": "state:ghz"}, "number of qubits"),
        ({"name": "state:ghz:40"}, "from 1 to 8"),
        ({"name": "state:ghz:4:seed=1"}, "takes no options"),
        ({"name": "state:random:4:sed=1"}, "seed=NUMBER"),
        ({"name": "state:nowhere.npy"}, "no file"),
        ({"name": "unitary:qft:6"}, "from 1 to 4: write it as in unitary:qft:3"),
        ({"name": "unitary:ghz:3"}, "toffoli"),
        ({"name": "digits:classes=1"}, "from 2 to 10"),
        ({"name": "digits:clases=4"}, "Did you mean classes"),
        ({"name": "digits:classes=four"}, "whole number"),
        ({"name": "digits:classes=4:encoding=reuploading"}, "inputs only"),
        ({"name": "diabetes"}, "needs classes"),
        ({"name": "nowhere.csv"}, "no file"),
        ({"name": "H2_0.7414_4q", "device": "lime"}, "lima"),
        ({"name": "tfim:ring:6", "device": "lima"}, "5 qubits, but 6"),
        ({"name": "H2", "gates": ("ry", "cxx")}, "cxx"),
        ({"name": "H2", "gates": ("native",)}, "device"),
        ({"name": "H2", "noise": "strong"}, "depolarizing"),
        (
            {"name": "H2", "noise": "depolarizing:2,0"},
            "--noise must be none, or depolarizing:P1,P2 with the chances .0 to 1.",
        ),
        ({"name": "H2", "shots": 0}, "shots"),
        ({"name": "H2", "steps": 0}, "steps"),
        ({"name": "H2", "max_gates": 0}, "max_gates"),
        ({"name": "labs:30"}, "30"),
    ],
)
def test_bad_input(words, message):
    with pytest.raises(UserError, match=message) as found:
        task_of(**words)
    assert "\n" not in str(found.value)


def test_bad_files(tmp_path):
    np.save(tmp_path / "long.npy", np.ones(4))
    np.save(tmp_path / "words.npy", np.array(["a", "b"]))
    np.save(tmp_path / "gate.npy", np.ones((2, 2)))
    (tmp_path / "text.npy").write_text("nothing")
    (tmp_path / "one.csv").write_text("a,b\n" + "1,x\n" * 9)
    (tmp_path / "holes.csv").write_text("a,b\n" + "1,x\n2,y\nnan,x\n3,y\n" * 3)
    for name, message in (
        ("state:long.npy", "norm 1"), ("state:words.npy", "no array"), ("state:text.npy", "no array"),
        ("unitary:gate.npy", "unitary"), ("one.csv", "class"), ("holes.csv", "nan"),
    ):  # fmt: skip
        kind, _, file = name.rpartition(":")
        with pytest.raises(UserError, match=message):
            task_of(f"{kind}:{tmp_path / file}" if kind else str(tmp_path / file))
