"""CRLQAS and its rivals on molecules: the searches of the atlas entry.

Source: Patel et al., "Curriculum reinforcement learning for quantum architecture search under hardware errors", ICLR
2024, arXiv:2402.03500.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache, partial
from typing import Any

import numpy as np

from ketwork.circuit import Circuit, w
from ketwork.engine.simulator import Simulator
from ketwork.experiments.ledger import Ledger, Row
from ketwork.operators import Molecule, PauliSum, ground_energy, load_molecule, molecule, tapering
from ketwork.report.run_page import Finding
from ketwork.search.curriculum import SHORT
from ketwork.search.goals import Energy
from ketwork.search.inner import Inner, train
from ketwork.search.seek import Found, seek
from ketwork.search.setting import Setting, gate_noise
from ketwork.search.task_makers import CHEMICAL_ACCURACY
from ketwork.search.tasks import Task

DEVICE = "mumbai"
"""Whose calibration stands for a device."""
ONE_QUBIT, TWO_QUBITS = 0.001, 0.005
"""The paper's depolarising noise."""

SPSA = {
    "H2, 2 qubits": {
        "a": 1.2104, "a_power": 0.9531, "c": 0.1039, "c_power": 0.0984,
        "beta1": 0.9414, "beta1_power": 0.9277, "beta2": 0.9983,
    },
    "LiH, 4 qubits": {
        "a": 1.8658, "a_power": 0.9451, "c": 0.046, "c_power": 0.1397,
        "beta1": 0.9658, "beta1_power": 0.0138, "beta2": 0.8594,
    },
}  # fmt: skip
"""Constants of Adam-SPSA from public configurations of the authors' code."""
STAGES = ((36, 0.01), (11, 0.1), (3, 1.0))
"""Pairs of evaluations and shares of the shots, in the proportions of the authors' 1,191, 357 and 119."""

GATES = {"H2, 2 qubits": 10, "H2, 3 qubits": 20, "H2, 4 qubits": 40, "LiH, 4 qubits": 40, "LiH, 6 qubits": 70,
         "H2O, 8 qubits": 80}  # fmt: skip
"""The most gates. The paper has 40, 70 for six qubits and 250 for water."""
_SMALL, _LARGE = ("H2, 2 qubits", "H2, 3 qubits", "H2, 4 qubits"), ("LiH, 6 qubits", "H2O, 8 qubits")
INNER = {
    **dict.fromkeys(_SMALL, Inner(steps=30, warm=10)),
    **dict.fromkeys(("LiH, 4 qubits", *_LARGE), Inner(steps=100, starts=4)),
}
"""How angles are trained where values are exact. Those of LiH and H2O begin three times more from random ones: where
they only go on from the circuit before, a search stays in the minimum that its first gates led to."""


@dataclass(frozen=True)
class Work:
    """What is run. budgets: circuit evaluations of every search, by problem. rivals: methods by problem. seeds: by
    problem, 5 where nothing is said. noisy: (problem, noise) to evaluations. ablated: the problem of the ablations, and
    its budget. long: problems that crlqas and random search are given more evaluations for, and how many."""

    budgets: Mapping[str, int]
    rivals: Mapping[str, tuple[str, ...]]
    noisy: Mapping[tuple[str, str], int]
    ablated: tuple[str, int]
    seeds: Mapping[str, int] = field(default_factory=dict)
    spsa_seeds: int = 20
    long: tuple[tuple[str, ...], int] = ((), 0)

    def seeds_of(self, name: str) -> int:
        """How many searches of each method there are on a problem."""
        return self.seeds.get(name, 5)


_ALL = ("crlqas", "ppo", "random", "annealing", "evolutionary", "grow")
FULL = Work(
    {"H2, 2 qubits": 20_000, "H2, 3 qubits": 30_000, "H2, 4 qubits": 60_000,
     **dict.fromkeys(("LiH, 4 qubits", *_LARGE), 10_000_000)},
    {**dict.fromkeys((*_SMALL, "LiH, 4 qubits"), _ALL),
     **dict.fromkeys(_LARGE, ("crlqas", "random", "annealing", "evolutionary", "grow"))},
    {("H2, 2 qubits", "depolarising"): 20_000, ("H2, 3 qubits", "depolarising"): 30_000,
     ("LiH, 4 qubits", "depolarising"): 5_000_000, ("H2, 2 qubits", "shots"): 20_000,
     ("H2, 2 qubits", DEVICE): 10_000, ("LiH, 4 qubits", DEVICE): 5_000_000},
    ("LiH, 4 qubits", 10_000_000),
    dict.fromkeys(_SMALL, 3),
    long=(("LiH, 4 qubits", *_LARGE), 100_000_000),
)  # fmt: skip
QUICK = Work(
    {"H2, 2 qubits": 4_000, "LiH, 4 qubits": 10_000_000},
    {"H2, 2 qubits": ("crlqas", "ppo", "random", "grow"), "LiH, 4 qubits": ("crlqas", "random")},
    {("H2, 2 qubits", "depolarising"): 2_000},
    ("H2, 2 qubits", 2_000),
    {"H2, 2 qubits": 2, "LiH, 4 qubits": 1},
    8,
)

LONG = ", long"
"""Behind the name of a method: with the evaluations of `Work.long`."""
ABLATIONS: dict[str, dict[str, Any]] = {
    "all parts": {},
    "no curriculum": {"rules": replace(SHORT, curriculum=False)},
    "no halting": {"rules": replace(SHORT, halting=False)},
    "no mask of illegal actions": {"rules": replace(SHORT, mask=False)},
    "no learning": {"updates": 0.0, "epsilon": (1.0, 1.0, 1.0, 1.0)},
}
"""What is left out of `crlqas`; without learning the same game is played at random."""


def crlqas_system(ledger: Ledger, seed: int, quick: bool) -> Finding:
    """Run all searches and make the report's content."""
    from ketwork.atlas.crlqas_page import finding

    work = QUICK if quick else FULL
    names = [name for name in work.budgets if _is_there(name, ledger)]
    jobs: list[tuple[str, str, str, int, int, dict[str, Any]]] = []
    for name in names:
        for method in work.rivals[name]:
            jobs += [(name, method, "", k, work.budgets[name], {}) for k in range(work.seeds_of(name))]
    for (name, noise), budget in work.noisy.items():
        jobs += [(name, method, noise, k, budget, {}) for method in ("crlqas", "random") for k in range(1)]
    plain = work.ablated[1] == work.budgets[work.ablated[0]]  # then the rows of all parts are there already
    for label, options in ABLATIONS.items():
        if not (plain and not options):
            jobs += [
                (work.ablated[0], f"crlqas, {label}", "", k, work.ablated[1], options)
                for k in range(work.seeds_of(work.ablated[0]))
            ]
    more, budget = work.long
    for name in more:
        for method in ("crlqas", "random"):
            jobs += [(name, f"{method}{LONG}", "", k, budget, {}) for k in range(work.seeds_of(name))]
    ledger.expect(len(jobs) + 1)
    rows = []
    for name, method, noise, k, budget, options in jobs:
        key = ", ".join(filter(None, (name, method, noise, f"seed {seed + k}")))
        make = partial(searched, name, method, noise, seed + k, budget, options)
        rows.append(ledger.row(key, make))
    descent = ledger.row("Adam-SPSA", partial(adam_spsa, seed, work.spsa_seeds))
    return finding(work, rows, descent)


def _is_there(name: str, ledger: Ledger) -> bool:
    """Whether a problem can be set up here."""
    try:
        problem(name)
    except (ValueError, ImportError) as error:
        ledger.note(f"{name} is left out: {error}")
        return False
    return True


@cache
def problem(name: str) -> tuple[PauliSum, float]:
    """(Hamiltonian, lowest energy), hartree, of one of the paper's problems.

    H2 at 0.7414 angstrom in parity encoding, Jordan-Wigner less the qubit that the parity of all electrons makes
    superfluous, and Jordan-Wigner; LiH at 3.4 in parity encoding and at 2.2 in Jordan-Wigner; H2O at its equilibrium, 4
    electrons in 4 orbitals. Raises: ValueError, ImportError where neither the data nor PySCF is there.
    """
    if name == "H2, 3 qubits":
        four = load_molecule("H2", "jordan_wigner")
        less = tapering(four.hamiltonian, ["ZZZZ"])
        found = less.taper(four.hamiltonian, less.sector_of(four.reference))
    else:
        found = _molecule(name).hamiltonian
    return found, ground_energy(found)


def _molecule(name: str) -> Molecule:
    ready = {
        "H2, 2 qubits": ("H2", "parity"),
        "H2, 4 qubits": ("H2", "jordan_wigner"),
        "LiH, 4 qubits": ("LiH_3.4", "parity"),
        "LiH, 6 qubits": ("LiH_2.2", "jordan_wigner"),
        "H2O, 8 qubits": ("H2O", "jordan_wigner"),
    }
    try:
        return load_molecule(*ready[name])
    except ValueError:
        if name == "LiH, 6 qubits":
            return molecule("Li 0 0 0; H 0 0 2.2", frozen_core=True, active_space=(2, [1, 2, 5]))
        if name == "H2O, 8 qubits":
            water = "O 0 0 0; H 0 0.75695 0.58588; H 0 -0.75695 0.58588"
            return molecule(water, active_space=(4, 4))
        raise


def make_task(name: str, noise: str = "") -> Task:
    """The ground state of a problem, built of RX, RY, RZ and CX.

    noise: "" for none, "depolarising", "shots" (the same with 10,000 shots at the end of each training, few before), or
    the name of a device, whose gates circuits are rewritten to, with exact values.
    """
    hamiltonian, lowest = problem(name)
    goal = Energy(hamiltonian, lowest, "hartree", CHEMICAL_ACCURACY)
    limit, inner = GATES[name], INNER[name]
    if not noise:
        return Setting(max_gates=limit, inner=inner).task(name, goal)
    if noise not in ("depolarising", "shots"):
        return Setting(device=noise, max_gates=limit, inner=inner).task(name, goal)
    shots = 10_000 if noise == "shots" else None
    if shots:
        inner = Inner("adam-spsa", stages=STAGES, options=SPSA[name])
    setting = Setting(noise=gate_noise(ONE_QUBIT, TWO_QUBITS), shots=shots, max_gates=limit, inner=inner)
    return setting.task(name, goal)


def searched(name: str, method: str, noise: str, seed: int, budget: int, options: dict[str, Any]) -> Row:
    """One search: its best circuit, what it took, and what that circuit is without noise."""
    task = make_task(name, noise)
    if noise and method == "crlqas":  # halting as in the authors' noisy configuration
        options = {"rules": replace(SHORT, halt=(1.0, 0.6)), **options}
    started = time.perf_counter()
    found = seek(task, method.partition(",")[0], budget, seed, **options)
    seconds = time.perf_counter() - started
    assert found.best is not None
    size = found.best.size
    return {
        "problem": name, "method": method, "noise": noise, "seed": seed, "budget": budget,
        "error": found.best.error, **_without_noise(task, found),
        "gates": size.gates, "depth": size.depth, "two_qubit": size.two_qubit, "angles": len(found.best.params),
        "spent": found.spent, "search_seconds": seconds, "circuits": len(found.errors),
        "notes": {k: v for k, v in found.notes.items() if isinstance(v, int | float)},
        "trace": [list(point) for point in found.trace],
        "circuit": str(task.space.circuit(found.best.architecture)) if size.gates <= 40 else "",
    }  # fmt: skip


def _without_noise(task: Task, found: Found) -> Row:
    """Errors of the found circuit on an ideal register: with its angles, and after training them further there."""
    assert found.best is not None
    meter = replace(task, backend=None).meter(found.best.architecture)
    quiet = meter.value(found.best.params)
    inner = Inner(steps=300)
    trained = train(meter, inner, np.random.default_rng(0), found.best.params)
    return {"quiet": task.goal.error(quiet), "retrained": task.goal.error(trained.value)}


def adam_spsa(seed: int, seeds: int) -> Row:
    """Errors after 500 evaluations of 1,000 shots on H2, 2 qubits, with the paper's constants, from random angles.

    Of the circuit with the angles that the run ends with, read exactly.
    """
    hamiltonian, lowest = problem("H2, 2 qubits")
    circuit = Circuit(2).ry(0, w[0]).ry(1, w[1]).cx(0, 1).rx(0, w[2]).ry(1, w[3]).cx(1, 0).ry(0, w[4]).rz(1, w[5])
    goal, inner = Energy(hamiltonian, lowest), Inner("adam-spsa", 250, options=SPSA["H2, 2 qubits"])
    errors = []
    for k in range(seeds):
        meter = goal.meter(circuit, Simulator("double", shots=1000, seed=seed + k))
        found = train(meter, inner, np.random.default_rng([seed, k]))
        errors.append(goal.error(goal.meter(circuit, None).value(found.params)))
    return {"errors": errors, "evaluations": 500}
