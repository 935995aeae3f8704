"""Search among circuits by representations learned without labels: the computation of the atlas entry.

Source: Sun, Wu, Ma and Tresp, "Quantum Architecture Search with Unsupervised Representation Learning",
arXiv:2401.11576; Quantum 10 (2026) 1994.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ketwork.checks import check_choice, check_int
from ketwork.circuit import Circuit
from ketwork.operators.lanczos import ground_energy
from ketwork.operators.pauli import PauliSum
from ketwork.operators.spins import ring, transverse_ising
from ketwork.search.autoencoder_quality import Quality, quality
from ketwork.search.budget import BudgetSpent
from ketwork.search.canonical import Place
from ketwork.search.circuit_pool import draw_pool
from ketwork.search.goals import Energy, ObjectiveMeter
from ketwork.search.graph_autoencoder import train_autoencoder
from ketwork.search.latent_search import latent_bayes, latent_reinforce
from ketwork.search.latent_space import LatentSpace
from ketwork.search.predictor import predictor
from ketwork.search.seek import Search, seek
from ketwork.search.space import Architecture, Space
from ketwork.search.tasks import Task
from ketwork.solve.objective import Objective

Floats = NDArray[np.floating[Any]]

POOL = ("x", "y", "z", "h", "rx", "ry", "rz", "cx", "cz", "u3", "swap")
"""The paper's gates, each drawn as often as any other."""

TASKS = ("state preparation", "MaxCut", "energy")
RANDOM = "random"
METHODS = (RANDOM, "REINFORCE", "Bayesian optimisation", "predictor")

EDGES = {
    4: ((0, 1), (0, 3), (1, 2), (2, 3)),
    8: ((0, 1), (0, 6), (0, 7), (1, 2), (1, 6), (2, 4), (2, 7), (3, 7), (3, 6), (4, 5), (4, 6), (5, 1), (5, 6), (5, 7),
        (6, 7)),
}  # fmt: skip
"""The paper's graphs by number of qubits."""

GOOD = {4: (0.95, 0.95, 0.95), 8: (0.75, 0.925, 0.9)}
"""The paper's rewards from which on a circuit is a candidate, in the order of `TASKS`."""

H2 = {
    "IIII": -0.0420789765, "IIIZ": -0.2427428051, "IIZI": -0.2427428051, "IIZZ": 0.1762764080,
    "IZII": 0.1777128747, "IZIZ": 0.1229330506, "IZZI": 0.1676831946, "XXYY": -0.0447501440,
    "XYYX": 0.0447501440, "YXXY": 0.0447501440, "YYXX": -0.0447501440, "ZIII": 0.1777128747,
    "ZIIZ": 0.1676831946, "ZIZI": 0.1229330506, "ZZII": 0.1705973833,
}  # fmt: skip
"""H2 at 0.70 Angstrom in the STO-3G basis, Jordan-Wigner, hartree (PySCF 2.14)."""


@dataclass(frozen=True)
class Arch2vecTask:
    """What is computed. n_qubits: 4 or 8. pool: circuits drawn, of which a tenth is held out from the autoencoder;
    searches choose among all. epochs: of its training. samples: of its prior. circuits: trained by each search. seeds:
    searches of each method on each task."""

    n_qubits: int = 4
    pool: int = 20_000
    epochs: int = 8
    samples: int = 5000
    circuits: int = 300
    seeds: int = 10
    seed: int = 0

    def __post_init__(self) -> None:
        if self.n_qubits not in EDGES:
            raise ValueError(f"Argument `n_qubits` must be 4 or 8, but is {self.n_qubits}.")
        check_int("pool", self.pool, 100)
        check_int("circuits", self.circuits, 1)
        check_int("seeds", self.seeds, 2)

    @property
    def n_gates(self) -> int:
        """Of every circuit: 10 on 4 qubits, 20 on 8."""
        return 10 if self.n_qubits == 4 else 20

    @property
    def space(self) -> Space:
        """The paper's circuits: CX from a qubit to the next alone, around the ring; depth at most 5 on 4 qubits."""
        n = self.n_qubits
        around = tuple(Place("cx", (q, (q + 1) % n)) for q in range(n))
        return Space(n, POOL, max_gates=self.n_gates, max_depth=5 if n == 4 else None, only=around)


@dataclass(frozen=True, eq=False)
class Preparation:
    """The error 1 - F of preparing the state of a circuit without weights; a goal."""

    target: Circuit
    unit: str = ""
    good: float | None = 0.05

    @property
    def n_qubits(self) -> int:
        """Of the target."""
        return self.target.n_qubits

    def meter(self, circuit: Circuit, backend: Any) -> ObjectiveMeter:
        """Minus the probability of all zeros after the circuit and the target undone."""
        n = self.n_qubits
        zeros = {"".join("IZ"[k >> q & 1] for q in range(n)): -(0.5**n) for k in range(2**n)}
        return ObjectiveMeter(Objective(circuit + self.target.inverse(), PauliSum.from_dict(zeros), backend))

    def error(self, value: float) -> float:
        """1 - F."""
        return 1 + value


@dataclass(frozen=True)
class Autoencoded:
    """An autoencoder: how it decodes edges, its quality on circuits held out and on its prior, training seconds."""

    edges: str
    quality: Quality
    seconds: float


def circuits_of(setting: Arch2vecTask) -> list[Architecture]:
    """The pool: different circuits of the setting's number of gates (fewer where none is legal any more)."""
    return draw_pool(setting.space, setting.pool, np.random.default_rng(setting.seed), setting.n_gates)


def autoencoded(setting: Arch2vecTask, circuits: Sequence[Architecture], edges: str) -> tuple[Autoencoded, Any]:
    """Train an autoencoder on nine tenths of the pool and measure it on the rest; the network comes second."""
    part = 9 * len(circuits) // 10
    latent = 16 if setting.n_qubits == 4 else 32
    began = time.perf_counter()
    network = train_autoencoder(
        setting.space, circuits[:part], setting.epochs, seed=setting.seed, edges=edges, latent=latent
    )
    seconds = time.perf_counter() - began
    found = quality(network, circuits[:part], circuits[part:], setting.samples, setting.seed)
    return Autoencoded(edges, found, seconds), network


def task_of(name: str, setting: Arch2vecTask, circuits: Sequence[Architecture], seed: int) -> Task:
    """One of `TASKS`: error is 1 minus the paper's reward. The state to prepare is that of a circuit of the pool with
    random angles, another one for each seed."""
    n, space = setting.n_qubits, setting.space
    good = 1 - GOOD[n][TASKS.index(check_choice("name", name, TASKS))]
    if name == "state preparation":
        rng = np.random.default_rng([setting.seed, seed])
        target = space.circuit(circuits[int(rng.integers(len(circuits)))])
        bound = target.bind(w=rng.uniform(0, 2 * np.pi, target.n_weights))
        return Task(name, Preparation(bound, good=good), space)
    if name == "MaxCut":
        edges = {"".join("Z" if q in edge else "I" for q in range(n)): 0.5 for edge in EDGES[n]}
        cut = PauliSum.from_dict(edges | {"I" * n: -len(EDGES[n]) / 2})
        most = _largest_cut(n)
        return Task(name, Energy(cut, -most, good=good, scale=1 + most), space)
    hamiltonian = PauliSum.from_dict(H2) if n == 4 else transverse_ising(ring(n), 1.0, 1.0)
    lowest = ground_energy(hamiltonian)
    return Task(name, Energy(hamiltonian, lowest, good=good, scale=-lowest), space)


def _largest_cut(n: int) -> int:
    """Of the paper's graph, by looking at all cuts."""
    bits = np.arange(2**n)[:, None] >> np.arange(n) & 1
    return int(sum(bits[:, a] != bits[:, b] for a, b in EDGES[n]).max())


@dataclass(frozen=True)
class Searched:
    """One search. rewards (circuits,): of the circuits in the order in which they were trained. spent: circuit
    evaluations. seconds: wall time. correlations: of the predictor, by round."""

    task: str
    method: str
    seed: int
    rewards: tuple[float, ...]
    spent: int
    seconds: float
    correlations: tuple[float, ...] = ()

    def candidates(self, reward: float) -> int:
        """How many circuits reach a reward."""
        return int(np.sum(np.array(self.rewards) >= reward))


def searched(setting: Arch2vecTask, learned: LatentSpace, task: str, method: str, seed: int) -> Searched:
    """Search until so many circuits as the setting says are trained; the same seed means the same task for all."""
    check_choice("method", method, METHODS)

    def run(search: Search) -> None:
        if method == "REINFORCE":
            latent_reinforce(search, learned=learned, reward="error")
        elif method == "Bayesian optimisation":
            latent_bayes(search, learned=learned, reward="error")
        elif method == "predictor":
            predictor(search, n_gates=setting.n_gates)
        else:
            _pool_in_random_order(search, learned)

    def enough(search: Search) -> None:
        if len(search.progress.errors) >= setting.circuits:
            raise BudgetSpent(f"{setting.circuits} circuits were trained.")

    problem = task_of(task, setting, learned.circuits, seed)
    found = seek(problem, run, 10**12, seed=seed, watch=enough)
    kept = found.errors[: setting.circuits]
    told = tuple(float(value) for value in found.notes.get("rank correlation", ()))
    rewards = tuple(1 - error for _, error in kept)
    return Searched(task, method, seed, rewards, kept[-1][0], found.seconds, told)


def _pool_in_random_order(search: Search, learned: LatentSpace, batch: int = 16) -> None:
    order = search.rng.permutation(len(learned.circuits))
    for k in range(0, len(order), batch):
        search.scores([learned.circuits[number] for number in order[k : k + batch]])
