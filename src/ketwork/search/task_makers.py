"""Tasks made of what people have: a Hamiltonian, a state, a unitary, an optimisation problem, samples with labels."""

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ketwork.checks import check_array, check_int, check_real
from ketwork.circuit import Circuit
from ketwork.engine.simulator import Simulator
from ketwork.models.encodings import encode
from ketwork.models.scaling import FeatureScale
from ketwork.models.training import Samples
from ketwork.operators import Molecule, PauliSum, Polynomial, Problem, ground_energy
from ketwork.search.goals import Energy
from ketwork.search.inner import Inner
from ketwork.search.learning_goal import Classification
from ketwork.search.raw_features import Preparation, project
from ketwork.search.setting import Setting
from ketwork.search.tasks import Task
from ketwork.solve.objective import diagonal_values, is_diagonal
from ketwork.solve.vqe import draws

Complexes = NDArray[np.complex128]
CHEMICAL_ACCURACY = 1.6e-3
"""Hartree: 1 kcal/mol."""

_TOLERANCE = 1e-6
_MOST_STATE, _MOST_UNITARY, _MOST_BITS = 8, 4, 20  # qubits: observables have 4^n strings, tables 2^n entries
_USUAL = Setting()


def ground_state(
    subject: Molecule | PauliSum,
    setting: Setting = _USUAL,
    *,
    lowest: float | None = None,
    good: float | None = None,
    prefix: Circuit | None = None,
    name: str = "",
) -> Task:
    """The ground state of a molecule or a Hermitian sum; error: energy above `lowest`, hartree for a molecule.

    lowest: None for the lowest eigenvalue, by Lanczos. A target above it, such as an approximate reference, is taken as
    it is, and errors may then come out below zero; one below it cannot be reached. good: None for chemical accuracy,
    1.6 millihartree, of a molecule. prefix: gates before the searched circuit, such as those of a reference state.
    Raises: ValueError for a target below the true minimum and sums that are not Hermitian.
    """
    is_molecule = isinstance(subject, Molecule)
    hamiltonian = subject.hamiltonian if isinstance(subject, Molecule) else subject
    if not isinstance(hamiltonian, PauliSum):
        raise TypeError(f"Argument `subject` must be a Molecule or a PauliSum, but is {type(subject).__name__}.")
    if not hamiltonian.is_hermitian:
        raise ValueError("Argument `subject` must be Hermitian, but its energies would be complex.")
    true = ground_energy(hamiltonian)
    target = true if lowest is None else check_real("lowest", lowest)
    if target < true - _TOLERANCE * max(1.0, abs(true)):
        raise ValueError(f"Argument `lowest` must not be below the true minimum, {true:.9g}, but is {target:.9g}.")
    reached = CHEMICAL_ACCURACY if good is None and is_molecule else good
    goal = Energy(hamiltonian, target, "hartree" if is_molecule else "", reached, prefix=prefix)
    return setting.task(name or "ground state", goal)


def prepare_state(
    target: Circuit | ArrayLike, setting: Setting = _USUAL, *, good: float | None = 0.01, name: str = ""
) -> Task:
    """A state to prepare from |0...0>; error: infidelity 1 - <target|rho|target>.

    target: (2^n,) amplitudes of norm 1, or a circuit of numbers that prepares it; up to 8 qubits.
    Raises: ValueError for vectors that are no states, and circuits with inputs or weights.
    """
    state = _state(target)
    observable = _one_less(PauliSum.from_matrix(np.outer(state, state.conj())))
    return setting.task(name or "state", Energy(observable, 0.0, good=good))


def prepare_unitary(
    target: Circuit | ArrayLike, setting: Setting = _USUAL, *, good: float | None = 0.01, name: str = ""
) -> Task:
    """A unitary to build; error: 1 - |tr V^dagger U|^2 / 4^n, with noise one less the process fidelity.

    It is the infidelity of the Choi state: the circuit acts on one half of n pairs in a Bell state, of which the other
    half, a reference without noise, has been through the target. target: (2^n, 2^n), or a circuit of numbers; up to 4
    qubits.
    Raises: ValueError for matrices that are not unitary, and circuits with inputs or weights.
    Source: Jamiolkowski, Rep. Math. Phys. 3 (1972) 275; Nielsen, quant-ph/0205035.
    """
    matrix = _unitary(target)
    n = len(matrix).bit_length() - 1
    # (U x 1) on (1 x V^*)|Bell> and <Bell| are tr(U V^dagger) / 2^n
    choi = matrix.conj().T.ravel() / np.sqrt(len(matrix))
    bell: PauliSum | None = None
    for k in range(n):
        strings = {"II": 0.25, "XX": 0.25, "YY": -0.25, "ZZ": 0.25}
        pair = PauliSum.from_dict(strings).placed((k, n + k), 2 * n)
        bell = pair if bell is None else bell @ pair
    assert bell is not None
    prefix = Circuit(2 * n).prepare(tuple(range(2 * n)), choi)
    goal = Energy(_one_less(bell), 0.0, good=good, prefix=prefix, reference=n)
    return setting.task(name or "unitary", goal)


def combinatorial(
    problem: Problem | Polynomial | PauliSum,
    setting: Setting = _USUAL,
    *,
    good: float | None = 0.01,
    name: str = "",
) -> Task:
    """An optimisation problem, a polynomial of bits to be minimised, or a sum of strings of Z.

    error: (E - E_best) / (E_worst - E_best) of the mean energy E over what would be read, the penalties of constraints
    in it: 0 for the best, 1 for the worst; for MaxCut without negative weights one less the approximation ratio.
    Raises: ValueError for sums with other letters than Z, more than 20 qubits, and where all strings are alike.
    """
    made = problem.ising() if isinstance(problem, Problem | Polynomial) else problem
    if not isinstance(made, PauliSum):
        raise TypeError(f"Argument `problem` must be a Problem, Polynomial or PauliSum, but is {problem!r:.60}.")
    check_int("n_qubits", made.n_qubits, 1, _MOST_BITS)
    if not made.is_hermitian or not is_diagonal(made):
        raise ValueError("Argument `problem` must be real and of strings of I and Z alone.")
    energies = diagonal_values(made)
    best, worst = float(energies.min()), float(energies.max())
    if worst - best <= 1e-12 * max(1.0, abs(best)):
        raise ValueError("Argument `problem` has the same value for all strings: there is nothing to find.")
    return setting.task(name or "problem", Energy(made, best, good=good, scale=worst - best))


def classify(
    X: ArrayLike,
    y: ArrayLike,
    setting: Setting = _USUAL,
    *,
    encoding: str = "angle",
    n_qubits: int | None = None,
    n_features: int | None = None,
    shares: tuple[float, float] = (0.25, 0.25),
    batch: int | None = 32,
    scale: float | None = None,
    name: str = "",
    seed: int = 0,
    **goal: Any,
) -> Task:
    """Data to classify: features X (N, F), labels y (N,), as a `Classification` after a fixed encoding.

    encoding: a name of `models.encodings.ENCODINGS` that has no weights. n_qubits: None for as many as the classes, at
    least 4 and at most the features. n_features: where the data have more, so many principal components of the training
    data take their place; None for all features as they are. shares: of the validation and of the test data, drawn by
    `seed`, every class its share. scale: of the angles that standardised features become; None for one over how many
    features a qubit takes, at most 1: more of them would turn it too far. goal: fields of `Classification`. Where the
    setting does not say how, angles are found by Adam in batches, or by Adam-SPSA where values are drawn. What prepares
    features is kept as the goal's `prepared`.
    Raises: ValueError for features that are not finite, one class alone, too few samples of a class.
    """
    features, labels, classes = _data(X, y)
    held = [check_real("shares", share, 0.01, 0.45) for share in shares]
    rest, test = _parted(np.arange(len(labels)), labels, held[1], seed)
    train, validation = _parted(rest, labels, held[0], seed + 1)
    components = offset = None
    if n_features is not None and n_features < features.shape[1]:
        components, offset = _components(features[train], n_features)
    reduced = project(features, components, offset)
    width = reduced.shape[1]
    n = min(width, max(4, len(classes))) if n_qubits is None else n_qubits
    made = encode(encoding, width, n)
    usual = min(1.0, n / width) if scale is None else check_real("scale", scale, 0.0)
    scaled = FeatureScale.of(reduced[train], usual, span=made.span)
    prepared = Preparation(made, scaled, classes, components, offset)
    inputs = prepared.inputs(features)
    parts = [Samples(inputs[rows], labels[rows]) for rows in (train, validation, test)]
    size = None if batch is None else min(check_int("batch", batch, 1), len(train))
    after = Classification(
        made.circuit, parts[0], parts[1], len(classes), parts[2], batch=size, seed=seed, prepared=prepared, **goal
    )
    task = setting.task(name or "data", after)
    if setting.inner is not None or size is None or draws(task.backend):
        return task
    return replace(task, inner=Inner("adam", setting.steps, options={"learning_rate": 0.1}))


# ---------------------------------------------------------------------- the door
def _one_less(projector: PauliSum) -> PauliSum:
    return (PauliSum.from_dict({"I" * projector.n_qubits: 1.0}) - projector).chop()


def _state(target: Circuit | ArrayLike) -> Complexes:
    if isinstance(target, Circuit):
        _check_closed(target, _MOST_STATE)
        return np.asarray(Simulator("double").state(target)[0], np.complex128)
    state = check_array("target", target, 1, dtype=np.complex128)
    if len(state) < 2 or len(state) & (len(state) - 1):
        raise ValueError(f"Argument `target` must have 2^n amplitudes, but has {len(state)}.")
    norm = float(np.linalg.norm(state))
    if abs(norm - 1) > _TOLERANCE:
        raise ValueError(f"Argument `target` must have norm 1, but has {norm:.6g}. Divide it by its norm.")
    check_int("qubits of target", len(state).bit_length() - 1, 1, _MOST_STATE)
    return np.asarray(state / norm, np.complex128)


def _unitary(target: Circuit | ArrayLike) -> Complexes:
    if isinstance(target, Circuit):
        _check_closed(target, _MOST_UNITARY)
        return target.matrix()
    matrix: Complexes = check_array("target", target, 2, dtype=np.complex128)
    size = len(matrix)
    if matrix.shape != (size, size) or size < 2 or size & (size - 1):
        raise ValueError(f"Argument `target` must be 2^n x 2^n, but has the shape {matrix.shape}.")
    check_int("qubits of target", size.bit_length() - 1, 1, _MOST_UNITARY)
    gap = float(np.abs(matrix.conj().T @ matrix - np.eye(size)).max())
    if gap > _TOLERANCE:
        raise ValueError(f"Argument `target` must be unitary, but its columns are off by {gap:.3g}.")
    return matrix


def _check_closed(circuit: Circuit, most: int) -> None:
    check_int("qubits of target", circuit.n_qubits, 1, most)
    if circuit.n_inputs or circuit.n_weights:
        raise ValueError("Argument `target` must be a circuit of numbers, but has inputs or weights: bind them first.")


def _data(X: ArrayLike, y: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[Any]]:
    """Features, numbers of classes, and the classes."""
    features = check_array("X", X, 2)
    given = np.asarray(y)
    if given.shape != (len(features),):
        raise ValueError(f"Argument `y` must have a label for each of {len(features)} samples, but is {given.shape}.")
    classes, labels = np.unique(given, return_inverse=True)
    if len(classes) < 2:
        raise ValueError(f"Argument `y` must hold at least two classes, but all are {given[:1].tolist()}.")
    return features, labels, classes


def _parted(
    rows: NDArray[np.int64], labels: NDArray[np.int64], share: float, seed: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The rows in two parts, the second that share of all samples, with every class its part in both.

    Raises: ValueError where samples are too few for it.
    """
    from sklearn.model_selection import train_test_split

    count = round(share * len(labels))
    kept, held = train_test_split(rows, test_size=count, stratify=labels[rows], random_state=seed)
    return np.sort(kept), np.sort(held)


def _components(X: NDArray[np.float64], count: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The first principal components (count, F) of X, and what they are of its mean."""
    from sklearn.decomposition import PCA

    check_int("n_features", count, 1, min(X.shape))
    found = PCA(count, svd_solver="full").fit(X)
    return np.asarray(found.components_), np.asarray(found.components_ @ found.mean_)
