"""A made-up run of `ketwork search`, for tests of its report."""

from pathlib import Path

from ketwork.experiments.searching import Searched
from ketwork.experiments.searching_task import SearchTask
from ketwork.operators import load_molecule
from ketwork.search import Setting, ground_state

METHODS = ("random", "annealing", "grow")


def circuit(error):
    """A circuit's row."""
    architecture = [["ry", [0]], ["cx", [0, 1]]]
    return {"architecture": architecture, "params": [0.3], "error": error, "value": error - 1.1, "gates": 2,
            "depth": 2, "two_qubit": 1}  # fmt: skip


def row(method, seed, error, noisy=False, accuracy=None):
    """A method's row; error None for a search that trained nothing."""
    found = error is not None
    final = {"ideal": error, "noisy": None, "held_out": None, "mitigated": None} if found else {}
    if noisy and found:
        final |= {"noisy": 2 * error, "held_out": 2.5 * error, "mitigated": 1.2 * error}
    if accuracy is not None:
        final |= {"accuracy_ideal": accuracy, "accuracy_noisy": None}
    trace = [[100, 1.0], [900, error]] if found else []
    return {
        "method": method, "seed": seed, "trace": trace, "errors": trace, "best": circuit(error) if found else None,
        "front": [circuit(error)] if found else [], "spent": 1000, "took": 2.0, "circuits": len(trace),
        "notes": {"losses": [3.0, 2.0, 1.0, 0.5, 0.1], "empty": []} if method == "grow" else {},
        "message": "The budget of 1000 circuit evaluations is spent (900 so far).", "final": final,
    }  # fmt: skip


def searched(seeds=3, noisy=False, accuracy=None, errors=None, folder=Path("run"), references=True):
    """The run. errors: by method, of every seed."""
    config = SearchTask("H2_0.7414_2q", ("annealing", "grow"), budget=1000, seeds=seeds)
    task = ground_state(load_molecule("H2"), Setting(), name="H2")
    given = errors or {"random": 0.1, "annealing": 0.05, "grow": 1e-4}
    rows = [
        row(name, seed, given[name] * (1 + 0.01 * seed * (name != "grow")) if given[name] is not None else None,
            noisy, accuracy)
        for name in METHODS for seed in range(seeds)
    ]  # fmt: skip
    hand = {"name": "brick_wall", "weights": 4, "spent": 900, "starts": 3, "took": 0.5, "fits": False,
            "final": {"ideal": 0.02}, **circuit(0.02)}  # fmt: skip
    bare = hand | {"name": "uccsd", "fits": True, "error": None, "value": None, "params": None, "final": {}}
    return Searched(config, task, 1000, METHODS, rows, [hand, bare] if references else [], folder, 5.0)
