"""How many circuits a search evaluates in a second: Ketwork and its peers, the same circuits, both cores for everybody.

    python benchmarks/search.py [--quick] [--json FILE] [--readme]

An evaluation is a new random circuit of RX, RY, RZ and CX (on a device SX, RZ and CX), trained by 50 steps of Adam on
an energy (H2 at 4 qubits, Heisenberg chains at 6 and 8). Every peer runs one process a core with one thread each, and
its rate is that of all. PennyLane: lightning.qubit with adjoint gradients and default.mixed with torch; JAX: a state
vector or density matrix of our own, jit with the loop of Adam inside, compiled anew for every circuit ("compiled
before": without that time), and without jit; Qiskit Aer: all shifted circuits of a gradient in one call; Qulacs, beside
them. On a device with waiting ("lima with waiting"), circuits of RX, RY, RZ and CX are rewritten into its gates; peers
get them rewritten. What takes long is measured over fewer steps and counted as 50. The values and gradients of every
peer must be Ketwork's, or there is no row.
"""

import os
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any, NamedTuple

import numpy as np

import search_peers
from ketwork import NoiseModel, Simulator
from ketwork.experiments.run import processor
from ketwork.noise import depolarizing, load_device
from ketwork.operators import PauliSum, load_molecule
from ketwork.operators.spins import chain, heisenberg
from ketwork.search import Energy, Inner, Space, Task, draw, seek
from ketwork.search.fast_path import FastPath, fast_path
from ketwork.search.setting import Setting
from rows import Rows, installed, script

STEPS = 50
GOALS = {False: 50, True: 100}
CORES = os.cpu_count() or 1
PATH = (0, 1, 4, 7, 10, 12, 13, 14)  # coupled qubits of the device, one behind the other


class Case(NamedTuple):
    """One row: qubits, gates, the name of the noise ("" for none). placed: a task on the device, waiting included."""

    n: int
    gates: int
    noise: str = ""
    placed: bool = False

    def __str__(self) -> str:
        where = f"{self.noise} with waiting" if self.placed else self.noise or "ideal"
        return f"{where}, {self.n} qubits, {self.gates} gates"


def placed(case: Case, inner: Inner | None = None) -> Task:
    """The task of a case on its device."""
    return Setting(device=case.noise, max_gates=case.gates, inner=inner).task("t", Energy(observable(case.n), -100.0))


def observable(n: int) -> PauliSum:
    """The energy at n qubits."""
    return load_molecule("H2_0.7414_4q_jordan_wigner").hamiltonian if n == 4 else heisenberg(chain(n), 1.0, 0.5)


def noise_of(case: Case) -> NoiseModel | None:
    """Depolarising, 0.1 % behind gates on one qubit and 0.5 % on two, or what a device's calibration says of gates."""
    if not case.noise:
        return None
    if case.noise == "depolarising":
        return NoiseModel().add(depolarizing(0.001), ("rx", "ry", "rz")).add(depolarizing(0.005, 2), "cx")
    if case.placed:
        noise: NoiseModel = placed(case).backend.noise
        return noise
    return load_device(case.noise).noise_model(PATH[: case.n], idle=False).without_readout()


def space_of(case: Case) -> Space:
    """RX, RY, RZ and CX on all pairs; on a device its own gates on its own pairs."""
    if case.placed:
        return placed(case).space
    if case.noise in ("", "depolarising"):
        return Space(case.n, max_gates=case.gates)
    return Space(case.n, ("sx", "rz", "cx"), tuple((q, q + 1) for q in range(case.n - 1)), case.gates)


def circuits(case: Case, count: int, seed: int) -> list[Any]:
    """Random circuits with as many gates as the case has."""
    rng, space = np.random.default_rng(seed), space_of(case)
    return [draw(space, rng, case.gates) for _ in range(count)]


def path_of(case: Case) -> FastPath:
    """What trains the circuits of a case."""
    inner = Inner("adam", STEPS)
    if case.placed:
        found = fast_path(placed(case, inner))
        assert found is not None
        return found
    energy = Energy(observable(case.n), -100.0)
    return FastPath(energy, space_of(case).places, case.gates, Simulator(noise=noise_of(case)), inner)


def ours(case: Case, seconds: float) -> float:
    """Circuits a second: made ready and trained."""
    path = path_of(case)
    count = 8 if case.noise else 64
    asked = [(found, k, None) for k, found in enumerate(circuits(case, 256, 0))]
    path.train_all(asked[:2])
    done, started = 0, time.perf_counter()
    while time.perf_counter() - started < seconds:
        path.train_all([asked[(done + k) % len(asked)] for k in range(count)])
        done += count
    return done / (time.perf_counter() - started)


def theirs(pool: ProcessPoolExecutor, name: str, case: Case, seconds: float) -> dict[str, float]:
    """Circuits a second of a peer by what is counted, all processes together; checked against Ketwork."""
    noise, backend = noise_of(case), placed(case).backend if case.placed else None
    if noise is not None:
        noise = noise.without_readout()  # peers are not asked to read
    problems = [
        search_peers.problem(found, observable(case.n), noise, k, backend)
        for k, found in enumerate(circuits(case, CORES, 1))
    ]
    try:
        found = list(pool.map(search_peers.rates, [name] * CORES, problems, [STEPS] * CORES, [seconds] * CORES))
    except Exception as error:  # a peer's own trouble, such as Aer's with the noise of some circuits, ends no run
        print(f"    {name}, {case}: no row, it ends with {type(error).__name__}: {' '.join(str(error).split())[:160]}")
        return {}
    for given, (_, value, slopes) in zip(problems, found, strict=True):
        weights = given.start[: given.circuit.n_weights]
        simulator = Simulator("double", noise=noise)
        expected, back = simulator.value_and_pullback(given.circuit, observable(case.n), None, weights)
        gradient = np.pad(back(np.ones((1, 1))).w, (0, len(given.start) - len(weights)))
        gap = max(abs(expected[0, 0] - value), np.abs(gradient - slopes).max(initial=0))
        if gap > 1e-4:
            raise SystemExit(f"{name}, {case}: its values differ from Ketwork's by {gap:.2g}")
    return {what: sum(rates[what] for rates, _, _ in found) for what in found[0][0]}


def compare(bench: Rows, pool: ProcessPoolExecutor, case: Case) -> None:
    """One row: rates, ratios, and the goal."""
    others: dict[str, float] = {}
    for name, (module, noisy) in search_peers.PEERS.items():
        slow = name == "JAX without jit" and (case.gates > 20 or case.placed)  # never the best, and by far
        if installed(module) and bool(case.noise) in noisy and not slow:
            others |= theirs(pool, name, case, bench.budget)
    rate = ours(case, bench.budget)
    bench.row(str(case), "circuits/s", rate, others)
    counted = {name: value for name, value in others.items() if name not in search_peers.BESIDE}
    if counted:
        best = max(counted, key=lambda name: counted[name])
        goal, ratio = GOALS[bool(case.noise)], rate / counted[best]
        print(f"    best peer: {best}, {ratio:,.0f}x; goal {goal}x: {'reached' if ratio >= goal else 'missed'}")


def end_to_end(bench: Rows) -> None:
    """What random search reaches, everything counted: drawing, canonical forms, keys, budgets."""
    hamiltonian = observable(4)
    lowest = float(np.linalg.eigvalsh(hamiltonian.matrix())[0])
    for name, inner in (("L-BFGS", Inner()), ("Adam, 50 steps", Inner("adam", STEPS))):
        task = Task("H2", Energy(hamiltonian, lowest), Space(4, max_gates=20), inner=inner)
        seek(task, "random", 20_000, 1)
        found = seek(task, "random", 100_000 if bench.quick else 400_000, 0)
        bench.row(f"random search, H2, 4 qubits, {name}", "circuits/s", len(found.errors) / found.seconds, {})
        task = Setting(device="lima", max_gates=20, inner=inner).task("H2", Energy(hamiltonian, lowest))
        seek(task, "random", 20_000, 1)
        found = seek(task, "random", 100_000 if bench.quick else 400_000, 0)
        bench.row(f"the same on lima with waiting, {name}", "circuits/s", len(found.errors) / found.seconds, {})


def run(quick: bool) -> Rows:
    """All cases."""
    bench = Rows(quick)
    bench.budget = 0.5 if quick else 1.0
    print(processor())
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = "1"  # of the peers' processes
    os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
    sizes = ((4, 20), (6, 40), (8, 60)) if quick else ((4, 20), (4, 60), (6, 40), (8, 20), (8, 60))
    noisy = ((4, 20), (6, 40)) if quick else ((4, 20), (4, 60), (6, 40), (8, 40))
    with ProcessPoolExecutor(CORES, get_context("spawn")) as pool:
        for case in [
            *(Case(*size) for size in sizes),
            *(Case(*size, "depolarising") for size in noisy),
            *(Case(*size, "guadalupe") for size in noisy[: 1 if quick else 3 : 1 if quick else 2]),
            Case(4, 20, "lima", placed=True),
            *(() if quick else (Case(6, 40, "guadalupe", placed=True),)),
        ]:
            compare(bench, pool, case)
    end_to_end(bench)
    return bench


if __name__ == "__main__":
    script(run, __doc__, "search speed")
