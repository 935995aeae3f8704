"""Training of a circuit with a head: mini-batches or the whole set at every step, with all that can interrupt it.

A `Trainee` says what is trained (circuit, observables, head, loss), a `Plan` how, `Samples` hold the data, and a
`Progress` is where it stands: enough to go on as if nothing had happened.
"""

import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ketwork import seeds
from ketwork.backends import protocol
from ketwork.backends.shift import count_shifts
from ketwork.circuit import Angle, Circuit
from ketwork.engine.simulator import Simulator
from ketwork.models.heads import Head
from ketwork.models.losses import Loss
from ketwork.operators import PauliSum
from ketwork.optimize import GRADIENT_STEPS, METHODS, methods_with, minimize

Floats = NDArray[np.floating[Any]]
OPTIMIZERS = methods_with("value", "gradient", "metric", "blocks", "fidelity")
"""The optimisers that can train a model: those of `GRADIENT_STEPS` in mini-batches, the others on the whole set."""
_DEFAULTS = {"spsa": {"a": 0.1, "c": 0.1}}  # calibrating costs more than it gives


@dataclass(frozen=True)
class Samples:
    """Inputs (N, n_inputs) of a circuit, targets (N,) or (N, K), weights of the samples (N,), (N, K) or None for 1."""

    inputs: Floats
    targets: NDArray[Any]
    weights: Floats | None = None

    def __len__(self) -> int:
        return len(self.inputs)

    def take(self, rows: Any) -> "Samples":
        """Some of the samples."""
        return Samples(self.inputs[rows], self.targets[rows], None if self.weights is None else self.weights[rows])


@dataclass(frozen=True)
class Trainee:
    """What is trained: the weights of a circuit (unless they are `frozen`) and the numbers of a head.

    The parameters of a training are one array: the circuit's weights, then the head's numbers.
    """

    circuit: Circuit
    observables: list[PauliSum]
    head: Head
    loss: Loss
    backend: Any
    frozen: bool = False

    @property
    def first_free(self) -> int:
        """Where the parameters that move begin."""
        return self.circuit.n_weights if self.frozen else 0

    @property
    def n_free(self) -> int:
        """How many parameters move."""
        return self.circuit.n_weights + self.head.n_params - self.first_free

    def start(self, rng: np.random.Generator) -> Floats:
        """Random weights around zero, scales of a feature around their share; a frozen circuit has any angles."""
        weights = rng.normal(0, np.pi / 2 if self.frozen else 0.3, self.circuit.n_weights)
        products = {
            slot.index
            for gate in self.circuit
            for param in gate.params
            for _, slots in getattr(param, "terms", ())
            if len(slots) > 1
            for slot in slots
            if slot.kind == "w"
        }
        for k in sorted(products):
            weights[k] = rng.normal(0, 0.5)
        return np.concatenate([weights, self.head.start(rng)])

    def split(self, params: Floats) -> tuple[Floats, Floats]:
        """The circuit's weights and the head's numbers."""
        return params[: self.circuit.n_weights], params[self.circuit.n_weights :]

    def outputs(self, params: Floats, inputs: Floats) -> Floats:
        """Outputs (B, K) of the head."""
        weights, own = self.split(params)
        return self.head.outputs(self.backend.expectation(self.circuit, self.observables, inputs, weights), own)

    def value(self, params: Floats, samples: Samples) -> float:
        """The mean loss on samples, with the head's penalty."""
        outputs = self.outputs(params, samples.inputs)
        return self.loss(outputs, samples.targets, samples.weights)[0] + self.head.penalty(self.split(params)[1])[0]

    def value_and_gradient(self, params: Floats, samples: Samples) -> tuple[float, Floats]:
        """The same, and its gradient by the parameters that move, (n_free,)."""
        weights, own = self.split(params)
        asked = self.circuit, self.observables, samples.inputs, weights
        if self.frozen:
            values = self.backend.expectation(*asked)
        else:
            values, pull_back = protocol.value_and_pullback(self.backend, *asked, inputs=False)
        loss, by_outputs = self.loss(self.head.outputs(values, own), samples.targets, samples.weights)
        by_values, by_own = self.head.pull_back(values, own, by_outputs)
        penalty, by_penalty = self.head.penalty(own)
        by_own = by_own + by_penalty
        return loss + penalty, by_own if self.frozen else np.concatenate([pull_back(by_values).w, by_own])

    @cached_property
    def circuits(self) -> tuple[int, int]:
        """Circuits that a device would run for a sample: for its value, and for its gradient by the shift rule too."""
        value = protocol.cost(self.backend, self.circuit, self.observables, 1).circuits
        return value, value * (1 + (0 if self.frozen else count_shifts(self.circuit, inputs=False)))

    def metric(self, params: Floats, inputs: Floats) -> Floats:
        """The Fubini-Study metric of the circuit's weights, the head's numbers each for itself: (n_free, n_free)."""
        result = np.eye(len(params))
        count = self.circuit.n_weights
        result[:count, :count] = _geometry(self.backend).metric(self.circuit, inputs, params[:count])
        return result[self.first_free :, self.first_free :]

    @property
    def blocks(self) -> NDArray[np.int64]:
        """The layer (n_free,) of every weight, by how early its first gate can act; the head's numbers are one block.

        Source: Stokes et al., Quantum 4 (2020) 269, arXiv:1909.02108, sec. 3 (a block a layer).
        """
        first: dict[int, int] = {}
        ends: dict[int, int] = {}
        for gate in self.circuit:
            level = 1 + max((ends.get(q, 0) for q in gate.qubits), default=0)
            ends.update(dict.fromkeys(gate.qubits, level))
            slots = {slot for param in gate.params if isinstance(param, Angle) for slot in param.slots}
            for slot in slots:
                if slot.kind == "w":
                    first.setdefault(slot.index, level)
        layers = [first.get(k, 0) for k in range(self.circuit.n_weights)]
        return np.array([*layers, *[-1] * self.head.n_params])[self.first_free :] + 1

    def fidelity(self, p: Floats, q: Floats, inputs: Floats) -> float:
        """How alike the states at two parameter vectors are, the mean over samples; that of the head's numbers is
        exp(-|difference|^2), which has the unit matrix as its metric."""
        simulator = _geometry(self.backend)
        (a, one), (b, other) = self.split(p), self.split(q)
        overlaps = (simulator.state(self.circuit, inputs, a).conj() * simulator.state(self.circuit, inputs, b)).sum(1)
        return float(np.mean(np.abs(overlaps) ** 2) * np.exp(-((one - other) ** 2).sum()))


def _geometry(backend: Any) -> Simulator:
    """A simulator that knows states. Raises: ValueError where there is none."""
    if not isinstance(backend, Simulator) or backend.shots is not None:
        raise ValueError("This optimizer needs the states of an ideal simulator, but `backend` is another.")
    return backend


@dataclass(frozen=True)
class Plan:
    """How to train: see the estimators' parameters of the same names. `falling`: the learning rate of mini-batches
    falls to zero along a half cosine over all epochs."""

    optimizer: str
    learning_rate: float
    epochs: int
    batch_size: int
    patience: int
    options: dict[str, Any] = field(default_factory=dict)
    falling: bool = True
    verbose: bool = False
    callbacks: Any = None

    @property
    def in_batches(self) -> bool:
        """Whether the optimiser steps through mini-batches."""
        return self.optimizer in GRADIENT_STEPS

    def rate(self, epoch: int) -> float:
        """The learning rate of an epoch, counted from 0."""
        return self.learning_rate * (0.5 * (1 + np.cos(np.pi * epoch / self.epochs)) if self.falling else 1.0)


@dataclass
class Progress:
    """Where a training stands.

    params: after the last whole epoch; best_params: where the loss that is watched was lowest. state: that of
    `optimizer`. parts: the rows that are trained on and those that are held back, None for all and none.
    evaluations: circuits a device would have run. ended: why it stopped, "" while it has not.
    """

    params: Floats
    rng: np.random.Generator
    best_params: Floats
    best_loss: float = float("inf")
    best_epoch: int = 0
    epoch: int = 0
    state: dict[str, Any] | None = None
    history: list[dict[str, float]] = field(default_factory=list)
    parts: tuple[NDArray[np.int64], NDArray[np.int64]] | None = None
    evaluations: int = 0
    optimizer: str = ""
    ended: str = ""

    @classmethod
    def begin(cls, params: Floats, rng: np.random.Generator) -> "Progress":
        """Before the first epoch."""
        return cls(params, rng, params.copy())

    def take_up(self, optimizer: str) -> None:
        """Go on with an optimiser, which starts anew when it is another than before."""
        if optimizer != self.optimizer:
            self.optimizer, self.state = optimizer, None


def train(trainee: Trainee, plan: Plan, samples: Samples, progress: Progress) -> None:
    """Go on from where `progress` stands up to `plan.epochs`, early end or Ctrl-C, which keeps the best and warns."""
    progress.ended = ""
    progress.take_up(plan.optimizer)
    held = None
    if progress.parts is not None:
        samples, held = (samples.take(rows) for rows in progress.parts)
    if not trainee.n_free:  # a frozen circuit whose values are the answer
        _after_epoch(trainee, plan, progress, held, trainee.value(progress.params, samples))
        progress.evaluations += len(samples) * trainee.circuits[0]
        progress.ended = "nothing to train"
        return
    before = seeds.save(progress.rng)
    try:
        if plan.in_batches:
            for epoch in range(progress.epoch, plan.epochs):
                before = seeds.save(progress.rng)
                loss = one_epoch(trainee, plan, samples, progress, plan.rate(epoch))
                before = seeds.save(progress.rng)
                if _after_epoch(trainee, plan, progress, held, loss):
                    break
        elif plan.epochs > progress.epoch:
            _whole(trainee, plan, samples, held, progress)
    except KeyboardInterrupt:
        progress.rng = seeds.restore(before)  # an epoch that is not done is done again
        progress.ended = "interrupted"
    if progress.ended == "interrupted":
        warnings.warn("Training was interrupted; the best weights so far are kept.", stacklevel=4)
    progress.ended = progress.ended or "all epochs done"


def one_epoch(trainee: Trainee, plan: Plan, samples: Samples, progress: Progress, rate: float) -> float:
    """One pass in mini-batches of random order; the mean loss on the way. `progress` changes when all is done."""
    step = GRADIENT_STEPS[plan.optimizer]
    options = {**plan.options, "learning_rate": rate}
    params, free = progress.params.copy(), slice(trainee.first_free, None)
    state = step.init(params[free], **options) if progress.state is None else progress.state
    order, total = progress.rng.permutation(len(samples)), 0.0
    for first in range(0, len(samples), plan.batch_size):
        batch = order[first : first + plan.batch_size]
        loss, gradient = trainee.value_and_gradient(params, samples.take(batch))
        progress.evaluations += len(batch) * trainee.circuits[1]
        params[free], state = step.update(gradient, state, params[free], **options)
        total += loss * len(batch)
    progress.params, progress.state = params, state
    return total / len(samples)


def _whole(trainee: Trainee, plan: Plan, samples: Samples, held: Samples | None, progress: Progress) -> None:
    """The whole training set at every step, by `optimize.minimize`."""
    row, free = METHODS[plan.optimizer], slice(trainee.first_free, None)
    fixed = progress.params.copy()

    def full(point: Floats) -> Floats:
        fixed[free] = point
        return fixed.copy()

    def value(point: Floats) -> float:
        progress.evaluations += len(samples) * trainee.circuits[0]
        return trainee.value(full(point), samples)

    def value_and_gradient(point: Floats) -> tuple[float, Floats]:
        progress.evaluations += len(samples) * trainee.circuits[1]
        return trainee.value_and_gradient(full(point), samples)

    def after(_: int, point: Floats, loss: float) -> bool:
        progress.params = full(point)
        return _after_epoch(trainee, plan, progress, held, loss)

    given: dict[str, Any] = {
        "learning_rate": plan.learning_rate,
        "metric": lambda point: trainee.metric(full(point), samples.inputs),
        "fidelity": lambda p, q: trainee.fidelity(full(p), full(q), samples.inputs),
    }
    if "blocks" in row.needs:
        given["blocks"] = trainee.blocks
    taken = {name: given[name] for name in given if name in (row.options or {})}
    result = minimize(
        value_and_gradient if "gradient" in row.needs else value,
        progress.params[free],
        plan.optimizer,
        plan.epochs - progress.epoch,
        callback=after,
        state=progress.state,
        seed=progress.rng,
        **{**taken, **_DEFAULTS.get(plan.optimizer, {}), **plan.options},
    )
    progress.state = result.state
    if result.message == "interrupted":
        progress.ended = "interrupted"


def _after_epoch(trainee: Trainee, plan: Plan, progress: Progress, held: Samples | None, loss: float) -> bool:
    """Note an epoch, keep the best parameters, and say whether to stop."""
    watched = loss
    if held is not None:
        watched = trainee.value(progress.params, held)
        progress.evaluations += len(held) * trainee.circuits[0]
    progress.epoch += 1
    entry = {"epoch": progress.epoch, "loss": loss, "validation_loss": watched if held is not None else float("nan")}
    progress.history.append(entry)
    if watched < progress.best_loss:
        progress.best_loss, progress.best_params, progress.best_epoch = watched, progress.params.copy(), progress.epoch
    if plan.verbose:
        print(
            f"epoch {progress.epoch:4d}  loss {loss:.4f}" + (f"  held back {watched:.4f}" if held is not None else "")
        )
    listeners: list[Callable[[dict[str, float]], Any]] = plan.callbacks or []
    if any(tuple(bool(listener(dict(entry))) for listener in listeners)):
        progress.ended = "stopped by a callback"
    elif held is not None and progress.epoch - progress.best_epoch >= plan.patience:
        progress.ended = "no better for long"
    return bool(progress.ended)
