"""Data to classify as the goal of a search: angles are found on training data, circuits compared on validation data."""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ketwork.backends import protocol
from ketwork.backends.shift import count_shifts
from ketwork.checks import check_choice, check_int, check_real
from ketwork.circuit import Circuit
from ketwork.engine.simulator import Simulator
from ketwork.models.heads import Chances, Head, Tempered
from ketwork.models.losses import cross_entropy
from ketwork.models.readout import class_observables, class_projectors, qubits_to_tell
from ketwork.models.training import Samples, Trainee
from ketwork.operators import PauliSum
from ketwork.search.raw_features import Preparation
from ketwork.seeds import generator
from ketwork.solve.vqe import draws

Floats = NDArray[np.floating[Any]]
READOUTS = ("observables", "single_shot")
MEASURES = ("loss", "error")


@dataclass(frozen=True, eq=False)
class Classification:
    """What a classifier gets wrong on validation data, after its angles were found on training data.

    The circuit is `encoding` (inputs x, no weights), then the searched one; both again, with the same angles, for every
    upload after the first. Nothing but the searched circuit is trained.
    train, validation, test: inputs (N, encoding.n_inputs) and numbers of classes (N,); test data are for the score at
    the end alone. readout: "observables": the softmax of `sharpness` times the values of one string of Z a class, on
    few qubits first; "single_shot": what the first ceil(log2 K) qubits are read as. batch: training samples, drawn
    anew for every evaluation; None for all. measure: what `final` gives, "loss" (cross-entropy) or "error" (the share
    of wrong answers). prepared: what the inputs were made by, for samples that come later. An evaluation of the circuit
    for one sample counts as one.
    Raises: ValueError for an encoding with weights, parts that do not fit it, less than two classes or a part without
    samples.
    Source: Liu, Simonyan, Yang, DARTS, arXiv:1806.09055, eqs. 3 and 4 (weights by the training loss, architectures by
    the validation loss).
    """

    encoding: Circuit
    train: Samples
    validation: Samples
    n_classes: int
    test: Samples | None = None
    readout: str = "observables"
    sharpness: float = 4.0
    uploads: int = 1
    batch: int | None = None
    measure: str = "loss"
    seed: int = 0
    unit: str = ""
    good: float | None = None
    prepared: Preparation | None = None

    def __post_init__(self) -> None:
        check_choice("readout", self.readout, READOUTS)
        check_choice("measure", self.measure, MEASURES)
        check_int("n_classes", self.n_classes, 2)
        check_int("uploads", self.uploads, 1)
        if check_real("sharpness", self.sharpness) <= 0:
            raise ValueError(f"Argument `sharpness` must be above 0, but is {self.sharpness}.")
        if self.batch is not None:
            check_int("batch", self.batch, 1, len(self.train))
        if self.encoding.n_weights:
            raise ValueError(f"Argument `encoding` must have inputs only, but has {self.encoding.n_weights} weights.")
        for name in ("train", "validation", "test"):
            part = getattr(self, name)
            if part is not None:
                self._check_part(name, part)
        _ = self.observables  # refuses more classes than can be told apart

    def _check_part(self, name: str, part: Samples) -> None:
        if not len(part):
            raise ValueError(f"Argument `{name}` must hold samples, but holds none.")
        inputs = np.asarray(part.inputs)
        if inputs.ndim != 2 or inputs.shape[1] != self.encoding.n_inputs or not np.isfinite(inputs).all():
            raise ValueError(
                f"Argument `{name}` must hold finite inputs (N, {self.encoding.n_inputs}), but they have the shape "
                f"{inputs.shape}."
            )
        labels = np.asarray(part.targets)
        if labels.shape != (len(inputs),) or labels.min() < 0 or labels.max() >= self.n_classes:
            raise ValueError(f"Argument `{name}` must hold classes from 0 to {self.n_classes - 1}, one a sample.")

    @property
    def n_qubits(self) -> int:
        """Of the encoding."""
        return self.encoding.n_qubits

    @property
    def X(self) -> Floats:
        """Inputs (N, n_inputs) of the training data."""
        return self.train.inputs

    @property
    def y(self) -> NDArray[Any]:
        """Numbers of classes (N,) of the training data."""
        return self.train.targets

    @cached_property
    def observables(self) -> list[PauliSum]:
        """What is read, one a class."""
        n, count = self.n_qubits, self.n_classes
        if self.readout == "observables":
            return class_observables(n, count)
        qubits = qubits_to_tell(count)
        if qubits > n:
            raise ValueError(f"{count} classes need {qubits} qubits to be told apart, but the encoding has {n}.")
        return class_projectors(n, range(qubits), count)

    @cached_property
    def head(self) -> Head:
        """From values to outputs; its number is fixed, not trained."""
        return Tempered(self.n_classes) if self.readout == "observables" else Chances()

    @cached_property
    def head_params(self) -> Floats:
        """The head's numbers (1,) or (0,)."""
        return np.full(self.head.n_params, np.log(self.sharpness))

    def whole(self, circuit: Circuit) -> Circuit:
        """The circuit with its data."""
        return (self.encoding + circuit).repeat(self.uploads)

    def trainee(self, circuit: Circuit, backend: Any) -> Trainee:
        """What `models.training` knows how to evaluate."""
        where = Simulator("double") if backend is None else backend
        return Trainee(self.whole(circuit), self.observables, self.head, cross_entropy, where)

    def outputs(self, circuit: Circuit, backend: Any, w: Floats, inputs: Floats) -> Floats:
        """Outputs (N, K) of a circuit of the space for inputs (N, n_inputs); the largest is the answer."""
        return self.trainee(circuit, backend).outputs(np.concatenate([w, self.head_params]), inputs)

    def judge(self, circuit: Circuit, backend: Any, w: Floats, samples: Samples) -> tuple[float, float]:
        """(cross-entropy, share of wrong answers) on samples."""
        outputs = self.outputs(circuit, backend, w, samples.inputs)
        loss = cross_entropy(outputs, samples.targets, samples.weights)[0]
        return float(loss), float(np.mean(outputs.argmax(axis=1) != samples.targets))

    def meter(self, circuit: Circuit, backend: Any) -> "LearningMeter":
        """The training loss by the angles."""
        return LearningMeter(self, circuit, backend)

    def error(self, value: float) -> float:
        """The value itself: a loss or a share of wrong answers, both 0 at best."""
        return value


class LearningMeter:
    """The training loss of a circuit by its angles; `final` judges angles by the validation data."""

    def __init__(self, goal: Classification, circuit: Circuit, backend: Any) -> None:
        self.goal, self.circuit, self.backend = goal, circuit, backend
        self.trainee = goal.trainee(circuit, backend)
        self.n_weights, self.evaluations, self._turn = circuit.n_weights, 0, 0
        count = len(goal.train) if goal.batch is None else goal.batch
        self.price = (count, count * (1 + count_shifts(self.trainee.circuit, inputs=False)))
        self.final_price = len(goal.validation)
        self.exact = goal.batch is None and not draws(self.trainee.backend)
        self._rng = generator(goal.seed)

    def value(self, w: Floats) -> float:
        """The mean loss on training samples at w (P,)."""
        self.evaluations += self.price[0]
        return float(self._next().value(self._params(w), self._batch()))

    def value_and_gradient(self, w: Floats) -> tuple[float, Floats]:
        """At w (P,)."""
        self.evaluations += self.price[1]
        value, gradient = self._next().value_and_gradient(self._params(w), self._batch())
        return float(value), np.asarray(gradient[: self.n_weights], float)

    def final(self, w: Floats) -> float:
        """What w (P,) is worth on the validation data."""
        self.evaluations += self.final_price
        backend = self._next().backend
        loss, wrong = self.goal.judge(self.circuit, backend, np.asarray(w, float), self.goal.validation)
        return loss if self.goal.measure == "loss" else wrong

    def draw_batches(self, number: int) -> None:
        """Draw batches from now on by random numbers of their own."""
        self._rng = generator(np.random.SeedSequence([self.goal.seed, number]))

    def _params(self, w: Floats) -> Floats:
        return np.concatenate([np.asarray(w, float), self.goal.head_params])

    def _next(self) -> Trainee:
        """The trainee with random numbers that no evaluation before has used."""
        backend = protocol.apart(self.trainee.backend, self._turn)
        self._turn += 1
        return self.trainee if backend is self.trainee.backend else replace(self.trainee, backend=backend)

    def _batch(self) -> Samples:
        goal = self.goal
        if goal.batch is None:
            return goal.train
        return goal.train.take(self._rng.choice(len(goal.train), goal.batch, replace=False))
