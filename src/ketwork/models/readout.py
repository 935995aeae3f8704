"""Readout: what of a circuit's final state a model looks at, as Pauli sums that every backend can measure."""

from collections.abc import Iterable, Sequence
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ketwork.checks import check_int
from ketwork.engine.door import check_observables
from ketwork.operators import PauliSum, pauli

Floats = NDArray[np.floating[Any]]


def z_observables(n_qubits: int, qubits: Sequence[int] | None = None) -> list[PauliSum]:
    """Z on every qubit and ZZ on every neighbouring pair of a ring: what a device reads in one setting.

    qubits: those that are looked at, default all.
    """
    seen = tuple(range(n_qubits)) if qubits is None else tuple(qubits)
    count = len(seen)
    singles = [pauli("Z", q, n_qubits) for q in seen]
    ends = count if count > 2 else count - 1
    return singles + [pauli("ZZ", (seen[k], seen[(k + 1) % count]), n_qubits) for k in range(ends)]


def class_observables(n_qubits: int, count: int, qubits: Sequence[int] | None = None) -> list[PauliSum]:
    """`count` different strings of Z on `qubits` (default: all), those on few qubits first: one a class.

    Raises: ValueError for more than there are, 2^qubits - 1.
    """
    seen = tuple(range(n_qubits)) if qubits is None else tuple(qubits)
    if count > 2 ** len(seen) - 1:
        raise ValueError(
            f"{count} classes need {count} observables, but {len(seen)} qubits have {2 ** len(seen) - 1} strings of Z; "
            "take more qubits."
        )
    strings = (some for size in range(1, len(seen) + 1) for some in combinations(seen, size))
    return [pauli("Z" * len(some), some, n_qubits) for some, _ in zip(strings, range(count), strict=False)]


def own_observables(observables: Any, n_qubits: int, count: int | None = None) -> list[PauliSum]:
    """The user's observables. Raises: ValueError for those of other circuits, or another number than `count`; TypeError
    for anything else."""
    if not isinstance(observables, PauliSum | Iterable):
        raise TypeError(f"Argument `observables` must be a list of PauliSums, but is {observables!r:.60}.")
    sums = check_observables(n_qubits, observables)  # type: ignore[arg-type]
    if count is not None and len(sums) != count:
        raise ValueError(
            f"Argument `observables` must hold {count} observables, one a class or output, but holds {len(sums)}."
        )
    return sums


def qubits_to_tell(classes: int) -> int:
    """How many qubits must be read to tell so many classes: ceil(log2 K)."""
    return max(1, (check_int("classes", classes, 1) - 1).bit_length())


def classes_of_bits(bits: NDArray[Any], classes: int, parity: bool = False) -> NDArray[np.int64]:
    """The class that bits (..., k) which were read stand for: their value, the first bit most significant, modulo the
    number of classes; or with `parity` the number of ones modulo 2."""
    if parity:
        return np.asarray(bits.sum(axis=-1, dtype=np.int64) % 2)
    places = 1 << np.arange(bits.shape[-1])[::-1]
    return np.asarray(bits.astype(np.int64) @ places % classes)


def class_projectors(n_qubits: int, qubits: Sequence[int], classes: int) -> list[PauliSum]:
    """For every class the projector on the outcomes of `qubits` that stand for it: its value is the chance to read it.

    The coefficients of the strings of Z are the Walsh-Hadamard transform of the class's outcomes.
    """
    count = len(qubits)
    outcomes = np.arange(1 << count)
    signs = np.array([[(-1.0) ** int(a & b).bit_count() for b in outcomes.tolist()] for a in outcomes.tolist()])
    letters = []
    for string in outcomes.tolist():
        chosen = {q for k, q in enumerate(qubits) if string >> (count - 1 - k) & 1}
        letters.append("".join("Z" if q in chosen else "I" for q in range(n_qubits)))
    found = []
    for label in range(classes):
        coefficients = (signs @ (outcomes % classes == label) / (1 << count)).tolist()
        found.append(PauliSum(n_qubits, tuple(zip(letters, coefficients, strict=True))))
    return found


def parity_projectors(n_qubits: int, qubits: Sequence[int]) -> list[PauliSum]:
    """The projectors on an even and on an odd number of ones: (1 + Z...Z)/2 and (1 - Z...Z)/2."""
    string = pauli("Z" * len(qubits), tuple(qubits), n_qubits)
    identity = PauliSum.from_dict({"I" * n_qubits: 0.5})
    return [identity + string / 2, identity - string / 2]
