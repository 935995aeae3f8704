"""The classifiers of a fixed feature map on a simulated device: shots, noise, longer circuits, mitigation.

Source: Havlicek et al., arXiv:1804.11326, the section on the experiment and the methods on error mitigation.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.svm import SVC

from ketwork.atlas.feature_space import (
    STARTS,
    TESTING,
    C,
    Floats,
    Read,
    Split,
    accuracy,
    best_of,
    classifier_circuit,
    counted,
    draw,
    ideal_reader,
    parity,
    spsa_runs,
)
from ketwork.backends.device import DeviceBackend
from ketwork.circuit import Circuit
from ketwork.engine.simulator import Simulator
from ketwork.mitigate.folding import fold
from ketwork.mitigate.sampled import readout
from ketwork.mitigate.zne import zne
from ketwork.models.feature_maps import zz_feature_map
from ketwork.noise.calibration_files import load_device
from ketwork.operators.pauli import PauliSum
from ketwork.seeds import generator, spawn

DEVICE = "lima"
LAYERS = 4
SHOTS = 10_000
FEW = (100, 1000)  # shots without mitigation, beside
FOLDS = (1, 5, 15)  # the circuit as it is, and run forth and back until its gates are so many times as many
METHODS = ("raw", "readout", "readout and zne")


@dataclass(frozen=True)
class Placed:
    """A circuit on a device: what runs it gate by gate, its native gates, and an observable where its qubits are."""

    backend: DeviceBackend
    circuit: Circuit
    observable: PauliSum

    def exact(self, X: Floats, weights: Floats | None = None) -> Floats:
        """Values (N,) under the device's noise, without shots."""
        return np.asarray(self.backend.expectation(self.circuit, self.observable, X, weights)[:, 0])

    def mitigated(self, method: str, X: Floats, weights: Floats | None, shots: int, seed: int) -> Floats:
        """Values (N,) from so many shots of every circuit. method: of `METHODS`."""
        if method == "raw":  # a parity is 1 or -1 in every shot, and so is twice a projector minus 1
            projector = len(self.observable.terms) > 1
            exact, rng = self.exact(X, weights), generator(seed)
            return (1 + counted(2 * exact - 1, shots, rng)) / 2 if projector else counted(exact, shots, rng)
        backend: Any = readout(self.backend, shots=shots, seed=seed)
        if method == "readout and zne":
            backend = zne(backend, (1, 3), seed=seed)
        return np.asarray(backend.expectation(self.circuit, self.observable, X, weights)[:, 0])


def placed(circuit: Circuit, observable: PauliSum, times: int = 1, device: str = DEVICE) -> Placed:
    """A circuit on a device's best qubits. times: odd; with its gates run forth and back to be so many times as many,
    which does nothing but add noise."""
    native = DeviceBackend(load_device(device)).compile(circuit)
    longer = fold(native.circuit, float(times)) if times > 1 else native.circuit
    return Placed(native.backend, longer, observable.placed(native.layout, longer.n_qubits))


def all_zeros(n: int) -> PauliSum:
    """The projector on |0...0>: the mean of all strings of I and Z."""
    strings = ("".join("Z" if bits >> q & 1 else "I" for q in range(n)) for bits in range(1 << n))
    return PauliSum.from_dict(dict.fromkeys(strings, 1 / (1 << n)))


def _one_test(split: Split) -> Split:
    """The split with the first test set alone: so many points of either label."""
    rows = np.concatenate([np.flatnonzero(split.y_test == label)[:TESTING] for label in (-1, 1)])
    return Split(split.X, split.y, split.X_test[rows], split.y_test[rows])


def _off(found: Floats, exact: Floats) -> float:
    """The root mean square of the error."""
    return float(np.sqrt(np.mean((found - exact) ** 2)))


def variational_on_device(
    seed: int, folds: tuple[int, ...] = FOLDS, starts: int = STARTS, training: bool = True
) -> dict[str, Any]:
    """The classifier of depth 4 of one V, trained ideally and on the device itself, read on the device by every method:
    test accuracy on one test set, and the error of the mean parities."""
    split = _one_test(draw(2, seed))
    circuit = classifier_circuit(2, LAYERS)
    ideal = ideal_reader(circuit)
    read: dict[str, Read] = {"ideal": ideal}
    if training:
        read["device"] = placed(circuit, parity(2)).exact
    found: dict[str, Any] = {}
    for where, reader in read.items():
        model = best_of(spsa_runs(2, LAYERS, split, 100 * seed + LAYERS, reader, starts=starts))
        exact = ideal(split.X_test, model.weights)
        rows: dict[str, Any] = {"ideal": accuracy(model.labels(exact), split.y_test)}
        for times in folds if where == "ideal" else folds[:1]:
            machine = placed(circuit, parity(2), times)
            for method in METHODS:
                means = machine.mitigated(method, split.X_test, model.weights, SHOTS, seed)
                rows[f"{method} x{times}"] = [accuracy(model.labels(means), split.y_test), _off(means, exact)]
            if times == 1:
                noisy, rng = machine.exact(split.X_test, model.weights), generator(seed)
                for shots in FEW:
                    means = counted(noisy, shots, rng)
                    rows[f"raw, {shots} shots"] = [accuracy(model.labels(means), split.y_test), _off(means, exact)]
        found[f"trained: {where}"] = rows
    return found


def pair_circuit(n: int) -> Circuit:
    """The feature map of inputs 0 ... n - 1, then that of the next n undone: all zeros as often as the states agree."""
    forth = zz_feature_map(n)
    return forth + forth.inverse().shift(inputs=n)


def kernel_on_device(seed: int, folds: tuple[int, ...] = FOLDS) -> dict[str, Any]:
    """The kernel of one V, pair by pair on the device: test accuracy on one test set and the error of its entries."""
    split = _one_test(draw(2, seed))
    pairs, zeros = pair_circuit(2), all_zeros(2)

    def exact(both: Floats) -> Floats:
        return np.asarray(Simulator("double").expectation(pairs, zeros, both)[:, 0])

    score, gram = _machine(split, exact)
    upper = np.triu_indices(len(gram), 1)
    found: dict[str, Any] = {"ideal": score}
    for times in folds:
        machine = placed(pairs, zeros, times)
        for method, rng in zip(METHODS, spawn(seed, len(METHODS)), strict=True):

            def entries(both: Floats, machine: Placed = machine, method: str = method, rng: Any = rng) -> Floats:
                return machine.mitigated(method, both, None, SHOTS, int(rng.integers(2**31)))

            score, measured = _machine(split, entries)
            found[f"{method} x{times}"] = [score, _off(measured[upper], gram[upper])]
    return found


def _gram(X: Floats, entries: Callable[[Floats], Floats]) -> Floats:
    """The kernel (N, N) of points with themselves, 1 with themselves, every pair once."""
    rows, columns = np.triu_indices(len(X), 1)
    gram = np.eye(len(X))
    gram[rows, columns] = gram[columns, rows] = entries(np.hstack([X[rows], X[columns]]))
    return gram


def _machine(split: Split, entries: Callable[[Floats], Floats]) -> tuple[float, Floats]:
    """The test accuracy of a support vector machine on a kernel that is measured, and the kernel of its training."""
    gram = _gram(split.X, entries)
    machine = SVC(C=C, kernel="precomputed", max_iter=1_000_000).fit(gram, split.y)
    seen = machine.support_  # the others have no part in the decision
    rows, columns = (place.ravel() for place in np.indices((len(split.X_test), len(seen))))
    looks = np.zeros((len(split.X_test), len(split.X)))
    measured = entries(np.hstack([split.X_test[rows], split.X[seen][columns]]))
    looks[:, seen] = measured.reshape(len(split.X_test), len(seen))
    return accuracy(machine.predict(looks), split.y_test), gram
