"""Hand-made circuits on the task of a search: trained as the search trains, with the budget of a search."""

import time
from collections.abc import Callable
from contextlib import suppress
from itertools import pairwise
from typing import Any

import numpy as np

from ketwork.checks import check_int
from ketwork.circuit import Circuit, Gate
from ketwork.experiments.ledger import Row
from ketwork.models.ansatz import build_ansatz
from ketwork.operators import Molecule
from ketwork.search.held_out import circuit_scores
from ketwork.search.inner import train
from ketwork.search.space import Size, Space
from ketwork.search.tasks import Task
from ketwork.solve.coupled_cluster import uccsd

ANSAETZE = (
    "hardware_efficient", "strongly_entangling", "efficient_su2", "real_amplitudes", "basic_entangler", "brick_wall",
)  # fmt: skip
"""Names of `models.ansatz` that are compared with what searches find."""
_MOST_LAYERS = 50
_TURNS = {"X": ("h",), "Y": ("s", "h"), "Z": ()}  # from the axis of a letter to Z
_CLUSTER_BITS = 8  # qubits of molecules with coupled cluster at most


def hand_made(task: Task, molecule: Molecule | None = None) -> dict[str, Circuit]:
    """Circuits by name, each with as many layers as the limits of the task's space allow, at least one.

    On a device two-qubit gates are on its couplings. molecule: of the task, for coupled cluster.
    """
    space, found = task.space, dict[str, Circuit]()
    if molecule is not None and space.n_qubits <= _CLUSTER_BITS:
        with suppress(ValueError):  # nothing to excite
            found["uccsd"] = uccsd(molecule)
    pairs: Any = space.couplings or "ring"
    if space.n_qubits == 1:
        return found | {"hardware_efficient": build_ansatz("hardware_efficient", 1, 1)}
    for name in ANSAETZE:
        if name in ("strongly_entangling", "basic_entangler", "brick_wall") and space.couplings is not None:
            continue  # they choose their pairs themselves
        found[name] = build_ansatz(name, space.n_qubits, 1, topology=pairs)
        for layers in range(2, _MOST_LAYERS):
            more = build_ansatz(name, space.n_qubits, layers, topology=pairs)
            if not within(space, more):
                break
            found[name] = more
    return found


def within(space: Space, circuit: Circuit) -> bool:
    """Whether a circuit, whatever its gates, keeps the limits of a space."""
    return space.holds(written_out(circuit))


def written_out(circuit: Circuit) -> Size:
    """Size in gates on one and two qubits: a rotation about a string of k letters takes 2 (k - 1) CX."""
    gates: list[Gate] = []
    for gate in circuit:
        if gate.name != "pauli_rotation":
            gates.append(gate)
            continue
        turns = Circuit(circuit.n_qubits)
        for q, letter in zip(gate.qubits, str(gate.payload), strict=True):
            for name in _TURNS[letter]:
                turns = turns.append(name, (q,))
        for pair in pairwise(gate.qubits):
            turns = turns.cx(*pair)
        gates += turns.rz(gate.qubits[-1], 0.0).gates + turns.inverse().gates
    whole = Circuit(circuit.n_qubits, tuple(gates))
    return Size(len(whole), whole.depth(), whole.two_qubit_count())


def trained_by_hand(
    task: Task, name: str, circuit: Circuit, budget: int, seed: int, tell: Callable[[str], None]
) -> Row:
    """The row of a hand-made circuit: the best of as many random starts as the budget pays for."""
    check_int("budget", budget, 1)
    began, spent, starts = time.perf_counter(), 0, 0
    best: Any = None
    while True:
        meter = task.goal.meter(circuit, task.backend)
        if spent + task.inner.price(meter) > budget or (starts and not meter.n_weights):
            break
        found = train(meter, task.inner, np.random.default_rng([seed, starts]))
        spent, starts = spent + found.evaluations, starts + 1
        if best is None or found.value < best.value:
            best = found
        tell(f"{spent:,} of {budget:,} evaluations, least error {task.goal.error(best.value):.4g}")
    row: Row = {
        "name": name, "weights": circuit.n_weights, **written_out(circuit)._asdict(), "spent": spent, "starts": starts,
        "fits": within(task.space, circuit), "took": time.perf_counter() - began,
    }  # fmt: skip
    if best is None:
        return row | {"error": None, "value": None, "params": None, "final": {}}
    final = circuit_scores(task, circuit, best.params, seed)
    values = {"error": task.goal.error(best.value), "value": best.value, "params": best.params.tolist()}
    return row | values | {"final": final}
