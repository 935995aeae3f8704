"""Tasks whose best circuits are known, and what holds for every search method."""

import numpy as np

from ketwork import PauliSum, Simulator
from ketwork.search import Energy, Found, Inner, Space, Task, canonical, seek

ONE = Simulator("double", threads=1)  # small circuits lose by more


def ghz_task(layers: tuple[str, ...] = (), gates: tuple[str, ...] = ("ry", "rz", "cx")) -> Task:
    """The state (|000> + |111>) / sqrt 2, the only one on which all of XXX, ZZI and IZZ are 1.

    Its error is at least 1/3 for fewer than two two-qubit gates: one qubit then stands apart, and the three operators
    cannot add up to more than 2 (of two that anticommute, such as XX and Z0, cos a XX + sin a Z0 is at most 1).
    """
    stabilisers = PauliSum.from_dict({"XXX": -1 / 3, "ZZI": -1 / 3, "IZZ": -1 / 3})
    space = Space(3, gates, max_gates=16 if layers else 8, max_two_qubit=6 if layers else 4, layers=layers)
    return Task("ghz", Energy(stabilisers, -1.0, good=1e-3), space, ONE, Inner(steps=20))


def hydrogen_task() -> Task:
    """H2 at 0.735 A on two qubits (O'Malley et al.; Kandala et al., arXiv:1704.05018): one entangled ground state."""
    terms = {"II": -1.05237325, "IZ": 0.39793742, "ZI": -0.39793742, "ZZ": -0.01128010, "XX": 0.18093119}
    energy = PauliSum.from_dict(terms)
    lowest = float(np.linalg.eigvalsh(energy.matrix())[0])
    return Task("H2", Energy(energy, lowest, "Ha", 1.6e-3), Space(2, max_gates=8), ONE, Inner(steps=20))


def errors(task: Task, method: str, budget: int, seeds: int, **options: object) -> list[float]:
    """The errors of the best circuits of several seeds; all within the budget and the space."""
    found = [seek(task, method, budget, seed, **options) for seed in range(seeds)]
    for one in found:
        assert one.spent <= budget and one.best is not None
        assert one.best.error == min(error for _, error in one.errors)
        for score in one.front:
            assert task.space.fits(score.architecture)
            error = task.goal.error(task.meter(score.architecture).value(score.params))
            assert abs(score.error - error) < 1e-9
    return [one.best.error for one in found if one.best is not None]


def same(a: Found, b: Found) -> bool:
    """Whether two searches went the same way."""
    return (
        (a.trace, a.errors, a.spent, a.notes) == (b.trace, b.errors, b.spent, b.notes)
        and a.best is not None
        and b.best is not None
        and canonical(a.best.architecture) == canonical(b.best.architecture)
    )
