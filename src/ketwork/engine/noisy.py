"""Noisy evaluation: which method, what it costs, and readout errors around what the methods compute."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ketwork.checks import check_array
from ketwork.circuit.circuit import Circuit
from ketwork.engine.batch import Gradient, available_bytes
from ketwork.engine.paulitransfer import NoisyBatch
from ketwork.engine.polynomials import Floats
from ketwork.engine.transfer_layout import rows_of_everything, rows_of_parities, rows_of_sums
from ketwork.engine.transfer_program import lower_noisy
from ketwork.engine.warm import ensure_compiled
from ketwork.noise.confusion import Confusion, confuse, seen, seen_slopes, with_partners
from ketwork.noise.model import NoiseModel
from ketwork.noise.rule import Placed
from ketwork.noise.transfer import pauli_stack
from ketwork.operators.pauli import PauliSum

METHODS = ("auto", "statevector", "paulitransfer", "trajectories", "stabilizer")
"""The names of the methods; "statevector" knows no noise but that of the readout."""

EXACT_QUBITS, EXACT_QUBITS_ALONE = 8, 12  # of registers in batches, and of single ones
_FEW = 4  # so many samples count as single ones
_RATE = 4e9  # Pauli components a second and core that a pass takes, roughly; for estimates only

Pullback = Callable[[Any], Gradient]


@dataclass(frozen=True)
class Choice:
    """What a simulator will do. method: one of METHODS. reason: why. bytes: how much memory the states at work take,
    seconds: a rough estimate of the time for values (a gradient takes about four times as long)."""

    method: str
    reason: str
    bytes: int
    seconds: float

    def __str__(self) -> str:
        size = f"{self.bytes / 2**20:.3g} MiB"
        return f"{self.method}: {self.reason}; about {size} of states, {self.seconds:.2g} s for the values"


def choose(circuit: Circuit, noise: NoiseModel | None, method: str, batch: int, dtype: Any, count: int) -> Choice:
    """Decide how a circuit is run.

    "auto" takes the exact Pauli-transfer method up to 8 qubits, or 12 for a few samples when the states fit in the
    memory that is free, and `count` trajectories beyond. Raises: ValueError when the method cannot do it, or the noise
    model does not fit the circuit.
    """
    n, item = circuit.n_qubits, np.dtype(dtype).itemsize
    if noise is not None:
        noise.check_fits(circuit)
    quiet = noise is None or not (noise.rules or noise.waiting)
    gates = len(circuit.gates) + (0 if quiet or noise is None else _channels(circuit, noise))
    alone = batch <= _FEW
    exact_bytes = 4 * 4**n * item * (1 if alone else 16)
    exact = 4.0**n * batch * gates / _RATE
    pure = 2.0**n * batch * gates / _RATE
    if method == "statevector" and not quiet:
        raise ValueError("Argument `method` must not be 'statevector': the noise model has channels. Use 'auto'.")
    if method == "statevector" or (method == "auto" and quiet):
        return Choice("statevector", "no channels, only pure states", 2 * 2**n * item * min(batch, 16), pure)
    if method == "stabilizer":
        return Choice("stabilizer", "as asked for", 0, 1e-6 * gates * n)
    if method == "paulitransfer":
        return Choice("paulitransfer", "as asked for", exact_bytes, exact)
    fits = n <= EXACT_QUBITS or (n <= EXACT_QUBITS_ALONE and alone and exact_bytes < available_bytes() // 2)
    if method == "auto" and fits:
        return Choice("paulitransfer", f"exact, {n} qubits are few enough", exact_bytes, exact)
    reason = "as asked for" if method == "trajectories" else f"{n} qubits are too many for exact density matrices here"
    return Choice("trajectories", f"{reason}; {count} trajectories", 4 * 2**n * item, 4 * pure * count)


def _channels(circuit: Circuit, noise: NoiseModel) -> int:
    """How many channels act in a circuit; the last answer is kept with it, since every call asks."""
    kept: Any = circuit._memo.get("channels")
    if kept is None or (kept[0] is not noise and kept[0] != noise):
        count = sum(isinstance(event, Placed) for event in noise.events(circuit))
        kept = circuit._memo["channels"] = (noise, count)
    found: int = kept[1]
    return found


def expectation(
    circuit: Circuit, noise: NoiseModel, sums: list[PauliSum], slots: tuple[Floats, Floats], run: tuple[Any, int]
) -> Floats:
    """Exact noisy expectation values (B, M) as read. slots: inputs and weights. run: dtype, threads."""
    batch = _batch(circuit, noise, slots, run, False)
    observed = sums_as_read(sums, noise, circuit)
    return batch(lambda order: rows_of_sums(observed, order)).values()


def value_and_pullback(
    circuit: Circuit,
    noise: NoiseModel,
    sums: list[PauliSum],
    slots: tuple[Floats, Floats],
    run: tuple[Any, int],
    by_strength: bool,
) -> tuple[Floats, Pullback]:
    """The same values, and a function from their cotangents to a `Gradient` (by noise strengths too if asked for)."""
    n = circuit.n_qubits
    observed = sums_as_read(sums, noise, circuit)
    slopes = _readout_slopes(sums, noise, n) if by_strength else []
    together = [*observed, *(s for _, group in slopes for s in group)]
    batch = _batch(circuit, noise, slots, run, by_strength)(lambda order: rows_of_sums(together, order))
    values = batch.values(gradient=True)
    m = len(observed)

    def pull_back(cotangent: Any) -> Gradient:
        given = check_cotangent(cotangent, (len(values), m))
        gradient = batch.pull_back(np.pad(given, ((0, 0), (0, values.shape[1] - m))), by_strength)
        if gradient.noise is not None:
            for k, (strength, _) in enumerate(slopes):
                gradient.noise[strength] += float((given * values[:, m * (k + 1) : m * (k + 2)]).sum())
        return gradient

    return values[:, :m], pull_back


def probabilities_and_pullback(
    circuit: Circuit,
    noise: NoiseModel,
    qubits: tuple[int, ...],
    slots: tuple[Floats, Floats],
    run: tuple[Any, int],
    gradient: bool = True,
) -> tuple[Floats, Pullback]:
    """Exact noisy probabilities (B, 2^k) of what is read from some qubits, and their pullback to inputs and weights."""
    confusions = noise.confusions(circuit.n_qubits)
    read = with_partners(qubits, confusions)
    batch = _batch(circuit, noise, slots, run, False)(lambda order: rows_of_parities(read, order))
    parities = batch.values(gradient)
    size = parities.shape[1]
    values, true_cotangent = as_read(walsh_rows(parities) / size, confusions, qubits)
    return values, lambda cotangent: batch.pull_back(walsh_rows(true_cotangent(cotangent)) / size)


def as_read(
    true: Floats, confusions: Sequence[Confusion], qubits: tuple[int, ...]
) -> tuple[Floats, Callable[[Any], Floats]]:
    """What is read from some qubits (B, 2^k) when the outcomes of `with_partners` of them have these distributions,
    and the way of a cotangent back to that of the distributions. All of a register is read, and some of it looked at:
    qubits that share an error with these count too."""
    read = with_partners(qubits, confusions)
    values = confuse(true, confusions, read).reshape(len(true), 1 << len(qubits), -1).sum(axis=2).astype(true.dtype)

    def back(cotangent: Any) -> Floats:
        given = check_cotangent(cotangent, values.shape)
        wide = np.repeat(given, true.shape[1] // values.shape[1], axis=1)
        return confuse(wide, confusions, read, transposed=True)

    return values, back


def density_matrices(circuit: Circuit, noise: NoiseModel, slots: tuple[Floats, Floats], run: tuple[Any, int]) -> Any:
    """(B, 2^n, 2^n) density matrices, without readout errors; qubit 0 most significant."""
    n = circuit.n_qubits
    tensor = pauli_vectors(circuit, noise, slots, run).reshape((-1,) + (4,) * n).astype(complex)
    paulis = pauli_stack(1) / 2
    for _ in range(n):  # every digit, from the front, becomes a row and a column at the end
        tensor = np.tensordot(tensor, paulis, axes=([1], [0]))
    order = [0, *range(1, 2 * n, 2), *range(2, 2 * n + 1, 2)]
    return tensor.transpose(order).reshape(-1, 2**n, 2**n)


def pauli_vectors(circuit: Circuit, noise: NoiseModel, slots: tuple[Floats, Floats], run: tuple[Any, int]) -> Floats:
    """(B, 4^n) expectation values of all Pauli strings in the noisy state, qubit 0 most significant."""
    return _batch(circuit, noise, slots, run, False)(rows_of_everything).values()


def walsh_rows(values: Floats) -> Floats:
    """The Walsh-Hadamard transform of every row (B, 2^k)."""
    result = np.array(values)
    half = 1
    while half < result.shape[1]:
        pairs = result.reshape(len(result), -1, 2, half)
        result = np.stack([pairs[:, :, 0] + pairs[:, :, 1], pairs[:, :, 0] - pairs[:, :, 1]], axis=2)
        result = result.reshape(len(values), -1)
        half *= 2
    return result


def check_cotangent(cotangent: Any, shape: tuple[int, ...]) -> Floats:
    """A cotangent of values of a shape. Raises: ValueError for other shapes."""
    given = check_array("cotangent", cotangent, 2)
    if given.shape != shape:
        raise ValueError(f"Argument `cotangent` must have shape {shape}, but has {given.shape}.")
    return given


def _batch(
    circuit: Circuit, noise: NoiseModel, slots: tuple[Floats, Floats], run: tuple[Any, int], by_strength: bool
) -> Callable[[Any], NoisyBatch]:
    ensure_compiled("noisy")
    program = lower_noisy(circuit, noise, by_strength)
    return lambda observe: NoisyBatch(program, observe, *slots, *run)


def sums_as_read(sums: list[PauliSum], noise: NoiseModel, circuit: Circuit) -> list[PauliSum]:
    """Observables of a circuit's register through the errors of its readout; the last answer is kept with the circuit,
    since the errors of many strings take longer than a small circuit itself."""
    confusions = noise.confusions(circuit.n_qubits)
    if not confusions:
        return sums
    kept: Any = circuit._memo.get("as read")
    if kept is None or kept[0] is not sums or kept[1] != confusions:
        kept = circuit._memo["as read"] = (sums, confusions, [seen(s, confusions) for s in sums])
    found: list[PauliSum] = kept[2]
    return found


def _readout_slopes(sums: Sequence[PauliSum], noise: NoiseModel, n_qubits: int) -> list[tuple[int, list[PauliSum]]]:
    """(strength, derivatives of the observables by it), a pair for both errors of every qubit with an error."""
    confusions, found = noise.confusions(n_qubits), []
    for qubit, strengths in noise.readout_strengths(n_qubits).items():
        slopes = [seen_slopes(s, confusions, qubit) for s in sums]
        found += [(strength, [pair[k] for pair in slopes]) for k, strength in enumerate(strengths)]
    return found
