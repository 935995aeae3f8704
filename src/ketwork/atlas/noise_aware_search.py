"""Circuits searched for classifying images on a noisy device, beside circuits made by hand: the computation.

Source: Wang et al., "QuantumNAS: Noise-Adaptive Search for Robust Quantum Circuits", HPCA 2022, arXiv:2107.10845: four
classes of MNIST (0 to 3), images cut to 24 x 24 and averaged to 4 x 4, four qubits, a super-circuit and evolution.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ketwork.checks import check_choice, check_int
from ketwork.circuit import Circuit, x
from ketwork.experiments.baselines import house
from ketwork.experiments.data import load
from ketwork.experiments.ledger import Row
from ketwork.models.ansatz import build_ansatz
from ketwork.noise.calibration_files import load_device
from ketwork.search.held_out import CONDITIONS, circuit_scores, scores_of
from ketwork.search.inner import train
from ketwork.search.learning_goal import Classification
from ketwork.search.seek import seek
from ketwork.search.setting import Setting
from ketwork.search.space import size_of
from ketwork.search.task_makers import classify
from ketwork.search.tasks import Task
from ketwork.seeds import spawn

Floats = NDArray[np.floating[Any]]
CLASSES = ("0", "1", "2", "3")
DATA = ("digits", "mnist")
QUBITS = 4
ANSAETZE = ("hardware_efficient", "real_amplitudes", "efficient_su2", "brick_wall", "kandala")
"""Circuits made by hand, all on neighbours in a row."""

UNAWARE = "supernet without noise"


@dataclass(frozen=True)
class Protocol:
    """What is run. device: a shipped one; circuits stay on its best path of four qubits. methods: searches. budget:
    circuit evaluations of each, an evaluation being one circuit for one image; every circuit made by hand has as many.
    seeds: of the split of the data and of the search. samples: images, of which shares are for training (half),
    validation and test. steps: of Adam for a circuit's angles, on batches. gates: at most in a circuit."""

    device: str = "nairobi"
    methods: tuple[str, ...] = ("supernet", "evolutionary", "training-free", "random")
    budget: int = 800_000
    seeds: int = 5
    samples: int = 600
    steps: int = 30
    batch: int = 16
    gates: int = 24
    seed: int = 0

    def __post_init__(self) -> None:
        for name in ("budget", "seeds", "samples", "steps", "batch", "gates"):
            check_int(name, getattr(self, name), 1)

    @property
    def draws(self) -> tuple[int, ...]:
        """The seeds."""
        return tuple(range(self.seed, self.seed + self.seeds))


# ---------------------------------------------------------------------- data and task
def pooled(name: str, samples: int, seed: int = 0) -> tuple[Floats, NDArray[Any]]:
    """Images of the digits 0 to 3 as 4 x 4 averages: (features (N, 16), labels (N,)), as many of every class.

    MNIST: the middle 24 x 24 pixels; digits: all 8 x 8.
    """
    data = load(check_choice("name", name, DATA))
    side = int(np.sqrt(data.X.shape[1]))
    edge = (side - 24) // 2 if side > 24 else 0
    rng, rows = np.random.default_rng(seed), []
    for label in CLASSES:
        rows.append(rng.permutation(np.flatnonzero(data.y == label))[: samples // len(CLASSES)])
    chosen = np.concatenate(rows)
    images = data.X[chosen].reshape(-1, side, side)[:, edge : side - edge, edge : side - edge]
    block = images.shape[1] // 4
    return images.reshape(-1, 4, block, 4, block).mean(axis=(2, 4)).reshape(-1, 16), data.y[chosen]


def encoder() -> Circuit:
    """Sixteen features on four qubits, in rounds of RY, RZ, RX and RY."""
    circuit = Circuit(QUBITS)
    for k, name in enumerate(("ry", "rz", "rx", "ry")):
        for q in range(QUBITS):
            circuit = circuit.append(name, (q,), (x[k * QUBITS + q],))
    return circuit


def task_of(protocol: Protocol, name: str, seed: int) -> Task:
    """The task of a seed: its own images and their split, on the device with its noise."""
    device = load_device(protocol.device)
    setting = Setting(
        device=device,
        qubits=device.best_qubits(QUBITS, path=True),
        max_gates=protocol.gates,
        steps=protocol.steps,
        seed=seed,
    )
    X, y = pooled(name, protocol.samples, seed)
    made: Any = encoder()
    return classify(X, y, setting, encoding=made, n_qubits=QUBITS, batch=protocol.batch, seed=seed, name=name)


# ---------------------------------------------------------------------- contenders
def searched(protocol: Protocol, name: str, seed: int, method: str) -> Row:
    """What a search finds, and what that is worth on test data. UNAWARE: the super-circuit without the noise."""
    task = task_of(protocol, name, seed)
    where = replace(task, backend=None) if method == UNAWARE else task
    found = seek(where, "supernet" if method == UNAWARE else method, protocol.budget, seed)
    assert found.best is not None
    best = found.best
    size = size_of(best.architecture)
    return {
        "contender": method, "kind": "searched", "data": name, "seed": seed, "validation": best.error,
        "parameters": len(best.params), "gates": size.gates, "two_qubit": size.two_qubit, "spent": found.spent,
        "circuits": len(found.errors), "notes": {k: v for k, v in found.notes.items() if k.startswith("rank")},
        **scores_of(task, best.architecture, best.params, seed),
    }  # fmt: skip


def trimmed(ansatz: str, parameters: int) -> Circuit:
    """A circuit made by hand, on neighbours in a row, with so many angles: layers until there are enough, and then
    what comes after the last of them left out."""
    layers = 0
    while (circuit := build_ansatz(ansatz, QUBITS, layers, **_options(ansatz))).n_weights < parameters:
        layers += 1
    kept, angles = Circuit(QUBITS), 0
    for gate in circuit:
        if angles == parameters:
            break
        kept = kept.append(gate.name, gate.qubits, gate.params)
        angles += len(gate.params)
    return kept


def _options(ansatz: str) -> dict[str, Any]:
    return {} if ansatz == "brick_wall" else {"topology": "linear"}


def by_hand(protocol: Protocol, name: str, seed: int, ansatz: str, parameters: int) -> Row:
    """A circuit made by hand with so many parameters, trained from random angles again and again until as much is
    spent as on a search; the angles of the least validation loss are kept."""
    task = task_of(protocol, name, seed)
    circuit = trimmed(ansatz, parameters)
    meter = task.goal.meter(circuit, task.backend)
    price, best, spent, count = task.inner.price(meter), None, 0, 0
    for rng in spawn(seed, max(1, protocol.budget // price)):
        trained = train(meter, task.inner, rng)
        spent, count = spent + trained.evaluations, count + 1
        best = trained if best is None or trained.value < best.value else best
    assert best is not None
    return {
        "contender": ansatz, "kind": "by hand", "data": name, "seed": seed, "validation": best.value,
        "parameters": circuit.n_weights, "gates": len(circuit.gates), "spent": spent, "circuits": count,
        "two_qubit": sum(len(gate.qubits) == 2 for gate in circuit),
        **circuit_scores(task, circuit, best.params, seed),
    }  # fmt: skip


def classical(protocol: Protocol, name: str, seed: int, parameters: int) -> list[Row]:
    """The house's classical models on the same features and split; their accuracy stands for all conditions."""
    goal: Any = task_of(protocol, name, seed).goal
    assert isinstance(goal, Classification) and goal.test is not None
    rows = []
    for one in house():
        model = one.build({}, seed, (goal.encoding.n_inputs, goal.n_classes, parameters))
        model.fit(goal.train.inputs, goal.train.targets)
        accuracy = float(np.mean(model.predict(goal.test.inputs) == goal.test.targets))
        rows.append(
            {"contender": one.name, "kind": "classical", "data": name, "seed": seed, "spent": 0}
            | {f"accuracy_{condition}": accuracy for condition in CONDITIONS}
        )
    return rows


def compute(
    protocol: Protocol, name: str, row: Callable[[str, Callable[[], Row]], Row], tell: Callable[[str], None]
) -> list[Row]:
    """All rows of a data set; row(key, make) keeps each. Circuits made by hand get as many parameters as the circuit
    that the searches found of the least validation loss."""
    found: list[Row] = []
    for seed in protocol.draws:
        tell(f"{name}, seed {seed}")
        mine = [
            row(f"{name}, seed {seed}, {method}", lambda m=method, s=seed: searched(protocol, name, s, m))  # type: ignore[misc]
            for method in (*protocol.methods, UNAWARE)
        ]
        parameters = max(1, chosen(mine)["parameters"])
        mine += [
            row(f"{name}, seed {seed}, {a}", lambda a=a, s=seed, p=parameters: by_hand(protocol, name, s, a, p))  # type: ignore[misc]
            for a in ANSAETZE
        ]
        together = row(
            f"{name}, seed {seed}, classical",
            lambda s=seed, p=parameters: {"rows": classical(protocol, name, s, p)},  # type: ignore[misc]
        )
        found += mine + together["rows"]
    return found


def work(protocol: Protocol) -> int:
    """How many rows `compute` keeps for one data set."""
    return protocol.seeds * (len(protocol.methods) + 2 + len(ANSAETZE))


def chosen(rows: list[Row]) -> Row:
    """The row of the least validation loss; of searches, only those that know the noise take part."""
    return min((row for row in rows if row["contender"] != UNAWARE), key=lambda row: float(row["validation"]))
