"""The door of the engine: circuits, slots, observables, qubits and states to start from, checked and converted."""

import operator
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ketwork.checks import check_array, check_int
from ketwork.circuit.circuit import Circuit
from ketwork.engine.batch import one_layout
from ketwork.engine.polynomials import Floats
from ketwork.engine.warm import ensure_compiled
from ketwork.operators.pauli import PauliSum, hermitian

Observable = PauliSum | tuple[Any, Sequence[int]]
"""A Pauli sum over the circuit's qubits, or a Hermitian 2x2 or 4x4 matrix with the qubits it acts on."""
NORM_TOLERANCE = 1e-5
"""How far the norm of a state to start from may be from 1: what single precision makes of a large one, and no more."""
_SHORT = 64


def check_circuit(circuit: Any) -> None:
    """Raise a TypeError when something is no circuit."""
    if not isinstance(circuit, Circuit):
        raise TypeError(f"Argument `circuit` must be a Circuit, but is {type(circuit).__name__}.")


def check_slots(circuit: Circuit, x: Any, w: Any, name_of_x: str = "x") -> tuple[Floats, Floats]:
    """The circuit's inputs as (B, n_inputs) and weights as (n_weights,), checked; the kernels are ready after it."""
    check_circuit(circuit)
    arrays = []
    for name, value, wanted, ndim in ((name_of_x, x, circuit.n_inputs, 2), ("w", w, circuit.n_weights, 1)):
        noun = "inputs" if ndim == 2 else "weights"
        if value is None:
            if wanted:
                raise ValueError(f"Argument `{name}` is missing: the circuit has {wanted} {noun}.")
            value = np.zeros((1, 0) if ndim == 2 else 0)
        array = check_array(name, value, ndim)
        if array.shape[-1] != wanted:
            raise ValueError(
                f"Argument `{name}` must have {wanted} {noun} in its last axis, as the circuit has, "
                f"but has shape {array.shape}."
            )
        arrays.append(one_layout(array))
    if len(arrays[0]) == 0:
        raise ValueError(f"Argument `{name_of_x}` must hold at least one sample, but has none.")
    ensure_compiled()
    return arrays[0], arrays[1]


def observed_sums(circuit: Circuit, observables: Observable | Sequence[Observable]) -> list[PauliSum]:
    """Observables of a circuit's register as Hermitian Pauli sums; those of the last call are known again."""
    given: Any = (observables,) if isinstance(observables, PauliSum) else observables
    known = isinstance(given, tuple | list) and all(isinstance(one, PauliSum) for one in given)
    kept = circuit._memo.get("observables")
    if known and kept is not None and len(kept) == len(given) and all(map(operator.is_, kept, given)):
        return kept  # type: ignore[no-any-return]
    sums = check_observables(circuit.n_qubits, observables)
    if known:
        circuit._memo["observables"] = sums
    return sums


def check_observables(n_qubits: int, observables: Observable | Sequence[Observable]) -> list[PauliSum]:
    """Observables of a register as Hermitian Pauli sums."""
    single = isinstance(observables, PauliSum) or (
        isinstance(observables, tuple) and len(observables) == 2 and _are_qubits(observables[1])
    )
    listed: Any = [observables] if single else list(observables)  # type: ignore[arg-type]
    if not listed:
        raise ValueError("Argument `observables` must hold at least one observable, but is empty.")
    sums = []
    for k, observable in enumerate(listed):
        if isinstance(observable, tuple):
            observable = hermitian(observable[0], observable[1], n_qubits)
        if not isinstance(observable, PauliSum):
            raise TypeError(
                f"Argument `observables` must hold PauliSums or (matrix, qubits) pairs, but item {k} is "
                f"{type(observable).__name__}."
            )
        if observable.n_qubits != n_qubits:
            raise ValueError(
                f"Argument `observables` must act on the circuit's {n_qubits} qubits, but item {k} acts on "
                f"{observable.n_qubits}."
            )
        if not observable.is_hermitian:
            raise ValueError(f"Argument `observables` must be Hermitian, but item {k} has complex coefficients.")
        sums.append(observable)
    return sums


def _are_qubits(value: Any) -> bool:
    return all(isinstance(q, int | np.integer) for q in (value if isinstance(value, Iterable) else [value]))


def check_qubits(n_qubits: int, qubits: Sequence[int] | None) -> tuple[int, ...]:
    """A choice of different qubits of a register; None means all of them."""
    if qubits is None:
        return tuple(range(n_qubits))
    listed = qubits if isinstance(qubits, Iterable) else [qubits]
    chosen = tuple(check_int("qubits", q, 0, n_qubits - 1) for q in listed)
    if not chosen or len(set(chosen)) < len(chosen):
        raise ValueError(f"Argument `qubits` must name different qubits, at least one, but is {chosen}.")
    return chosen


def check_initial(circuit: Circuit, x: Floats, initial: Any) -> tuple[Floats, NDArray[Any]]:
    """Inputs (B, n_inputs) and the states (B, 2^n), or one for all (1, 2^n), that their circuits start from.

    Real states stay real, and single precision stays single. A circuit without inputs is run once a state.
    Raises: ValueError for what is no state of the register, and for circuits that prepare states of their own.
    """
    if any(gate.name == "prepare" for gate in circuit.gates):
        raise ValueError("Argument `initial` must be None: the circuit prepares a state itself (`prepare`).")
    try:
        raw = np.asarray(initial)
    except ValueError:  # rows of different lengths
        raw = check_array("initial", initial, 2)
    real = not np.iscomplexobj(raw)
    small = raw.dtype in (np.float16, np.float32, np.complex64)
    dtype = (np.float32 if small else np.float64) if real else (np.complex64 if small else np.complex128)
    states = one_layout(check_array("initial", raw[None] if raw.ndim == 1 else raw, 2, dtype=dtype))
    size = 1 << circuit.n_qubits
    if states.shape[1] != size:
        raise ValueError(
            f"Argument `initial` must hold {size} amplitudes in its last axis, as {circuit.n_qubits} qubits have, "
            f"but has shape {raw.shape}."
        )
    if circuit.n_inputs == 0 and len(x) == 1:
        x = np.zeros((len(states), 0))
    if len(states) not in (1, len(x)):
        raise ValueError(
            f"Argument `initial` must hold one state, or one for each of the {len(x)} samples, but holds {len(states)}."
        )
    parts: Any = states.view(np.float32 if small else np.float64)
    short = size <= _SHORT  # a sum that single precision is enough for, and that is slow for NumPy's reductions
    norms = np.sqrt(np.einsum("bi,bi->b", parts, parts) if short else np.square(parts).sum(axis=1, dtype=np.float64))
    far = np.flatnonzero(np.abs(norms - 1) > NORM_TOLERANCE)
    if len(far):
        raise ValueError(
            f"Argument `initial` must hold states of norm 1, but state {far[0]} has norm {norms[far[0]]:.6g}. "
            "Divide each by its norm."
        )
    return x, states
