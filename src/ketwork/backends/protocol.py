"""The contract: what a backend is, and what can be done with any of them."""

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ketwork.backends.shift import shifted_circuits
from ketwork.checks import check_array
from ketwork.circuit.circuit import Circuit
from ketwork.engine.batch import Gradient
from ketwork.engine.door import check_observables
from ketwork.engine.sampling import Bits
from ketwork.operators.grouping import group_qubitwise

Floats = NDArray[np.floating[Any]]


class Backend(Protocol):
    """Anything that runs circuits.

    Beyond these two, a backend may have `value_and_pullback`, `expectation_of_each`, `compile` and `cost`; the
    functions of this module use them where they are there, and do without where they are not. A backend that has a
    pullback only sometimes says so by a property `differentiable`.
    """

    def expectation(self, circuit: Circuit, observables: Any, x: Any = None, w: Any = None) -> Floats:
        """Expectation values (B, M) of M observables for inputs x (B, F) and weights w (P,)."""
        ...

    def sample(
        self,
        circuit: Circuit,
        x: Any = None,
        w: Any = None,
        shots: int = 1024,
        qubits: Sequence[int] | None = None,
        seed: Any = None,
    ) -> Bits:
        """Shots (B, shots, k) of 0 and 1."""
        ...


@dataclass(frozen=True)
class Cost:
    """What a call will cost: circuits that are run, shots in all (0 where values are exact), and seconds if known."""

    circuits: int
    shots: int
    seconds: float | None = None


@dataclass(frozen=True)
class Compiled:
    """A circuit as a backend runs it. backend: runs `circuit` literally, gate by gate. layout: where each qubit of the
    original circuit is at the end."""

    backend: Any
    circuit: Circuit
    layout: tuple[int, ...]


def each(backend: Backend, circuits: Sequence[Circuit], observables: Any, x: Any = None, w: Any = None) -> Floats:
    """Expectation values (K, B, M) of the same observables for several circuits with the same inputs and weights.

    Circuits may ignore inputs or weights that others use. What is drawn for them is independent (`apart`).
    """
    if not len(circuits):
        raise ValueError("Argument `circuits` must hold at least one circuit, but is empty.")
    together = getattr(backend, "expectation_of_each", None)
    if together is not None:
        return np.asarray(together(circuits, observables, x, w))
    return np.stack([
        apart(backend, k).expectation(c, observables, *own_slots(c, x, w)) for k, c in enumerate(circuits)
    ])  # fmt: skip


def apart(backend: Any, number: int) -> Any:
    """The backend for the `number`-th of several circuits: with a seed of its own, made from the backend's, so that
    circuits are not read with the same random numbers. Itself for the first, and where its seed is no number."""
    own = getattr(backend, "apart", None)
    if number == 0:
        return backend
    if own is not None:
        return own(number)
    if not isinstance(getattr(backend, "seed", None), int | np.integer | np.random.SeedSequence):
        return backend
    result = copy.copy(backend)  # shares what it remembers
    object.__setattr__(result, "seed", seed_of(backend.seed, number))
    return result


def seed_of(seed: Any, number: int) -> Any:
    """The seed of the `number`-th piece of work; what is no number and no SeedSequence stays as it is."""
    if isinstance(seed, np.random.SeedSequence):
        return np.random.SeedSequence(seed.entropy, spawn_key=(*seed.spawn_key, number))
    if not isinstance(seed, int | np.integer):
        return seed
    return int(np.random.SeedSequence([int(seed), number]).generate_state(1)[0] >> 1)


def own_slots(circuit: Circuit, x: Any, w: Any) -> tuple[Any, Any]:
    """The inputs and weights that a circuit has, out of those that a family of circuits shares."""
    inputs = None if x is None else check_array("x", x, 2)
    if inputs is not None and inputs.shape[1] > circuit.n_inputs:
        inputs = inputs[:, : circuit.n_inputs]
    weights = None if w is None else check_array("w", w, 1)[: circuit.n_weights]
    return inputs, weights


def with_all_slots(pull_back: Callable[[Any], Gradient], circuit: Circuit) -> Callable[[Any], Gradient]:
    """The pullback of a rewritten circuit as that of `circuit`: zeros for slots that were found to have no effect."""

    def widened(array: Floats, size: int) -> Floats:
        missing = size - array.shape[-1]
        return np.concatenate([array, np.zeros((*array.shape[:-1], missing), array.dtype)], axis=-1)

    def full(cotangent: Any) -> Gradient:
        found = pull_back(cotangent)
        return replace(found, x=widened(found.x, circuit.n_inputs), w=widened(found.w, circuit.n_weights))

    return full


def compiled(backend: Backend, circuit: Circuit) -> Compiled:
    """The circuit as the backend runs it; simulators run it as it is."""
    compile_ = getattr(backend, "compile", None)
    if compile_ is None:
        return Compiled(backend, circuit, tuple(range(circuit.n_qubits)))
    result: Compiled = compile_(circuit)
    return result


def cost(backend: Backend, circuit: Circuit, observables: Any, batch: int = 1) -> Cost:
    """What `expectation` of a batch will cost; a backend without a `cost` of its own runs a circuit a sample, or, with
    `shots`, reads one that often in every basis."""
    own: Any = getattr(backend, "cost", None)
    shots: Any = getattr(backend, "shots", None)
    if own is None and shots is None:
        return Cost(batch, 0)
    if own is None:
        runs = batch * len(group_qubitwise(check_observables(circuit.n_qubits, observables)))
        return Cost(runs, runs * shots)
    result: Cost = own(circuit, observables, batch)
    return result


def value_and_pullback(
    backend: Backend, circuit: Circuit, observables: Any, x: Any = None, w: Any = None, inputs: bool = True
) -> tuple[Floats, Callable[[Any], Gradient]]:
    """Expectation values (B, M), and a function from their cotangents (B, M) to a `Gradient`.

    The backend's own way where it has one; else the parameter-shift rule, which needs nothing but expectation values:
    two circuits for most angles, four for the few with two frequencies (`backends.shift`). inputs: False where the
    gradient by the inputs is not wanted, so that no circuit is run for it; it then comes out as 0 or incomplete.
    """
    own = getattr(backend, "value_and_pullback", None)
    if own is not None and getattr(backend, "differentiable", True):
        result: tuple[Floats, Callable[[Any], Gradient]] = own(circuit, observables, x, w)
        return result
    values = backend.expectation(circuit, observables, x, w)
    rows = np.zeros((len(values), 0)) if x is None else check_array("x", x, 2)
    weights = np.zeros(0) if w is None else check_array("w", w, 1)

    def pull_back(cotangent: Any) -> Gradient:
        by_value = check_array("cotangent", cotangent, 2)
        if by_value.shape != values.shape:
            raise ValueError(f"Argument `cotangent` must have shape {values.shape}, but has {by_value.shape}.")
        terms = shifted_circuits(circuit, inputs)
        gx, gw = np.zeros_like(rows), np.zeros_like(weights)
        if not terms:
            return Gradient(gx, gw)
        runs = each(apart(backend, 1), [term.circuit for term in terms], observables, x, w)
        for term, run in zip(terms, runs, strict=True):
            share = term.factor * (by_value * run).sum(axis=1)
            for slot in term.angle.slots:
                slope = term.angle.derivative(slot).evaluate(rows, weights)
                if slot.kind == "x":
                    gx[:, slot.index] += share * slope
                else:
                    gw[slot.index] += float((share * slope).sum())
        return Gradient(gx, gw)

    return values, pull_back
