"""What the best circuit of a search is worth where the search has not looked: other noise, mitigation, test data."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ketwork.checks import check_real
from ketwork.circuit import Circuit
from ketwork.mitigate import zne
from ketwork.noise import Confusion, NoiseModel
from ketwork.search.canonical import Place
from ketwork.search.learning_goal import Classification
from ketwork.search.tasks import Score, Task, as_trained
from ketwork.seeds import Seed, generator

Floats = NDArray[np.floating[Any]]
SPREAD = 0.3
"""Of the logarithm of what every strength of a drifted noise model is multiplied by."""

CONDITIONS = ("ideal", "noisy", "held_out", "mitigated")
"""What a circuit is read under: nothing; the task's noise; a drifted one; the task's noise, undone as far as can be."""


def final_scores(task: Task, score: Score, seed: int = 0) -> dict[str, float | None]:
    """The error of a found circuit with its angles under each of `CONDITIONS`, and its accuracy on test data.

    Keys: the conditions; for data also "accuracy_" + condition, the share of right answers on test data. None where the
    task has no noise, or its data no test part. Values are exact, also where the task draws shots: what is compared are
    circuits, not luck. "held_out" is the noise of the task after a drift that the search has not seen (`drifted`, by
    `seed`). "mitigated": readout errors undone by their matrices, then zero-noise extrapolation along a line through
    noise folded 1, 3 and 5 times, as in `mitigate.readout` and `mitigate.zne` with unlimited shots.
    Nothing is trained anew.
    """
    return scores_of(task, score.architecture, score.params, seed)


def scores_of(task: Task, architecture: Sequence[Place], params: Floats, seed: int = 0) -> dict[str, float | None]:
    """`final_scores` of an architecture with angles in the order of its gates."""
    form, angles = as_trained(architecture, params)
    return circuit_scores(task, task.space.circuit(form), angles, seed)


def circuit_scores(task: Task, circuit: Circuit, params: Floats, seed: int = 0) -> dict[str, float | None]:
    """`final_scores` of any circuit of weights (P,) on the qubits of the task, such as one made by hand."""
    angles, found = np.asarray(params, float), dict[str, float | None]()
    backends = _backends(task.backend, seed)
    for name in CONDITIONS:
        found[name] = _error(task, circuit, angles, backends[name]) if name in backends else None
    if isinstance(task.goal, Classification):
        for name in CONDITIONS:
            found[f"accuracy_{name}"] = (
                _accuracy(task.goal, circuit, angles, backends[name]) if name in backends else None
            )
    return found


def _accuracy(goal: Classification, circuit: Circuit, params: Floats, backend: Any) -> float | None:
    return None if goal.test is None else 1 - goal.judge(circuit, backend, params, goal.test)[1]


def _error(task: Task, circuit: Circuit, params: Floats, backend: Any) -> float:
    meter = task.goal.meter(circuit, backend)
    return float(task.goal.error(getattr(meter, "final", meter.value)(params)))


def _backends(backend: Any, seed: int) -> dict[str, Any]:
    """The backends of the conditions that there are."""
    found: dict[str, Any] = {"ideal": None}
    noise = getattr(backend, "noise", None)
    if noise is None or noise.is_empty:
        return found
    exact = replace(backend, shots=None)
    found["noisy"] = exact
    found["held_out"] = replace(exact, noise=drifted(noise, seed))
    found["mitigated"] = zne(replace(exact, noise=noise.without_readout()), seed=seed)
    return found


def drifted(noise: NoiseModel, seed: Seed = 0, spread: float = SPREAD) -> NoiseModel:
    """The noise of another day: every channel at every place, waiting, and every readout error, each by a factor of its
    own, exp(spread g) with g from the normal distribution.

    A channel's factor is by how much longer its cause acts (`NoiseModel.scaled`); a readout error's multiplies the
    chances to be misread, which stay below one half. It is a stand-in for the changes of a machine between
    calibrations, no model of any. Places differ since fluctuations are local to a qubit.
    Source: Burnett et al., arXiv:1901.04417 (for the last sentence alone).
    """
    check_real("spread", spread, 0.0)
    rng = generator(seed)

    def factor() -> float:
        return float(np.exp(spread * rng.standard_normal()))

    def misread(confusion: Confusion) -> Confusion:
        matrix = np.asarray(confusion.matrix)
        off = np.eye(len(matrix)) - matrix
        most = float(np.diag(off).max())
        times = factor()
        return Confusion(
            confusion.qubits, np.eye(len(matrix)) - off * (min(times, max(1.0, 0.5 / most)) if most else 1)
        )

    rules = tuple(replace(rule, channel=rule.channel.stretched(factor())) for rule in noise.rules)
    waiting = tuple(idle.stretched(factor()) for idle in noise.waiting)
    readouts = tuple(misread(confusion) for confusion in noise.readouts)
    every = None if noise.every_readout is None else misread(noise.every_readout)
    return replace(noise, rules=rules, waiting=waiting, readouts=readouts, every_readout=every, _memo={})
