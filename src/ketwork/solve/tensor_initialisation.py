"""Starts of variational circuits: from a matrix product state that is found classically, at random, next to nothing."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ketwork.checks import check_array, check_int, check_real
from ketwork.circuit import Circuit
from ketwork.operators.pauli import PauliSum
from ketwork.seeds import Seed, generator
from ketwork.solve.dmrg import ground_mps
from ketwork.solve.mps_circuit import extended, mps_circuit
from ketwork.solve.mps_state import MatrixProductState
from ketwork.solve.objective import Objective
from ketwork.solve.solution import Solution
from ketwork.solve.vqe import vqe

Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True, eq=False)
class TensorStart:
    """A circuit and the weights that prepare, as well as its layers can, a matrix product state.

    start (P,): the weights; those of the extra layers, the last ones, are 0. n_own: how many weights are not of extra
    layers. mps: the state. fidelity: of the prepared state with it; fidelities: as layers were added. seconds: all of
    it together.
    """

    circuit: Circuit
    start: Floats
    n_own: int
    mps: MatrixProductState
    fidelity: float
    fidelities: tuple[float, ...]
    seconds: float

    @property
    def own(self) -> tuple[Circuit, Floats]:
        """The circuit without the extra layers, and its weights."""
        blocks = self.n_own * len(self.circuit) // max(self.circuit.n_weights, 1)  # a gate has one weight
        return self.circuit[:blocks], self.start[: self.n_own]

    def moved(self, seed: Seed = None, spread: float = 0.003) -> Floats:
        """The start with normal numbers in place of the zeros of the extra layers.

        A state that cannot be bettered at its bond dimension may be a saddle of the larger circuit, where training
        stays for long: a little away from it, for a little more energy, it goes on.
        """
        rest = check_real("spread", spread, 0) * generator(seed).normal(size=len(self.start) - self.n_own)
        return np.concatenate([self.start[: self.n_own], self.start[self.n_own :] + rest])


def tensor_start(
    target: PauliSum | MatrixProductState,
    bond_dimension: int = 4,
    *,
    layers: int = 2,
    extra_layers: int = 1,
    pattern: str = "brick",
    sweeps: int = 100,
    seed: Seed = 0,
) -> TensorStart:
    """The start of a variational circuit from a matrix product state.

    target: a Hamiltonian, whose ground state is searched by DMRG at `bond_dimension`; or the state itself. layers: of
    staircases that prepare it (sweeps: how long they are optimised). extra_layers: behind them, in a pattern "brick" or
    "staircase", that do nothing until they are trained. seed: of DMRG. Two to 22 qubits.
    Source: Rudolph et al., Nat. Commun. 14 (2023) 8367, arXiv:2208.13673.
    """
    started = time.perf_counter()
    if isinstance(target, MatrixProductState):
        state = target
    elif isinstance(target, PauliSum):
        state = ground_mps(target, bond_dimension, seed=seed)
    else:
        raise TypeError(
            f"Argument `target` must be a PauliSum or a MatrixProductState, but is {type(target).__name__}."
        )
    found = mps_circuit(state, layers, sweeps=sweeps)
    circuit, start = extended(found.circuit, found.start, extra_layers, pattern)
    return TensorStart(
        circuit, start, len(found.start), state, found.fidelity, found.fidelities, time.perf_counter() - started
    )


def tensor_vqe(
    hamiltonian: PauliSum,
    bond_dimension: int = 4,
    *,
    layers: int = 2,
    extra_layers: int = 1,
    pattern: str = "brick",
    method: str = "l-bfgs",
    steps: int = 200,
    spread: float = 0.003,
    backend: Any = None,
    seed: Seed = 0,
    callback: Callable[[int, Floats, float], bool | None] | None = None,
    **options: Any,
) -> Solution:
    """The ground energy by a circuit that starts from a matrix product state and is trained on.

    `tensor_start` for the start, `TensorStart.moved` for spread, `trained` for the rest. `extra` of the solution: what
    was known before the training ("mps_energy", "mps_seconds", "fidelity", "start_seconds").
    """
    rng = generator(seed)
    begun = tensor_start(
        hamiltonian, bond_dimension, layers=layers, extra_layers=extra_layers, pattern=pattern, seed=rng
    )  # fmt: skip
    solution = trained(
        hamiltonian, begun.circuit, begun.moved(rng, spread), method=method, steps=steps, backend=backend, seed=rng,
        callback=callback, **options,
    )  # fmt: skip
    solution.extra.update(
        mps_energy=begun.mps.energy,
        mps_seconds=begun.mps.seconds,
        fidelity=begun.fidelity,
        start_seconds=begun.seconds,
    )
    return solution


def trained(
    hamiltonian: PauliSum,
    circuit: Circuit,
    start: ArrayLike,
    *,
    method: str = "l-bfgs",
    steps: int = 200,
    backend: Any = None,
    seed: Seed = None,
    callback: Callable[[int, Floats, float], bool | None] | None = None,
    **options: Any,
) -> Solution:
    """The energy minimised over a circuit's weights from `start`; history[0] is the energy there.

    method, steps, seed, callback, options: as for `vqe`.
    """
    objective = Objective(circuit, hamiltonian, backend)
    first = objective.value(check_array("start", start, 1))
    found = vqe(
        hamiltonian, circuit, method=method, steps=steps, backend=backend, start=start, seed=seed, callback=callback,
        **options,
    )  # fmt: skip
    bill = {name: getattr(objective, name) + getattr(found, name) for name in ("n_evaluations", "circuits", "shots")}
    return replace(found, history=[first, *found.history], **bill)


def random_start(circuit: Circuit, seed: Seed = None) -> Floats:
    """(P,) weights drawn from all angles alike."""
    return generator(seed).uniform(-np.pi, np.pi, circuit.n_weights)


def identity_start(circuit: Circuit, seed: Seed = None, spread: float = 0.01) -> Floats:
    """(P,) normal weights around 0, where a circuit of rotations does nothing.

    Exactly 0 is often a point without a slope: |0...0> is an eigenstate of the Heisenberg model, for instance.
    Source: Grant et al., Quantum 3 (2019) 214, arXiv:1903.05076, for the idea of blocks that do nothing.
    """
    return check_real("spread", spread, 0) * generator(seed).normal(size=circuit.n_weights)


def gradients(hamiltonian: PauliSum, circuit: Circuit, starts: ArrayLike, backend: Any = None) -> Floats:
    """(S, P) the gradients of the energy at weights (S, P)."""
    objective = Objective(circuit, hamiltonian, backend)
    rows = check_array("starts", starts, 2)
    if rows.shape[1] != circuit.n_weights:
        raise ValueError(f"Argument `starts` must have {circuit.n_weights} columns, but has {rows.shape[1]}.")
    return np.stack([objective.value_and_gradient(row)[1] for row in rows])


def decay_rate(sizes: ArrayLike, variances: ArrayLike) -> tuple[float, float]:
    """The rate b of variances that go like exp(-b n), by a straight line through their logarithms, and the half width
    of its 95 % interval (nan for two sizes). b = 0: no decay; b = ln 2: halved by every qubit.

    Raises: ValueError for fewer than two sizes, or variances that are not above 0.
    """
    from scipy import stats

    n, v = check_array("sizes", sizes, 1), check_array("variances", variances, 1)
    check_int("number of sizes", len(n), 2)
    if len(n) != len(v) or (v <= 0).any():
        raise ValueError(f"Argument `variances` must hold {len(n)} numbers above 0, but is {v}.")
    fit = stats.linregress(n, np.log(v))
    half = float(stats.t.ppf(0.975, len(n) - 2) * fit.stderr) if len(n) > 2 else float("nan")
    return -float(fit.slope), half
