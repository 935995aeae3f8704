"""Hand-made circuits on the task of a search: trained as the search trains, with the budget of a search."""

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from ketwork.checks import check_int
from ketwork.circuit import Circuit
from ketwork.experiments.ledger import Row
from ketwork.models.ansatz import build_ansatz
from ketwork.search.inner import train
from ketwork.search.space import Space
from ketwork.search.tasks import Task

ANSAETZE = (
    "hardware_efficient", "strongly_entangling", "efficient_su2", "real_amplitudes", "basic_entangler", "brick_wall",
)  # fmt: skip
"""Names of `models.ansatz` that are compared with what searches find."""
_MOST_LAYERS = 50


def hand_made(task: Task) -> dict[str, Circuit]:
    """Circuits by name, each with as many layers as the limits of the task's space allow, at least one."""
    space, found = task.space, dict[str, Circuit]()
    pairs: Any = space.couplings or "ring"
    if space.n_qubits == 1:
        return {"hardware_efficient": build_ansatz("hardware_efficient", 1, 1)}
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
    sizes = len(circuit), circuit.depth(), circuit.two_qubit_count()
    limits = space.max_gates, space.max_depth, space.max_two_qubit
    return all(limit is None or size <= limit for size, limit in zip(sizes, limits, strict=True))


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
    row = {
        "name": name, "weights": circuit.n_weights, "gates": len(circuit), "depth": circuit.depth(),
        "two_qubit": circuit.two_qubit_count(), "fits": within(task.space, circuit), "spent": spent, "starts": starts,
        "took": time.perf_counter() - began,
    }  # fmt: skip
    if best is None:
        return row | {"error": None, "value": None, "params": None}
    return row | {"error": task.goal.error(best.value), "value": best.value, "params": best.params.tolist()}
