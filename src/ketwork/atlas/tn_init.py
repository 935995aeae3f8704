"""Variational circuits that start from tensor networks, against random and identity starts: the computation.

Source: Rudolph, Miller, Motlagh, Chen, Acharya, Perdomo-Ortiz, "Synergy Between Quantum Circuits and Tensor Networks",
arXiv:2208.13673: a matrix product state is trained classically, made into layers of two-qubit gates, extended by gates
that do nothing, and trained on.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ketwork.checks import check_choice, check_int, check_real
from ketwork.circuit import Circuit
from ketwork.engine.simulator import Simulator
from ketwork.operators import spins
from ketwork.operators.lanczos import ground_energy
from ketwork.operators.pauli import PauliSum
from ketwork.optimize.minimize import minimize
from ketwork.solve.dmrg import ground_mps
from ketwork.solve.mps_circuit import extended, staircase
from ketwork.solve.mps_state import mps_of_vector, truncated
from ketwork.solve.tensor_initialisation import (
    TensorStart,
    gradients,
    identity_start,
    random_start,
    tensor_start,
    trained,
)

Floats = NDArray[np.floating[Any]]
Row = dict[str, Any]
LATTICES = ("ladder", "chain")
_FLOOR = 1e-10  # of a probability under the logarithm


@dataclass(frozen=True)
class TnTask:
    """What is computed.

    lattices: (kind, sites) of the Heisenberg models. chis: bond dimensions of the starts; references: of DMRG alone.
    layers: of staircases; extra_layers: behind them. steps: of L-BFGS. seeds: starts of each kind. sweeps: that
    optimise the staircases. sizes, draws: of the gradients. rows, columns: of the bars and stripes, and data_steps of
    their training.
    """

    lattices: tuple[tuple[str, int], ...] = (("ladder", 14), ("chain", 12))
    chis: tuple[int, ...] = (2, 4, 8, 16)
    references: tuple[int, ...] = (1, 2, 4, 8, 16, 32)
    layers: int = 3
    extra_layers: int = 2
    steps: int = 150
    seeds: int = 4
    sweeps: int = 40
    spread: float = 0.003
    sizes: tuple[int, ...] = (6, 8, 10, 12, 14, 16)
    draws: int = 8
    rows: int = 3
    columns: int = 4
    data_steps: int = 100
    seed: int = 0

    def __post_init__(self) -> None:
        for kind, sites in self.lattices:
            check_choice("lattices", kind, LATTICES)
            if check_int("lattices", sites, 4, 20) % 2:
                raise ValueError(f"Argument `lattices` must have an even number of sites, but has {sites}.")
        for name, low in (("layers", 1), ("extra_layers", 1), ("steps", 1), ("seeds", 2), ("sweeps", 0), ("draws", 2)):
            check_int(name, getattr(self, name), low)
        check_real("spread", self.spread, 0)


def model(kind: str, sites: int) -> PauliSum:
    """The antiferromagnetic Heisenberg model XX + YY + ZZ on a chain, or on a ladder with its rungs as neighbours."""
    return spins.heisenberg(spins.chain(sites) if kind == "chain" else spins.ladder(sites // 2))


def reference(kind: str, sites: int, task: TnTask) -> Row:
    """What is known classically: the exact energy by Lanczos, and DMRG at bond dimensions, with times."""
    h = model(kind, sites)
    started = time.perf_counter()
    exact = ground_energy(h)
    found = {"exact": exact, "exact_seconds": time.perf_counter() - started}
    ground_mps(model("chain", 4), 2)  # what is loaded once is no time of DMRG's
    states = [ground_mps(h, chi, seed=task.seed) for chi in task.references]
    return {
        **found,
        "chi": list(task.references),
        "energies": [s.energy for s in states],
        "variances": [s.variance for s in states],
        "times": [s.seconds for s in states],
    }


def from_tensors(kind: str, sites: int, chi: int, task: TnTask) -> Row:
    """Training from a matrix product state of one bond dimension: energies by step with and without the extra layers,
    and how the start was made."""
    h = model(kind, sites)
    begun = tensor_start(
        h, chi, layers=task.layers, extra_layers=task.extra_layers, sweeps=task.sweeps, seed=task.seed
    )  # fmt: skip
    plain, weights = begun.own
    energy = _energy(plain, h, weights)
    still = trained(h, begun.circuit, begun.start, steps=task.steps)
    runs = [
        trained(h, begun.circuit, begun.moved(_seed(task, 1, k), task.spread), steps=task.steps)
        for k in range(task.seeds)
    ]
    return {
        "mps_energy": begun.mps.energy,
        "mps_seconds": begun.mps.seconds,
        "fidelities": list(begun.fidelities),
        "start_seconds": begun.seconds,
        "energy": energy,
        "energy_extended": _energy(begun.circuit, h, begun.start),
        "with": [padded(run.history, task.steps) for run in runs],
        "still": padded(still.history, task.steps),
        "without": [padded(trained(h, plain, weights, steps=task.steps).history, task.steps)],
        "train_seconds": float(np.mean([run.seconds for run in runs])),
        "n_weights": begun.circuit.n_weights,
        "n_blocks": begun.circuit.n_weights // 15,
    }


def from_elsewhere(kind: str, sites: int, start: str, task: TnTask) -> Row:
    """Training of the same circuits from random or identity starts."""
    h = model(kind, sites)
    plain = staircase(sites, task.layers)
    whole, _ = extended(plain, np.zeros(plain.n_weights), task.extra_layers)
    found: Row = {}
    for name, circuit in (("with", whole), ("without", plain)):
        runs = [trained(h, circuit, weights, steps=task.steps) for weights in starts(circuit, start, task)]
        found[name] = [padded(run.history, task.steps) for run in runs]
        found["train_seconds"] = float(np.mean([run.seconds for run in runs]))
    return found


def starts(circuit: Circuit, start: str, task: TnTask, count: int | None = None) -> list[Floats]:
    """As many starts as there are seeds, "random" or "identity"."""
    check_choice("start", start, ("random", "identity"))
    make = random_start if start == "random" else identity_start
    return [make(circuit, _seed(task, 2, k)) for k in range(task.seeds if count is None else count)]


def slopes(sites: int, deep: bool, task: TnTask) -> Row:
    """The variance of the components of the gradient on a chain, over weights and draws, by kind of start.

    deep: with as many extra layers as sites, so that random circuits scramble; else the depth of the training.
    """
    h = model("chain", sites)
    extra = sites if deep else task.extra_layers
    found: Row = {"sites": sites, "deep": deep}
    for chi in (2, 4):
        begun = tensor_start(h, chi, layers=2, extra_layers=extra, sweeps=10, seed=task.seed)
        draws = [begun.moved(_seed(task, 3, k), task.spread) for k in range(task.draws)]
        found[f"chi {chi}"] = float(gradients(h, begun.circuit, np.stack(draws)).var())
        found[f"chi {chi}, not moved"] = float(gradients(h, begun.circuit, begun.start[None]).var())
    for start in ("random", "identity"):
        draws = starts(begun.circuit, start, task, task.draws)
        found[start] = float(gradients(h, begun.circuit, np.stack(draws)).var())
    return found


def bars_and_stripes(rows: int, columns: int) -> Floats:
    """(2^(rows * columns),) all pictures of full rows, or of full columns, alike probable; a qubit a pixel, by rows."""
    pictures = set()
    for mask in range(1 << rows):
        pictures.add(tuple((mask >> r & 1) for r in range(rows) for _ in range(columns)))
    for mask in range(1 << columns):
        pictures.add(tuple((mask >> c & 1) for _ in range(rows) for c in range(columns)))
    p = np.zeros(1 << (rows * columns))
    p[[int("".join(map(str, bits)), 2) for bits in sorted(pictures)]] = 1 / len(pictures)
    return p


def divergence(circuit: Circuit, p: Floats) -> Callable[[Floats], tuple[float, Floats]]:
    """From weights to KL(p || q) of the outcomes q of a circuit, and its gradient. q has a floor of 1e-10."""
    simulator, seen = Simulator("double"), np.flatnonzero(p)
    constant = float(p[seen] @ np.log(p[seen]))

    def value(weights: Floats) -> tuple[float, Floats]:
        q, pull_back = simulator.probabilities_and_pullback(circuit, w=weights)
        cotangent = np.zeros_like(q)
        cotangent[0, seen] = -p[seen] / (q[0, seen] + _FLOOR)
        loss = constant - float(p[seen] @ np.log(q[0, seen] + _FLOOR))
        return loss, np.asarray(pull_back(cotangent).w, float)

    return value


def generative(task: TnTask, progress: Callable[[str], None] | None = None) -> Row:
    """Bars and stripes learnt by their probabilities: KL by step, from matrix product states and other starts."""
    p = bars_and_stripes(task.rows, task.columns)
    whole = mps_of_vector(np.sqrt(p))
    found: Row = {"entropy": float(np.log((p > 0).sum())), "needed": whole.bond_dimension}
    for chi in task.chis:
        (progress or (lambda text: None))(f"bars and stripes, chi = {chi}")
        state = truncated(whole, chi)
        begun: TensorStart = tensor_start(
            state, layers=task.layers, extra_layers=task.extra_layers, sweeps=task.sweeps
        )  # fmt: skip
        q = np.abs(state.vector()) ** 2
        loss = divergence(begun.circuit, p)
        points = [begun.moved(_seed(task, 4, k), task.spread) for k in range(task.seeds)]
        found[f"chi {chi}"] = {
            "mps": float(p[p > 0] @ np.log(p[p > 0] / (q[p > 0] + _FLOOR))),
            "fidelity": begun.fidelity,
            "runs": [_learnt(loss, point, task.data_steps) for point in points],
        }
    for start in ("random", "identity"):
        loss = divergence(begun.circuit, p)
        points = starts(begun.circuit, start, task)
        found[start] = {"runs": [_learnt(loss, point, task.data_steps) for point in points]}
    return found


def padded(history: list[float], steps: int) -> list[float]:
    """(steps + 1,) the values by step; a run that stopped earlier stays where it was."""
    return [*history, *[history[-1]] * (steps + 1 - len(history))]


def _learnt(loss: Callable[[Floats], tuple[float, Floats]], point: Floats, steps: int) -> list[float]:
    return padded([loss(point)[0], *minimize(loss, point, "l-bfgs", steps).history], steps)


def _energy(circuit: Circuit, h: PauliSum, weights: Floats) -> float:
    return float(Simulator("double").expectation(circuit, h, w=weights)[0, 0])


def _seed(task: TnTask, kind: int, number: int) -> np.random.Generator:
    return np.random.default_rng([task.seed, kind, number])
