"""The variational classifier and the kernel of a fixed feature map, on data made for it: the first part of the entry.

Source: Havlicek et al., "Supervised learning with quantum enhanced feature spaces", Nature 567 (2019) 209,
arXiv:1804.11326.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ketwork.circuit import Circuit
from ketwork.engine.simulator import Simulator
from ketwork.experiments.adhoc import ad_hoc
from ketwork.models.ansatz import hardware_efficient
from ketwork.models.encoding import Encoding
from ketwork.models.feature_maps import z_feature_map, zz_feature_map
from ketwork.operators.pauli import PauliSum, pauli
from ketwork.optimize import minimize
from ketwork.seeds import spawn

Floats = NDArray[np.floating[Any]]
Read = Callable[[Floats, Floats], Floats]
"""From inputs (N, n) and weights (P,) to the exact <Z...Z> (N,) of wherever the circuit runs."""

DEPTHS = (0, 1, 2, 3, 4)
TRAINING, TESTING, TEST_SETS = 20, 20, 10  # points a label, and how many test sets
STEPS, SHOTS = 250, 200  # of SPSA, and of each circuit while training
STARTS = 3
C = 1e3  # the penalty of a support vector machine: a margin as good as hard


@dataclass(frozen=True, eq=False)
class Split:
    """Points to learn from and to test on, X (N, n), labels y (N,) of -1 and 1."""

    X: Floats
    y: NDArray[np.int64]
    X_test: Floats
    y_test: NDArray[np.int64]


def draw(n: int, seed: int, training: int = TRAINING, testing: int = TESTING * TEST_SETS, grid: int = 0) -> Split:
    """Ad-hoc data of one random V: so many points of either label to learn from and to test on."""
    X, y = ad_hoc(n, grid=grid, samples=2 * (training + testing), seed=seed)
    rows = np.concatenate([np.flatnonzero(y == label)[:training] for label in (-1, 1)])
    rest = np.setdiff1d(np.arange(len(y)), rows)
    return Split(X[rows], y[rows], X[rest], y[rest])


def classifier_circuit(n: int, layers: int) -> Circuit:
    """The feature map, then W: Y and Z turns of every qubit, and `layers` times CZ on neighbours and turns again.

    Source: arXiv:1804.11326, the section on the variational classifier.
    """
    return zz_feature_map(n) + hardware_efficient(n, layers, ("Y", "Z"), "cz", "linear")


def parity(n: int) -> PauliSum:
    """Z on all qubits: the mean of the parity that labels."""
    return pauli("Z" * n, tuple(range(n)), n)


def ideal_reader(circuit: Circuit) -> Read:
    """<Z...Z> on an ideal simulator."""
    simulator, observable = Simulator("double"), parity(circuit.n_qubits)
    return lambda X, weights: np.asarray(simulator.expectation(circuit, observable, X, weights)[:, 0])


def counted(exact: Floats, shots: int, rng: np.random.Generator) -> Floats:
    """The mean parity (N,) of so many shots a sample: a count of odd outcomes is binomial, whatever the circuit."""
    even = rng.binomial(shots, np.clip((1 + exact) / 2, 0, 1))
    return np.asarray(2 * even / shots - 1)


def empirical_risk(means: Floats, labels: NDArray[np.int64], bias: float, shots: int) -> float:
    """The mean chance that a sample with these mean parities (N,) from so many shots is given the wrong label.

    p = (1 + y mean)/2 is the share of outcomes that say y; the chance is sigmoid(sqrt(R) (1/2 - p + y b/2) /
    sqrt(2 p (1 - p))). Shares of 0 and 1 are taken half an outcome off, where the formula divides by 0.
    Source: arXiv:1804.11326, eq. 3 of the methods, as recalled.
    """
    edge = 1 / (2 * shots)
    share = np.clip((1 + labels * means) / 2, edge, 1 - edge)
    wrong = np.sqrt(shots) * (0.5 - share - labels * bias / 2) / np.sqrt(2 * share * (1 - share))
    return float(np.mean(0.5 * (1 + np.tanh(wrong / 2))))


@dataclass(frozen=True, eq=False)
class Trained:
    """Weights (P,), bias in [-1, 1], the risk of the end (a mean of 5 estimates), and that of every step."""

    weights: Floats
    bias: float
    risk: float
    history: list[float]

    def labels(self, means: Floats) -> NDArray[np.int64]:
        """What mean parities (N,) are told as."""
        return np.where(means + self.bias > 0, 1, -1)


def train_spsa(circuit: Circuit, read: Read, split: Split, rng: np.random.Generator, steps: int = STEPS) -> Trained:
    """One run of SPSA on the empirical risk from shots, from random angles, calibrated, and with a bias.

    The bias is trained as an angle over pi, so that its range [-1, 1] is as wide as an angle's turn.
    """
    count = circuit.n_weights

    def risk(params: Floats) -> float:
        means = counted(read(split.X, params[:count]), SHOTS, rng)
        return empirical_risk(means, split.y, float(np.clip(params[count] / np.pi, -1, 1)), SHOTS)

    start = np.append(rng.uniform(-np.pi, np.pi, count), 0.0)
    found = minimize(risk, start, "spsa", steps, seed=rng)
    end = float(np.mean([risk(found.params) for _ in range(5)]))
    bias = float(np.clip(found.params[count] / np.pi, -1, 1))
    return Trained(found.params[:count], bias, end, [float(value) for value in found.history])


def best_of(runs: list[Trained]) -> Trained:
    """The run with the lowest risk on the training points."""
    return min(runs, key=lambda run: run.risk)


def spsa_runs(n: int, layers: int, split: Split, seed: int, read: Read | None = None, steps: int = STEPS,
              starts: int = STARTS) -> list[Trained]:  # fmt: skip
    """Several runs of SPSA. read: where the circuit runs; None for an ideal simulator."""
    circuit = classifier_circuit(n, layers)
    reader = ideal_reader(circuit) if read is None else read
    return [train_spsa(circuit, reader, split, rng, steps) for rng in spawn(seed, starts)]


def accuracy(found: NDArray[Any], labels: NDArray[Any]) -> float:
    """The share of labels that agree."""
    return float(np.mean(np.asarray(found) == np.asarray(labels)))


def by_gradient(n: int, layers: int, split: Split, seed: int) -> tuple[float, float]:
    """Accuracies on training and test points of the same circuit trained by L-BFGS on the likelihood of a single shot,
    without a bias."""
    from ketwork.models.classifier import VariationalClassifier

    model = VariationalClassifier(
        Encoding("zz", zz_feature_map(n), span="raw"),
        hardware_efficient(n, layers, ("Y", "Z"), "cz", "linear"),
        readout="single_shot",
        read_as="parity",
        optimizer="l-bfgs",
        epochs=200,
        early_stopping=False,
        precision="double",
        random_state=seed,
    ).fit(split.X, split.y)
    return accuracy(model.predict(split.X), split.y), accuracy(model.predict(split.X_test), split.y_test)


def by_kernel(circuit: Circuit, split: Split) -> dict[str, Any]:
    """A support vector machine on the exact fidelity kernel of a feature map."""
    from ketwork.models.kernel_methods import KernelClassifier

    model = KernelClassifier(
        Encoding("map", circuit, span="raw"), standardise=False, scale=1.0, C=C, calibrate=False, precision="double"
    ).fit(split.X, split.y)
    return {
        "train": accuracy(model.predict(split.X), split.y),
        "test": accuracy(model.predict(split.X_test), split.y_test),
        "support": int(model.n_support_.sum()),
    }


def learn(n: int, seed: int, depths: tuple[int, ...] = DEPTHS, starts: int = STARTS) -> dict[str, Any]:
    """One V: the variational classifier at every depth by SPSA and by gradients, and the kernel, all ideal."""
    split = draw(n, seed)
    found: dict[str, Any] = {
        "kernel": by_kernel(zz_feature_map(n), split),
        "kernel, no entangling gates": by_kernel(z_feature_map(n), split),
    }
    for layers in depths:
        circuit = classifier_circuit(n, layers)
        reader = ideal_reader(circuit)
        runs = spsa_runs(n, layers, split, 100 * seed + layers, reader, starts=starts)
        tests = [accuracy(run.labels(reader(split.X_test, run.weights)), split.y_test) for run in runs]
        best = best_of(runs)
        fitted, told = by_gradient(n, layers, split, seed)
        found[str(layers)] = {
            "first": tests[0],
            "best": tests[runs.index(best)],
            "train": accuracy(best.labels(reader(split.X, best.weights)), split.y),
            "risk": best.risk,
            "curve": [float(np.mean(best.history[k : k + 10])) for k in range(0, len(best.history), 10)],
            "gradient": told,
            "gradient_train": fitted,
            "parameters": circuit.n_weights + 1,
        }
    return found


def more_points(n: int, seed: int, counts: tuple[int, ...], layers: int) -> dict[str, Any]:
    """Test accuracies with so many points of either label to learn from, of one V, on the same test: the kernel, and
    the circuit of so many layers trained by gradients."""
    most, found = draw(n, seed, max(counts)), {}
    for count in counts:
        rows = np.concatenate([np.flatnonzero(most.y == label)[:count] for label in (-1, 1)])
        split = Split(most.X[rows], most.y[rows], most.X_test, most.y_test)
        fitted, told = by_gradient(n, layers, split, seed)
        found[str(count)] = {**by_kernel(zz_feature_map(n), split), "gradient": told, "gradient_train": fitted}
    return found


def classical(n: int, seed: int, budget: int = 12) -> dict[str, float]:
    """Test accuracies of the house's baselines on the split of `learn`, tuned by 3 folds of its training points, each
    with as many fits; a support vector machine on cos x, sin x beside."""
    from ketwork.experiments.baselines import house
    from ketwork.experiments.contest import contest
    from ketwork.experiments.tuning import Plan

    split = draw(n, seed)
    X, y = np.concatenate([split.X, split.X_test]), np.concatenate([split.y, split.y_test])
    rows = np.arange(len(split.y)), np.arange(len(split.y), len(y))
    plan, size = Plan(budget, 3), classifier_circuit(n, 4).n_weights + 1
    found = {}
    for contender in house():
        if contender.name == "gradient boosting":
            continue
        found[contender.name] = float(contest(contender, X, y, rows, seed, plan, size)["score"])
        if "support" in contender.name:
            turned = np.hstack([np.cos(X), np.sin(X)])
            found[f"{contender.name} on cos x, sin x"] = float(
                contest(contender, turned, y, rows, seed, plan, size)["score"]
            )
    return found
