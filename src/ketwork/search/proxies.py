"""Proxies: what tells good circuits from bad ones without training, each a function of a circuit; and their ranks."""

from collections.abc import Sequence
from functools import cache
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ketwork.backends.protocol import own_slots
from ketwork.checks import check_array, check_int
from ketwork.circuit import Angle, Circuit, x
from ketwork.circuit.gates import GATES
from ketwork.engine.simulator import Simulator
from ketwork.engine.stabilizer import is_clifford
from ketwork.models.diagnostics.expressibility import expressibility
from ketwork.search.canonical import Place, flat
from ketwork.search.goals import Meter
from ketwork.search.placed_backend import PlacedBackend
from ketwork.seeds import Seed, generator
from ketwork.solve.overlap import gives_probabilities

Floats = NDArray[np.floating[Any]]
_EQUAL = 1e-9  # of similarities
_SHOTS = 1024  # of a replica, on backends that give no probabilities


# ---------------------------------------------------------------------- the circuit's graph
def path_count(architecture: Sequence[Place], n_qubits: int) -> int:
    """How many paths lead from an input to an output of the circuit's graph, whose nodes are gates and edges wires.

    A gate on two qubits lets every path that comes in leave by either wire, so the number grows with entanglement.
    Costs no circuit. Source: He et al., AAAI 38 (2024) 12430 (path-based proxy).
    """
    check_int("n_qubits", n_qubits, 1)
    paths = [1] * n_qubits
    for _, qubits in flat(architecture):
        together = sum(paths[q] for q in qubits)
        for q in qubits:
            paths[q] = together
    return sum(paths)


# ---------------------------------------------------------------------- the circuit's states
def evenness(circuit: Circuit, pairs: int = 50, seed: Seed = None) -> float:
    """Minus the divergence of a circuit's states from uniformly random ones (expressibility); 0 for these.

    pairs: of states, two circuits each; few are enough to tell circuits apart, but for all of them the divergence is
    too high by about (occupied bins - 1) / (2 pairs). Bins: 75, as in the paper.
    Source: Sim, Johnson, Aspuru-Guzik, arXiv:1905.10876; as a proxy, He et al., AAAI 38 (2024) 12430.
    """
    return -expressibility(circuit, pairs, seed=seed).divergence


# ---------------------------------------------------------------------- Clifford replicas
def clifford_replicas(circuit: Circuit, count: int, seed: Seed = None) -> tuple[Circuit, Floats]:
    """A circuit whose every angle is an input of its own, and rows (count, inputs) of random angles that make it
    Clifford: the same gates on the same qubits, each turned by a random multiple of a quarter or half turn.

    Gates without angles that are not Clifford, such as T, become S, or on two qubits CX. Raises: ValueError for gates
    on more, of which no angle is Clifford.
    """
    check_int("count", count, 1)
    rng, opened = generator(seed), Circuit(circuit.n_qubits)
    steps: list[float] = []
    for gate in circuit.gates:
        step, name = _quarter(gate.name)
        angles: tuple[Angle, ...] = tuple(x[len(steps) + j] for j in range(len(gate.params)))
        steps += [step] * len(angles)
        opened = opened.append(name, gate.qubits, angles)
    turns = rng.integers(4, size=(count, len(steps)))
    return opened, np.asarray(turns * np.array(steps, float))


@cache
def _quarter(name: str) -> tuple[float, str]:
    """The step whose multiples make a gate Clifford, and the gate that stands for it."""
    row = GATES.get(name)
    if row is None:
        raise ValueError(f"Gate {name!r} has no Clifford replica: it is not in the gate table.")
    for step in (np.pi / 2, np.pi, 2 * np.pi) if row.n_params else (0.0,):
        turns = product(range(4), repeat=row.n_params)
        bound = (Circuit(row.n_qubits).append(name, range(row.n_qubits), [step * t for t in turn]) for turn in turns)
        if all(is_clifford(one) for one in bound):
            return step, name
    if row.n_qubits <= 2 and not row.n_params:
        return 0.0, "s" if row.n_qubits == 1 else "cx"
    raise ValueError(f"Gate {name!r} has no Clifford replica: none of its angles makes it Clifford.")


def clifford_resilience(circuit: Circuit, backend: Any, replicas: int = 16, seed: Seed = None) -> float:
    """How much of what Clifford replicas would read without noise is read with it: the mean over replicas of 1 minus
    the total variation distance of the outcomes' distributions; 1 without noise.

    backend: where the replicas run, one circuit each; None for the ideal simulator. The distributions without noise
    are simulated. From backends that draw, 1,024 shots each, which alone cost some resilience.
    Source: Anagolum et al., Elivagar, arXiv:2401.09393 (Clifford noise resilience).
    """
    if backend is None or (isinstance(backend, Simulator) and backend.noise is None and backend.shots is None):
        return 1.0
    opened, rows = clifford_replicas(circuit, replicas, seed)
    ideal = Simulator("double", threads=1).probabilities(opened, rows)
    return float(1 - np.abs(ideal - _read(opened, rows, backend)).sum(axis=1).mean() / 2)


def _read(circuit: Circuit, rows: Floats, backend: Any) -> Floats:
    """Probabilities (B, 2^n) of what a backend reads, estimated where it draws."""
    if isinstance(backend, PlacedBackend) and backend.shots is None:
        native = backend.native(circuit)
        rows, _ = own_slots(native, rows, None)
        circuit, backend = native, backend.simulator(circuit.n_qubits)
    if gives_probabilities(backend, circuit):
        return np.asarray(backend.probabilities(circuit, rows))
    bits = np.asarray(backend.sample(circuit, rows, shots=_SHOTS), np.int64)
    numbers = bits @ (1 << np.arange(circuit.n_qubits)[::-1])
    return np.array([np.bincount(row, minlength=2**circuit.n_qubits) for row in numbers]) / _SHOTS


# ---------------------------------------------------------------------- what it can be trained to
def representational_capacity(
    circuit: Circuit, X: ArrayLike, y: ArrayLike, draws: int = 8, qubits: Sequence[int] | None = None, seed: Seed = None
) -> float:
    """How well a circuit with random weights brings rows of one class together and of others apart; at most 1.

    X (B, n_inputs): rows; y (B,): their classes. draws: of weights; every row is one circuit for each. qubits: those
    that are read; None for all. For every draw the similarity Tr(a b)^2 / (Tr(a^2) Tr(b^2)) of the read qubits' states
    is compared with its mean over pairs of rows; the share of draws (B, B) in which a pair is more alike than the mean
    is held against 1 for pairs of one class and 0 for others, which weigh 1 / (classes - 1) as much; the capacity is 1
    minus the mean squared difference.
    Source: Anagolum et al., Elivagar, arXiv:2401.09393, as in the authors' code; but there Tr(a b)^2 / (Tr a Tr b) is
    compared, which mixed states make smaller whether they are alike or not.
    """
    rows, labels = check_array("X", X, 2), np.asarray(y)
    if labels.shape != (len(rows),):
        raise ValueError(f"Argument `y` must have shape ({len(rows)},), but has {labels.shape}.")
    classes = len(np.unique(labels))
    if classes < 2:
        raise ValueError(f"Argument `y` must hold at least two classes, but holds {classes}.")
    rng, same = generator(seed), labels[:, None] == labels[None, :]
    alike, apart = np.zeros(same.shape), ~np.eye(len(rows), dtype=bool)
    for _ in range(check_int("draws", draws, 1)):
        overlaps = _overlaps(circuit, rows, rng.uniform(0, 2 * np.pi, circuit.n_weights), qubits)
        purity = np.diag(overlaps)
        similar = overlaps**2 / np.outer(purity, purity)
        alike += np.where(apart, similar > similar[apart].mean() + _EQUAL, True) / draws
    weight = np.where(same, 1.0, 1 / (classes - 1))
    return float(1 - ((weight * (same - alike)) ** 2).mean())


def _overlaps(circuit: Circuit, rows: Floats, weights: Floats, qubits: Sequence[int] | None) -> Floats:
    """Tr(a b) (B, B) of the states of some qubits."""
    n = circuit.n_qubits
    states = Simulator("double", threads=1).state(circuit, rows, weights).reshape(len(rows), *(2,) * n)
    read = list(range(n)) if qubits is None else list(qubits)
    rest = [q for q in range(n) if q not in read]
    split = states.transpose(0, *(1 + q for q in read + rest)).reshape(len(rows), 2 ** len(read), 2 ** len(rest))
    density = np.einsum("bik,bjk->bij", split, split.conj())
    return np.asarray(np.einsum("aij,bji->ab", density, density).real)


def reach(meter: Meter, draws: int = 4, seed: Seed = None) -> tuple[float, float]:
    """What a task's own function says at random angles: minus the lowest value, and the mean variance of its partial
    derivatives. Each draw is a value with its gradient.

    The first is what stands for representational capacity where a task has no data: how far down random angles get;
    the second tells circuits on a plateau. A circuit without angles has one value and no gradient.
    Source: McClean et al., arXiv:1803.11173 (variance of gradients).
    """
    rng = generator(seed)
    if not meter.n_weights:
        return -meter.value(np.zeros(0)), 0.0
    found = [meter.value_and_gradient(rng.uniform(-np.pi, np.pi, meter.n_weights)) for _ in range(draws)]
    slopes = np.array([gradient for _, gradient in found])
    return -min(value for value, _ in found), float((slopes**2).mean())


# ---------------------------------------------------------------------- ranks
def rank_correlation(a: ArrayLike, b: ArrayLike) -> float:
    """Kendall's tau-b of two rows of numbers (N,); 0 where one is constant, or N < 2."""
    from scipy.stats import kendalltau

    one, other = np.asarray(a, float), np.asarray(b, float)
    found = float(kendalltau(one, other).statistic) if len(one) > 1 else 0.0
    return found if np.isfinite(found) else 0.0


def ranks(values: ArrayLike) -> Floats:
    """Where numbers (N,) stand among themselves, from -1 for the lowest to 1 for the highest; equals share a rank."""
    from scipy.stats import rankdata

    numbers = np.asarray(values, float)
    return np.asarray((2 * rankdata(numbers) - 1) / len(numbers) - 1)


def evolve_weights(
    features: Floats, errors: ArrayLike, rng: np.random.Generator, steps: int = 300, width: float = 0.3
) -> Floats:
    """Weights (F,) of proxies' ranks (N, F), of sum |w| = 1, whose weighted sum falls with the errors (N,) as well as
    can be: an evolution of one parent and one child by Kendall's tau, from equal weights.

    Where few errors are known many weights do as well: of equals the one with the more even weights stays.
    """
    table, known = np.asarray(features, float), np.asarray(errors, float)

    def fitness(weights: Floats) -> tuple[float, float]:
        return -rank_correlation(table @ weights, known), -float((weights**2).sum())

    best = np.full(table.shape[1], 1 / table.shape[1])
    score = fitness(best)
    for _ in range(steps):
        child = best + width * rng.normal(size=len(best)) * (rng.random(len(best)) < 0.5)
        size = np.abs(child).sum()
        if size == 0:
            continue
        child = child / size
        now = fitness(child)
        if now > score:
            best, score = child, now
    return best
