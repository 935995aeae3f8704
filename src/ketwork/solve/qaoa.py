"""The quantum approximate optimisation algorithm, with its variants: more angles, other mixers, warm starts, CVaR."""

import time
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ketwork.checks import check_array, check_choice, check_int
from ketwork.engine.diagonal import Alternation, spin_terms
from ketwork.operators.pauli import PauliSum
from ketwork.operators.problem import Problem
from ketwork.operators.qubo import Polynomial
from ketwork.optimize import find_method, methods_with, minimize
from ketwork.seeds import Seed, spawn
from ketwork.solve.alternating_circuit import (
    ExchangeMixer,
    angle_counts,
    mixer_of,
    polynomial_of,
    qaoa_circuit,
    tilts_of,
)
from ketwork.solve.objective import Objective
from ketwork.solve.solution import Bits, Solution

Floats = NDArray[np.floating[Any]]

QAOA_METHODS = methods_with("value", "gradient", "metric", "fidelity", "frequencies")
"""The methods of `minimize` for the angles; rotosolve must be told the frequencies."""

RAMP = 0.75
"""The gamma that a linear ramp ends at and the beta that it begins with, gamma in units of the cost's scale."""


def qaoa(
    cost: Problem | Polynomial | PauliSum,
    layers: int = 1,
    *,
    angles: str = "shared",
    mixer: str | ExchangeMixer = "x",
    warm_start: ArrayLike | None = None,
    start: str | ArrayLike | None = None,
    method: str = "l-bfgs",
    steps: int = 100,
    backend: Any = None,
    alpha: float = 1.0,
    shots: int = 1024,
    seed: Seed = None,
    **options: Any,
) -> Solution:
    """Minimise the mean (alpha below 1: the CVaR) of a cost over the angles of `qaoa_circuit`; then draw samples.

    cost: a Problem (its QUBO), a Polynomial of any degree, or a real PauliSum of I and Z. layers, angles, mixer,
    warm_start: as for `qaoa_circuit`. start: "ramp" (or None), "interp" for layer after layer, each `steps` long, from
    the interpolated angles of the one before, or all angles (P,), those of another instance through `transfer`.
    method, steps, options: as for `ketwork.optimize.minimize`, callback and state among them. backend: None for exact
    values, by kernels of their own for mixers of X (up to the memory there is: 24 variables take half a GB at most),
    on Simulator("double") for others; or a Backend that runs the circuit. shots: samples that are drawn at the end.
    The solution's samples (shots, n) are bits of the cost's variables; extra["best"] is that of the lowest cost,
    extra["best_cost"] its cost, extra["mean_cost"] the mean over the samples.
    Raises: ValueError for bad arguments; MemoryError with the bytes that are needed.
    Source: Farhi, Goldstone, Gutmann, arXiv 1411.4028; ramp: Zhou et al., arXiv 1812.01041, and its INTERP, appendix B.
    """
    started = time.perf_counter()
    polynomial, exchange = polynomial_of(cost), mixer_of(mixer)
    circuit = qaoa_circuit(
        polynomial, check_int("layers", layers, 1), angles=angles, mixer=mixer, warm_start=warm_start
    )
    multi, shots = angles == "multi", check_int("shots", shots, 0)
    _, row = find_method(method, QAOA_METHODS)
    steps_rng, sample_rng = spawn(seed, 2)
    counts = angle_counts(polynomial, multi, exchange)
    runs = _depths(start, layers, options)
    more = {"metric", "fidelity"} & set(row.needs)  # what only the circuit can tell
    run: Any
    if exchange is None and backend is None and not more:
        tilts = None if warm_start is None else tilts_of(warm_start, polynomial.n_variables)
        run = _Exact(Alternation(polynomial, multi=multi, tilts=tilts, alpha=alpha), counts)
    else:
        run = _OnBackend(polynomial, {"angles": angles, "mixer": mixer, "warm_start": warm_start}, backend, alpha)
    params = _first(start, polynomial, runs[0], counts)
    history: list[float] = []
    for p in runs:
        params = interpolated(params, p, counts) if p > runs[0] else params
        given = options | {name: getattr(run.objective(p), name) for name in more}
        fun = run.gradient_at(p) if "gradient" in row.needs else run.value_at(p)
        found = minimize(fun, params, method, steps, seed=steps_rng, **given)
        params, history = found.params, history + found.history
    value = found.fun if np.isfinite(found.fun) else run.value_at(layers)(params)  # no step, no value
    samples = run.sample(found.params, layers, shots, sample_rng) if shots else None
    return Solution(
        "qaoa", value, found.params, circuit, history, run.n_evaluations, run.circuits, run.shots,
        time.perf_counter() - started, found.message, found.state, samples, _read(polynomial, samples),
    )  # fmt: skip


def _depths(start: str | ArrayLike | None, layers: int, options: dict[str, Any]) -> list[int]:
    """How many layers each optimisation has."""
    if not isinstance(start, str) or check_choice("start", start, ("ramp", "interp")) == "ramp":
        return [layers]
    if options.get("state") is not None:
        raise ValueError("Argument `state` goes on with one run; with it, `start` cannot be 'interp'.")
    return list(range(1, layers + 1))


def _read(cost: Polynomial, samples: Bits | None) -> dict[str, Any]:
    if samples is None:
        return {}
    values = cost.values(samples)
    at = int(values.argmin())
    return {"best": samples[at], "best_cost": float(values[at]), "mean_cost": float(values.mean())}


class _Exact:
    """Values, gradients and samples from the kernels; counts what a device would run as `Objective` does."""

    def __init__(self, kernels: Alternation, counts: tuple[int, int]) -> None:
        self.kernels, self.counts = kernels, counts
        self.n_evaluations = self.circuits = self.shots = 0

    def _split(self, params: Floats, layers: int) -> tuple[Floats, Floats]:
        gammas, betas = split(params, layers, self.counts)
        return (gammas, betas) if self.kernels.multi else (gammas[:, 0], betas[:, 0])

    def value_at(self, layers: int) -> Callable[[Floats], float]:
        def value(params: Floats) -> float:
            self.n_evaluations += 1
            self.circuits += 1
            return self.kernels.value(*self._split(params, layers))

        return value

    def gradient_at(self, layers: int) -> Callable[[Floats], tuple[float, Floats]]:
        shifted = 2 * layers * (len(self.kernels.terms) + self.kernels.n_qubits)

        def value_and_gradient(params: Floats) -> tuple[float, Floats]:
            self.n_evaluations += 1
            self.circuits += 1 + shifted
            found, slopes = self.kernels.value_and_gradient(*self._split(params, layers))
            return found, np.concatenate([slopes.gammas.ravel(), slopes.betas.ravel()])

        return value_and_gradient

    def sample(self, params: Floats, layers: int, shots: int, rng: np.random.Generator) -> Bits:
        self.circuits += 1
        self.shots += shots
        return self.kernels.sample(*self._split(params, layers), shots, rng)


class _OnBackend:
    """The same from the circuit on a backend."""

    def __init__(self, cost: Polynomial, variant: dict[str, Any], backend: Any, alpha: float) -> None:
        self.cost, self.variant, self.backend, self.alpha = cost, variant, backend, alpha
        self.objectives: dict[int, Objective] = {}
        self.operator = cost.ising()

    def objective(self, layers: int) -> Objective:
        if layers not in self.objectives:
            circuit = qaoa_circuit(self.cost, layers, **self.variant)
            self.objectives[layers] = Objective(circuit, self.operator, self.backend, self.alpha)
            self.objectives[layers].turn = sum(one.turn for one in self.objectives.values())
        return self.objectives[layers]

    def _sum(self, name: str) -> int:
        return sum(getattr(one, name) for one in self.objectives.values())

    @property
    def n_evaluations(self) -> int:
        return self._sum("n_evaluations")

    @property
    def circuits(self) -> int:
        return self._sum("circuits")

    @property
    def shots(self) -> int:
        return self._sum("shots")

    def value_at(self, layers: int) -> Callable[[Floats], float]:
        return self.objective(layers).value

    def gradient_at(self, layers: int) -> Callable[[Floats], tuple[float, Floats]]:
        return self.objective(layers).value_and_gradient

    def sample(self, params: Floats, layers: int, shots: int, rng: np.random.Generator) -> Bits:
        return self.objective(layers).sample(params, shots)


# ---------------------------------------------------------------------- angles
def split(params: ArrayLike, layers: int, counts: tuple[int, int] = (1, 1)) -> tuple[Floats, Floats]:
    """Weights (P,) of `qaoa_circuit` as gammas (layers, counts[0]) and betas (layers, counts[1])."""
    array = check_array("params", params, 1)
    if len(array) != layers * sum(counts):
        raise ValueError(f"Argument `params` must hold {layers * sum(counts)} angles, but holds {len(array)}.")
    cut = layers * counts[0]
    return array[:cut].reshape(layers, -1), array[cut:].reshape(layers, -1)


def scale(cost: Polynomial) -> tuple[float, float]:
    """(root mean square of 2 c over the products of Z in the cost, mean number of products a variable is in).

    1 and the degree for the unweighted cut of a regular graph.
    """
    terms = [(key, c) for key, c in spin_terms(cost) if key]
    if not terms:
        return 1.0, 0.0
    met = {q for key, _ in terms for q in key}
    return 2 * float(np.sqrt(np.mean([c * c for _, c in terms]))), sum(len(key) for key, _ in terms) / len(met)


def ramp(cost: Problem | Polynomial | PauliSum, layers: int) -> tuple[Floats, Floats]:
    """Gammas (layers,) that grow and betas (layers,) that shrink linearly, gammas in units of the cost's `scale`."""
    place = (np.arange(check_int("layers", layers, 1)) + 0.5) / layers
    return RAMP * place / scale(polynomial_of(cost))[0], RAMP * (1 - place)


def _first(start: str | ArrayLike | None, cost: Polynomial, layers: int, counts: tuple[int, int]) -> Floats:
    if start is None or isinstance(start, str):
        gammas, betas = ramp(cost, layers)
        return np.concatenate([np.repeat(gammas, counts[0]), np.repeat(betas, counts[1])])
    array = check_array("start", start, 1)
    if len(array) != layers * sum(counts):
        raise ValueError(f"Argument `start` must hold {layers * sum(counts)} angles, but holds {len(array)}.")
    return array


def interpolated(params: ArrayLike, layers: int, counts: tuple[int, int] = (1, 1)) -> Floats:
    """Angles (P,) for `layers` layers from those of one layer less.

    Source: Zhou, Wang, Choi, Pichler, Lukin, arXiv 1812.01041, appendix B (INTERP).
    """
    p = check_int("layers", layers, 2) - 1
    share = np.arange(p + 1)[:, None] / p
    both = []
    for part in split(params, p, counts):
        none = np.zeros((1, part.shape[1]))
        both.append(share * np.concatenate([none, part]) + (1 - share) * np.concatenate([part, none]))
    return np.concatenate([both[0].ravel(), both[1].ravel()])


def transfer(
    params: ArrayLike, source: Problem | Polynomial | PauliSum, target: Problem | Polynomial | PauliSum
) -> Floats:
    """Shared angles (2 layers,) of one cost for another: gammas scaled by the weights and degrees of both.

    gamma ~ arctan(1 / sqrt(D - 1)) / (root mean square weight), D the mean degree; betas stay.
    Source: Sureshbabu, Herman, Shaydulin et al., arXiv 2305.15201.
    """
    array = check_array("params", params, 1)
    if len(array) % 2:
        raise ValueError(
            f"Argument `params` must hold a gamma and a beta for each layer, but holds {len(array)} angles."
        )
    (a, d), (b, e) = (scale(polynomial_of(cost)) for cost in (source, target))
    factor = a / b * _spread(e) / _spread(d)
    half = len(array) // 2
    return np.concatenate([array[:half] * factor, array[half:]])


def _spread(degree: float) -> float:
    return float(np.arctan2(1.0, np.sqrt(max(degree - 1, 0.0))))
