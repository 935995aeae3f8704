"""Kernels as values: what two samples' states have in common, as a number, as a matrix, and with its gradient."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.linalg.blas import zherk

from ketwork import seeds
from ketwork.checks import check_array, check_int
from ketwork.circuit import Circuit
from ketwork.engine.batch import Gradient
from ketwork.engine.door import check_circuit
from ketwork.engine.simulator import Simulator
from ketwork.models.gram import Floats, Progress, check_memory, fill, new_matrix, tile_side

Pullback = Callable[[Any], Gradient]
_BITS = 1 << 26  # so many are read from a backend at once


class Kernel(Protocol):
    """What the estimators ask of a kernel."""

    @property
    def circuit(self) -> Circuit:
        """The encoding."""
        ...

    @property
    def weights(self) -> Any:
        """Its weights (P,), or None."""
        ...

    @property
    def width(self) -> int:
        """R, how many numbers are known of a sample."""
        ...

    def circuits(self, a: int, b: int | None = None) -> int:
        """How many circuits a device would run for a matrix of a samples with b others, or with themselves."""
        ...

    def rows(self, inputs: Any) -> Floats:
        """What has to be known of samples, (A, R), for inputs (A, n_inputs): what takes a circuit a sample."""
        ...

    def between(
        self, a: Floats, b: Floats | None = None, *, memory: Any = None, progress: Any = None, out: Any = None
    ) -> Floats:
        """The kernel (A, B) of what `rows` gave for samples a and b; b None for a itself.

        memory: bytes that the work may take besides the matrix (default 1 GiB); more is done tile by tile, with equal
        results. progress: called with (entries done, entries in all). out: an array to write to, such as a
        numpy.memmap.
        """
        ...

    def gram(self, a: Any, b: Any = None, **options: Any) -> Floats:
        """The kernel (A, B) between inputs a (A, n_inputs) and b (B, n_inputs); b None for a itself. options: those of
        `between`."""
        ...

    def value_and_pullback(self, a: Any) -> tuple[Floats, Pullback]:
        """The kernel (A, A) of inputs with themselves, and a function from its cotangents (A, A) to a `Gradient`."""
        ...


# ---------------------------------------------------------------------- fidelity
@dataclass(frozen=True)
class FidelityKernel:
    """|<psi(a)|psi(b)>|^2 of the states that a circuit makes of inputs a and b.

    circuit: the encoding. weights (P,): of the circuit, where it has any.
    backend: None for an ideal `Simulator`. Simulators without shots make every state once: the matrix is a product of
    states. A noisy Simulator's kernel is Tr(rho_a rho_b), that of a perfect swap test. Any other Backend, a Simulator
    with shots too, runs U(a) and then U(b) undone, one circuit a pair, and the kernel is the share of the shots that
    read all qubits as 0; a sample with itself counts as 1.
    shots: of each such circuit, where the backend has no number of its own. max_circuits: refuse to run more for one
    matrix; None for no limit. seed: of the shots.

    Source: Havlicek et al., arXiv:1804.11326; Schuld and Killoran, arXiv:1803.07128.
    """

    circuit: Circuit
    weights: Any = None
    backend: Any = None
    shots: int = 1024
    max_circuits: int | None = None
    seed: Any = None

    def __post_init__(self) -> None:
        check_parts(self)
        check_int("shots", self.shots, 1)

    @property
    def _simulator(self) -> Any:
        return Simulator() if self.backend is None else self.backend

    @property
    def _from_states(self) -> bool:
        simulator = self._simulator
        return isinstance(simulator, Simulator) and simulator.shots is None

    def circuits(self, a: int, b: int | None = None) -> int:
        """How many circuits a device would run for a matrix of a samples with b others, or with themselves."""
        return a * (a - 1) // 2 if b is None else a * b

    def gram(self, a: Any, b: Any = None, **options: Any) -> Floats:
        """The kernel (A, B) between inputs; see `Kernel`."""
        return self.between(self.rows(a), None if b is None else check_inputs(self.circuit, b, "b"), **options)

    @property
    def width(self) -> int:
        """The columns of `rows`: inputs of the circuit."""
        return self.circuit.n_inputs

    def rows(self, inputs: Any) -> Floats:
        """The inputs themselves (A, n_inputs), checked."""
        return check_inputs(self.circuit, inputs, "a")

    def between(
        self, a: Floats, b: Floats | None = None, *, memory: Any = None, progress: Any = None, out: Any = None
    ) -> Floats:
        """The kernel (A, B) of checked inputs; see `Kernel`."""
        limit, symmetric = check_memory(memory), b is None
        b = a if b is None else b
        if not self._from_states:
            self._refuse_too_many(len(a), None if symmetric else len(b))
            return self._from_pairs(a, b, symmetric, limit, progress, new_matrix(len(a), len(b), out))
        matrix = new_matrix(len(a), len(b), out)
        if self._simulator.plan(self.circuit, len(a)).method != "statevector":
            side = tile_side(limit, 24 * 4**self.circuit.n_qubits, 16)
            return fill(matrix, side, symmetric, lambda i, j: self._noisy(a[i], b[j]), progress)
        side = tile_side(limit, 40 * 2**self.circuit.n_qubits, 32)
        left: dict[int, Any] = {}  # the states of the present row of tiles

        def tile(here: slice, there: slice) -> Floats:
            if here.start not in left:
                left.clear()
                left[here.start] = self._states(a[here])
            if symmetric and here == there:
                return _squared_of_itself(left[here.start])
            found = left[here.start].conj() @ self._states(b[there]).T
            return np.asarray(found.real**2 + found.imag**2)

        return fill(matrix, side, symmetric, tile, progress)

    def _states(self, inputs: Floats) -> NDArray[np.complexfloating[Any]]:
        """States (A, 2^n); the products are summed in double precision, so that a tile's size changes nothing."""
        return np.asarray(self._simulator.state(self.circuit, inputs, self.weights), np.complex128)

    def _noisy(self, a: Floats, b: Floats) -> Floats:
        return np.asarray(self._simulator.overlap(self.circuit, a, b, self.weights), np.float64)

    # ------------------------------------------------------------------ from pairs of circuits
    def _refuse_too_many(self, a: int, b: int | None) -> None:
        circuits = self.circuits(a, b)
        if self.max_circuits is not None and circuits > self.max_circuits:
            raise ValueError(
                f"This kernel takes {circuits:,} circuits, one a pair of samples, but `max_circuits` is "
                f"{self.max_circuits:,}. Take fewer samples, or raise it (None: no limit)."
            )

    def _from_pairs(
        self, a: Floats, b: Floats, symmetric: bool, limit: int, progress: Progress | None, matrix: Floats
    ) -> Floats:
        rng, pair = seeds.generator(self.seed), self.circuit + self.circuit.inverse().shift(inputs=a.shape[1])

        def tile(here: slice, there: slice) -> Floats:
            if symmetric and here == there:
                part = np.eye(here.stop - here.start)
                rows, columns = np.triu_indices(len(part), 1)
                found = self._all_zeros(pair, a[here][rows], a[there][columns], rng)
                part[rows, columns] = part[columns, rows] = found
                return part
            shape = here.stop - here.start, there.stop - there.start
            rows, columns = (place.ravel() for place in np.indices(shape))
            return self._all_zeros(pair, a[here][rows], b[there][columns], rng).reshape(shape)

        side = max(tile_side(limit, 1, 16 * pair.n_inputs + 32), 1)
        return fill(matrix, side, symmetric, tile, progress)

    def _all_zeros(self, pair: Circuit, a: Floats, b: Floats, rng: np.random.Generator) -> Floats:
        """How often (N,) all qubits are read as 0 after U(a) and then U(b) undone, one circuit a pair."""
        shots = getattr(self.backend, "shots", None) or self.shots
        step = max(1, _BITS // (shots * pair.n_qubits))
        found = []
        for first in range(0, len(a), step):
            inputs = np.hstack([a[first : first + step], b[first : first + step]])
            seed = int(rng.integers(2**63))
            bits = self.backend.sample(pair, inputs, self.weights, shots=shots, seed=seed)
            found.append(1.0 - bits.any(axis=2).mean(axis=1))
        return np.concatenate(found) if found else np.zeros(0)

    # ------------------------------------------------------------------ gradient
    def value_and_pullback(self, a: Any) -> tuple[Floats, Pullback]:
        """The kernel (A, A) of inputs with themselves, and a function from its cotangents (A, A) to a `Gradient`.

        An ideal simulator's kernel only. With G the cotangent, the state of sample a has the co-state
        l_a = sum_b (G_ab + G_ba) <psi_b|psi_a> psi_b, and the change of the loss is 2 Re <l_a|d psi_a>. Whatever of
        l_a is along psi_a has no part in it. So |<c|psi_a>|^2 with c = psi_a + l_a' / |l_a'| over sqrt(2), l_a' being
        the rest, changes by that over 2 |l_a'|: the chance to find all zeros when c is put through the circuit undone,
        one sweep back a sample.
        Raises: ValueError where the backend is not an ideal simulator.
        """
        a = check_inputs(self.circuit, a, "a")
        if not self._from_states or self._simulator.plan(self.circuit, len(a)).method != "statevector":
            raise ValueError(
                "The fidelity kernel has a gradient on an ideal Simulator alone; train with optimizer='spsa' here."
            )
        states = self._states(a)
        overlaps = states.conj() @ states.T

        def pull_back(cotangent: Any) -> Gradient:
            given = check_cotangent(cotangent, len(a))
            costates = ((given + given.T) * overlaps.T) @ states
            rest = costates - (states.conj() * costates).sum(axis=1)[:, None] * states
            size = np.linalg.norm(rest, axis=1)
            turned = states + rest / np.where(size > 0, size, 1.0)[:, None]
            turned /= np.linalg.norm(turned, axis=1)[:, None]
            undone = self.circuit.inverse()
            _, back = self._simulator.probabilities_and_pullback(undone, a, self.weights, initial=turned)
            by_zeros = np.zeros((len(a), 2**undone.n_qubits))
            by_zeros[:, 0] = 2 * size
            found = back(by_zeros)
            return Gradient(np.asarray(found.x), np.asarray(found.w))

        return overlaps.real**2 + overlaps.imag**2, pull_back


def _squared_of_itself(states: NDArray[np.complexfloating[Any]]) -> Floats:
    """|<a|b>|^2 (A, A) of states (A, 2^n) with themselves, every pair once."""
    product = zherk(1.0, states.T, trans=2).T  # in rows: the lower triangle is filled, the rest is 0
    found = product.real**2 + product.imag**2
    above = np.triu_indices(len(found), 1)
    found[above] = found.T[above]
    return np.asarray(found)


# ---------------------------------------------------------------------- doors
def check_parts(kernel: Any) -> None:
    """Check what all kernels have: circuit, weights, backend, max_circuits."""
    check_circuit(kernel.circuit)
    count = kernel.circuit.n_weights
    if kernel.weights is None and count:
        raise ValueError(f"Argument `weights` is missing: the circuit has {count} weights.")
    if kernel.weights is not None and check_array("weights", kernel.weights, 1).shape != (count,):
        raise ValueError(f"Argument `weights` must have shape ({count},), but has {np.shape(kernel.weights)}.")
    if kernel.max_circuits is not None:
        check_int("max_circuits", kernel.max_circuits, 1)


def check_inputs(circuit: Circuit, value: Any, name: str) -> Floats:
    """Inputs (A, n_inputs) of a circuit, at least one row, all finite."""
    array = check_array(name, value, 2)
    if array.shape[1] != circuit.n_inputs:
        raise ValueError(f"Argument `{name}` must have {circuit.n_inputs} columns, but has shape {array.shape}.")
    if not len(array):
        raise ValueError(f"Argument `{name}` must hold at least one sample, but has none.")
    return array


def check_cotangent(cotangent: Any, count: int) -> Floats:
    """A cotangent (A, A) of a kernel matrix."""
    given = check_array("cotangent", cotangent, 2)
    if given.shape != (count, count):
        raise ValueError(f"Argument `cotangent` must have shape {(count, count)}, but has {given.shape}.")
    return given


def with_weights(kernel: Any, weights: Any) -> Any:
    """The same kernel with other weights (P,)."""
    return replace(kernel, weights=weights)
