"""The label of a quantum state, the sign of <psi|H|psi>, learned by a readout qubit: a part of the atlas entry.

Source: Farhi and Neven, arXiv:1802.06002, the section on general quantum states: a gate exp(i beta H X) with small
beta turns the readout by about 2 beta <H>, so that the sign of <Y> is the label; H there is a sum of ZZ over the edges
of a graph, as recalled.
"""

from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from ketwork.atlas.farhi_neven import descend
from ketwork.checks import check_choice, check_int
from ketwork.circuit import Circuit, x
from ketwork.engine.simulator import Simulator
from ketwork.models.readout_qubit import readout_circuit, readout_observable
from ketwork.operators.pauli import PauliSum
from ketwork.optimize import minimize
from ketwork.seeds import spawn

Floats = NDArray[np.float64]
KINDS = {"ZZ on a graph": ("ZZ",), "fields and two-body terms": ("ZZ", "XX", "Z", "X")}
"""Kinds of H: which Pauli letters it has on the edges and the vertices of a graph."""
SMALL = 0.03  # beta of the circuit that is written down and not learned
STEEP = 50.0  # the logistic loss is that of STEEP l <Y>: <Y> may then be small, where it is linear in the angles


@dataclass(frozen=True)
class StateTask:
    """What is learned. vertices: qubits of the data, an even number, of a random graph of degree 3. training, testing:
    how many states. passes: over the training states, one state a step. rate: see `farhi_neven.descend`. steps: of
    L-BFGS with the logistic loss."""

    kind: str = "ZZ on a graph"
    vertices: int = 8
    training: int = 1000
    testing: int = 1000
    passes: int = 3
    rate: float = 0.02
    steps: int = 50

    def __post_init__(self) -> None:
        check_choice("kind", self.kind, KINDS)
        if check_int("vertices", self.vertices, 4, 12) % 2:
            raise ValueError(f"Argument `vertices` must be even, but is {self.vertices}.")


def placed(letters: str, on: tuple[int, ...], n: int) -> str:
    """The Pauli string with these letters on these qubits."""
    word = ["I"] * n
    for q, letter in zip(on, letters, strict=True):
        word[q] = letter
    return "".join(word)


def vocabulary(kind: str, n: int) -> list[str]:
    """Every string of this kind on n qubits, on all pairs: the classifier does not know the graph."""
    return [placed(p, on, n) for p in KINDS[kind] for on in combinations(range(n), len(p))]


def random_edges(n: int, rng: np.random.Generator) -> list[tuple[int, ...]]:
    """The edges of a random graph of degree 3: ends are paired until no edge is double or joins a vertex to itself."""
    while True:
        ends = rng.permutation(np.repeat(np.arange(n), 3)).reshape(-1, 2)
        edges = {(int(min(pair)), int(max(pair))) for pair in ends}
        if len(edges) == len(ends) and all(a != b for a, b in edges):
            return sorted(edges)


def hamiltonian(task: StateTask, rng: np.random.Generator) -> dict[str, float]:
    """A random H: on the edges and vertices of a random graph of degree 3, coefficients uniform in [-1, 1]."""
    sites: dict[int, list[tuple[int, ...]]] = {1: [(q,) for q in range(task.vertices)]}
    sites[2] = random_edges(task.vertices, rng)
    words = [placed(p, on, task.vertices) for p in KINDS[task.kind] for on in sites[len(p)]]
    return dict(zip(words, rng.uniform(-1, 1, len(words)).tolist(), strict=True))


def preparation(n: int) -> Circuit:
    """A circuit that makes states: turns of every qubit, ZZ gates around a ring, turns again. Angles are inputs."""
    circuit, slot = Circuit(n), 0
    for layer in range(2):
        for q in range(n):
            circuit = circuit.ry(q, x[slot]).rz(q, x[slot + 1])
            slot += 2
        for q in range(n if layer == 0 else 0):
            circuit = circuit.rzz(q, (q + 1) % n, x[slot])
            slot += 1
    return circuit


def learn_labels(task: StateTask, seed: int) -> dict[str, Any]:
    """Test errors of the classifier as it is learned, by the paper's loss and by a logistic one, as it is written down
    from H, and of logistic regression that is given the expectation values of the same Pauli strings."""
    from sklearn.linear_model import LogisticRegression

    n, (draw, start, order) = task.vertices, spawn(seed, 3)
    made, words = preparation(n), vocabulary(task.kind, n)
    energy = hamiltonian(task, draw)
    angles = draw.uniform(-np.pi, np.pi, (task.training + task.testing, made.n_inputs))
    simulator = Simulator()
    sums = [PauliSum.from_dict(energy), *(PauliSum.from_dict({word: 1.0}) for word in words)]
    values = simulator.expectation(made, sums, angles)
    labels, features = np.where(values[:, 0] >= 0, 1.0, -1.0), values[:, 1:]
    lesson, exam = slice(task.training), slice(task.training, None)
    circuit = Circuit(n + 1).x(n).compose(made) + readout_circuit(n, words, from_bits=False)
    readout, one = [readout_observable(n)], np.ones((1, 1))

    def one_state(weights: Floats, row: Floats) -> tuple[float, Floats]:
        value, pull_back = simulator.value_and_pullback(circuit, readout, row[None], weights)
        return float(value[0, 0]), np.asarray(pull_back(one).w, float)

    def logistic(weights: Floats) -> tuple[float, Floats]:
        value, pull_back = simulator.value_and_pullback(circuit, readout, angles[lesson], weights)
        margin = STEEP * labels[lesson] * value[:, 0]
        slope = -STEEP * labels[lesson] * expit(-margin) / task.training
        return float(np.logaddexp(0, -margin).mean()), np.asarray(pull_back(slope[:, None]).w, float)

    def error(weights: Floats) -> float:
        found = simulator.expectation(circuit, readout, angles[exam], weights)[:, 0]
        return float(np.mean(found * labels[exam] <= 0))

    rows = np.concatenate([order.permutation(task.training) for _ in range(task.passes)])
    first = start.normal(0.0, 0.01, len(words))
    learned, _ = descend(one_state, angles[lesson], labels[lesson], first, rows, task.rate)
    steep = np.asarray(minimize(logistic, first, "l-bfgs", task.steps).params, float)
    # exp(i theta P X) turns |1> so that <Y> is about -2 theta <P>
    written = -SMALL * np.array([energy.get(word, 0.0) for word in words])
    linear = LogisticRegression(C=100.0, max_iter=2000).fit(features[lesson], labels[lesson])
    return {
        "terms": len(words), "before": error(first), "linear loss": error(learned), "logistic loss": error(steep),
        "written down": error(written),
        "classical": float(1 - linear.score(features[exam], labels[exam])),
        "positive": float(np.mean(labels[exam] > 0)),
    }  # fmt: skip
