"""Excited states one after the other: an energy that rises with the overlap with the states found before."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ketwork import seeds
from ketwork.checks import check_int, check_real
from ketwork.circuit.circuit import Circuit
from ketwork.operators.pauli import PauliSum
from ketwork.solve.objective import Derived, Objective, check_hamiltonian
from ketwork.solve.overlap import Overlap
from ketwork.solve.solution import Solution
from ketwork.solve.vqe import best_of_starts

Floats = NDArray[np.floating[Any]]


def deflate(
    hamiltonian: PauliSum,
    ansatz: Circuit,
    n_states: int,
    *,
    method: str = "l-bfgs",
    steps: int = 1000,
    backend: Any = None,
    beta: float | None = None,
    starts: int = 4,
    seed: seeds.Seed = None,
    callback: Callable[[int, Floats, float], bool | None] | None = None,
    found: Sequence[Solution] = (),
    **options: Any,
) -> list[Solution]:
    """The lowest `n_states` eigenstates that a circuit reaches, from the ground state up.

    State k minimises E(w) + beta sum_i |<psi(w_i)|psi(w)>|^2 over the states i < k; overlaps are read by running the
    circuit with w and undoing it with w_i, so that it works wherever energies do. beta must be above the distance of
    the highest wanted level from the lowest; None for `spectral_bound`, which always is. starts: random starts of
    which the best is taken; a state that was missed in between is found later, so that levels may need sorting.
    method, steps, backend, seed, callback, options: as of `vqe`. found: solutions of the first states, to go on from.
    Returns a Solution a state: value is the energy; history that with the penalties; extra["overlaps"] (k,) with the
    states before, extra["objective"] the value with penalties at the end. Each has its own bill.
    Source: Higgott, Wang, Brierley, arXiv:1805.08138, eqs. 2 to 4.
    """
    check_hamiltonian(hamiltonian, ansatz)
    check_int("n_states", n_states, 1)
    if ansatz.n_qubits < 63 and n_states > 1 << ansatz.n_qubits:
        raise ValueError(
            f"Argument `n_states` must be at most {1 << ansatz.n_qubits}, the number of states of {ansatz.n_qubits} "
            f"qubits, but is {n_states}."
        )
    check_int("starts", starts, 1)
    for name in ("start", "state"):
        if name in options:
            raise ValueError(f"Argument `{name}` is of `vqe`: here states have random starts and go on by `found`.")
    weight = spectral_bound(hamiltonian) if beta is None else check_real("beta", beta, 0)
    if any(not isinstance(one, Solution) or one.circuit != ansatz for one in found):
        raise ValueError("Argument `found` must hold solutions of the same circuit as `ansatz`.")
    states = list(found)
    for rng in seeds.spawn(seed, n_states)[len(states) :]:
        penalised = Deflated(Objective(ansatz, hamiltonian, backend), [s.params for s in states], weight)
        run = best_of_starts(penalised, starts, rng, method, steps, None, callback, None, **options)
        energy: float = run.value
        overlaps: Floats = np.zeros(0)
        if states:
            energy, overlaps = penalised.parts(run.params)
        extra = {"overlaps": overlaps, "objective": run.value, "beta": weight}
        bill = {name: getattr(penalised, name) for name in ("n_evaluations", "circuits", "shots")}
        states.append(replace(run, method="deflation", value=energy, extra=extra, **bill))
        if run.message in ("interrupted", "stopped by the callback"):
            break
    return states


def spectral_bound(hamiltonian: PauliSum) -> float:
    """A number above the distance of any two eigenvalues: twice the sum of the absolute coefficients, without that of
    the identity, which moves all of them; and 1 more.
    """
    return 1.0 + 2 * float(sum(abs(c) for string, c in hamiltonian.terms if set(string) != {"I"}))


class Deflated(Derived):
    """An `Objective` plus beta times the overlaps with states of the same circuit at `others`, a list of weights."""

    def __init__(self, energy: Objective, others: Sequence[ArrayLike], beta: float) -> None:
        super().__init__(energy)
        self.beta = beta
        self.overlaps = [Overlap(self.circuit, self.circuit.bind(w=other), self.backend) for other in others]

    def parts(self, w: ArrayLike) -> tuple[float, Floats]:
        """The energy, and the overlaps one by one."""
        energy = self.base.value(w)
        found = []
        for overlap in self.overlaps:
            self.base.pay(overlap.cost())
            found.append(overlap.value(w, self.base.next_backend()))
        return energy, np.array(found)

    def value(self, w: ArrayLike) -> float:
        """The energy with its penalties."""
        energy, overlaps = self.parts(w)
        return energy + self.beta * float(overlaps.sum())

    def value_and_gradient(self, w: ArrayLike) -> tuple[float, Floats]:
        """The energy with its penalties, and the gradient (P,)."""
        value, gradient = self.base.value_and_gradient(w)
        for overlap in self.overlaps:
            self.base.pay(overlap.cost(), 1 + self.base.n_shifts)
            part, slope = overlap.value_and_gradient(w, self.base.next_backend())
            value, gradient = value + self.beta * part, gradient + self.beta * slope
        return value, gradient
