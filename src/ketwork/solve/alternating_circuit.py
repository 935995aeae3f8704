"""The circuits of QAOA: phases by a cost in turn with mixers, as gates for any backend."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ketwork.checks import check_array, check_choice, check_int
from ketwork.circuit import Circuit, w
from ketwork.circuit.angle import Angle
from ketwork.engine.diagonal import spin_terms
from ketwork.operators.pauli import PauliSum
from ketwork.operators.problem import Problem
from ketwork.operators.qubo import Polynomial

Floats = NDArray[np.floating[Any]]
Pair = tuple[int, int]

MIXERS = ("x", "xy-ring", "xy-complete")
"""The mixers by name."""

WARM_MARGIN = 1e-3
"""How far from 0 and 1 the values of a warm start are kept."""


@dataclass(frozen=True)
class ExchangeMixer:
    """Mixers that keep the number of ones in each group: exp(i beta (XX + YY) / 2) on pairs of its variables.

    pattern: "ring" (neighbours: first the pairs that begin at even places, then those at odd ones) or "complete" (all
    pairs, in rounds of pairs apart). groups: variables, each in one group at most; empty for one group of all. Every
    group starts in the equal superposition of its strings with a single one (a W state); other variables in |+>, with
    mixers of X.
    Source: Hadfield et al., arXiv 1709.03489, section 4.1; Wang, Rubin, Dominy, Rieffel, arXiv 1904.09314.
    """

    pattern: str = "ring"
    groups: tuple[tuple[int, ...], ...] = ()

    def __post_init__(self) -> None:
        check_choice("pattern", self.pattern, ("ring", "complete"))
        groups = tuple(tuple(check_int("groups", q, 0) for q in group) for group in self.groups)
        listed = [q for group in groups for q in group]
        if len(set(listed)) < len(listed) or not all(groups):
            raise ValueError("Argument `groups` must hold groups of variables, none of them empty, none twice.")
        object.__setattr__(self, "groups", groups)

    def placed(self, n: int) -> tuple[tuple[int, ...], ...]:
        """The groups among n variables. Raises: ValueError for variables that are not there."""
        groups = self.groups or (tuple(range(n)),)
        for group in groups:
            check_int("groups", max(group), 0, n - 1)
        return groups

    def pairs(self, n: int) -> list[Pair]:
        """What is mixed, in order of time."""
        chosen = _ring if self.pattern == "ring" else _rounds
        return [(group[a], group[b]) for group in self.placed(n) for a, b in chosen(len(group))]


def _ring(k: int) -> Iterator[Pair]:
    closing = [(k - 1, 0)] if k > 2 else []
    around = [(a, a + 1) for a in range(k - 1)] + closing
    yield from (pair for pair in around if pair[0] % 2 == 0)
    yield from (pair for pair in around if pair[0] % 2)


def _rounds(k: int) -> Iterator[Pair]:
    """All pairs of k by the circle method: one stays, the others go round."""
    even = k + k % 2
    others = list(range(1, even))
    for _ in range(even - 1):
        row = [0, *others]
        found = [(row[a], row[even - 1 - a]) for a in range(even // 2)]
        yield from ((min(pair), max(pair)) for pair in found if max(pair) < k)
        others = others[1:] + others[:1]


def polynomial_of(cost: Problem | Polynomial | PauliSum) -> Polynomial:
    """What is minimised: the QUBO of a problem, a polynomial itself, the diagonal of a sum of strings of Z and I."""
    if isinstance(cost, Problem):
        return cost.qubo()
    if isinstance(cost, PauliSum):
        return Polynomial.from_ising(cost)
    if not isinstance(cost, Polynomial):
        raise TypeError(f"Argument `cost` must be a Problem, Polynomial or PauliSum, but is {type(cost).__name__}.")
    return cost


def mixer_of(mixer: str | ExchangeMixer) -> ExchangeMixer | None:
    """None for mixers of X."""
    if isinstance(mixer, ExchangeMixer):
        return mixer
    return None if check_choice("mixer", mixer, MIXERS) == "x" else ExchangeMixer(mixer.removeprefix("xy-"))


def tilts_of(warm_start: ArrayLike, n: int) -> Floats:
    """The angles 2 asin sqrt(x*) of a warm start x* in [0, 1]^n, kept `WARM_MARGIN` from either end."""
    values = check_array("warm_start", warm_start, 1)
    if values.shape != (n,) or (values < 0).any() or (values > 1).any():
        raise ValueError(f"Argument `warm_start` must hold {n} numbers from 0 to 1.")
    return np.asarray(2 * np.arcsin(np.sqrt(np.clip(values, WARM_MARGIN, 1 - WARM_MARGIN))))


def angle_counts(cost: Polynomial, multi: bool, mixer: ExchangeMixer | None) -> Pair:
    """How many gammas and how many betas a layer has."""
    if not multi:
        return 1, 1
    n = cost.n_variables
    mixed = n if mixer is None else len(mixer.pairs(n)) + len(_free(mixer, n))
    return sum(1 for key, _ in spin_terms(cost) if key), mixed


def _free(mixer: ExchangeMixer, n: int) -> list[int]:
    held = {q for group in mixer.placed(n) for q in group}
    return [q for q in range(n) if q not in held]


def qaoa_circuit(
    cost: Problem | Polynomial | PauliSum,
    layers: int = 1,
    *,
    angles: str = "shared",
    mixer: str | ExchangeMixer = "x",
    warm_start: ArrayLike | None = None,
) -> Circuit:
    """The circuit of `qaoa`: weights are the gammas of all layers, then the betas, each layer's together.

    A layer is exp(-i gamma C) and then exp(i beta X) on every qubit: with C minimised, angles from papers that
    maximise -C with exp(-i gamma (-C)) exp(-i beta X) hold as they are (all signs change, which changes no outcome).
    angles: "shared", one gamma and one beta a layer; "multi", one gamma for each product of Z in C, one beta for each
    qubit (or pair). warm_start: x* (n,) in [0, 1]: qubit i starts as RY(t)|0> with t = 2 asin sqrt(x*_i), and mixes by
    RY(-t), RZ(-2 beta), RY(t). mixer: "x", "xy-ring", "xy-complete", or an `ExchangeMixer` with groups.
    Source: Farhi et al., arXiv 1411.4028; Herrman et al., arXiv 2109.11455; Egger et al., arXiv 2009.10095, eq. 7-8.
    """
    polynomial, exchange = polynomial_of(cost), mixer_of(mixer)
    multi = check_choice("angles", angles, ("shared", "multi")) == "multi"
    n, layers = polynomial.n_variables, check_int("layers", layers, 0)
    if exchange is not None and warm_start is not None:
        raise ValueError("Argument `warm_start` is for the mixer 'x'.")
    tilts = None if warm_start is None else tilts_of(warm_start, n)
    gammas, betas = angle_counts(polynomial, multi, exchange)
    n_turns = angle_counts(polynomial, True, exchange)[1]
    if not n_turns:
        raise ValueError("Argument `mixer` mixes nothing here: groups of one variable each, which stays 1.")
    terms = [(key, c) for key, c in spin_terms(polynomial) if key]
    circuit = _prepared(Circuit(n), exchange, tilts)
    for layer in range(layers):
        first = layer * gammas
        for k, (key, c) in enumerate(terms):
            angle = (2 * c) * w[first + (k if multi else 0)]
            if len(key) == 1:
                circuit = circuit.rz(key[0], angle)
            elif len(key) == 2:
                circuit = circuit.rzz(*key, angle)
            else:
                circuit = circuit.pauli_rotation(key, "Z" * len(key), angle)
        start = layers * gammas + layer * betas
        turns = [w[start + (k if multi else 0)] for k in range(n_turns)]
        circuit = _mixed(circuit, exchange, tilts, turns)
    return circuit


def _prepared(circuit: Circuit, exchange: ExchangeMixer | None, tilts: Floats | None) -> Circuit:
    n = circuit.n_qubits
    if tilts is not None:
        for q in range(n):
            circuit = circuit.ry(q, float(tilts[q]))
        return circuit
    for q in range(n) if exchange is None else _free(exchange, n):
        circuit = circuit.h(q)
    for group in () if exchange is None else exchange.placed(n):
        circuit = circuit.x(group[0])
        for k in range(len(group) - 1):  # leaves 1 / (k left) of the probability behind, hands on the rest
            rest = len(group) - k
            circuit = circuit.cry(group[k], group[k + 1], 2 * float(np.arccos(np.sqrt(1 / rest))))
            circuit = circuit.cx(group[k + 1], group[k])
    return circuit


def _mixed(circuit: Circuit, exchange: ExchangeMixer | None, tilts: Floats | None, betas: Sequence[Angle]) -> Circuit:
    n = circuit.n_qubits
    if tilts is not None:
        for q in range(n):
            circuit = circuit.ry(q, -float(tilts[q])).rz(q, -2.0 * betas[q]).ry(q, float(tilts[q]))
        return circuit
    pairs: Sequence[Pair] = [] if exchange is None else exchange.pairs(n)
    for k, (a, b) in enumerate(pairs):
        circuit = circuit.xx_plus_yy(a, b, -2.0 * betas[k], 0.0)
    for k, q in enumerate(range(n) if exchange is None else _free(exchange, n)):
        circuit = circuit.rx(q, -2.0 * betas[len(pairs) + k])
    return circuit
