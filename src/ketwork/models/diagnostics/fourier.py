"""The Fourier spectrum of a model: which frequencies its gates allow, and which it has."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ketwork.checks import check_array, check_int
from ketwork.circuit import Angle, Circuit
from ketwork.circuit.angle import Slot
from ketwork.circuit.decompose import gate_steps
from ketwork.circuit.gates import Rot
from ketwork.engine.door import check_observables
from ketwork.engine.simulator import Simulator
from ketwork.models.diagnostics.draws import (
    Floats,
    check_unitary,
    check_weights,
    random_weights,
    weights_as_inputs,
)
from ketwork.operators import PauliSum
from ketwork.seeds import Seed, generator

_QUBITS, _POINTS, _MULTIPLES = 16, 1 << 17, 64
_SAME = 1e-9
_FINER = 4  # points between two frequencies of a window, for smooth curves
_SEEN = 1e-8  # a coefficient below this is not there, of observables of size 1


@dataclass(frozen=True, eq=False)
class FourierSpectrum:
    """The series f(x) = sum_k c_k exp(i omega_k x) of a model over some of its inputs.

    inputs: which, in order. units: omega = unit * k for each. frequencies: for each the grid of omega, ascending, from
    which aliases are excluded. allowed: for each, how many ways the gates make each omega (0: not allowed).
    coefficients (S, M, *grid), complex: for each set of weights and each observable.
    """

    inputs: tuple[int, ...]
    units: tuple[float, ...]
    frequencies: tuple[Floats, ...]
    allowed: tuple[Floats, ...]
    coefficients: NDArray[np.complex128]

    @property
    def strength(self) -> Floats:
        """The root mean square of |c| over weights and observables, on the grid."""
        return np.asarray(np.sqrt((np.abs(self.coefficients) ** 2).mean(axis=(0, 1))))

    @property
    def possible(self) -> NDArray[np.bool_]:
        """Which points of the grid the encoding gates allow."""
        result: NDArray[np.bool_] = np.ones((), bool)
        for ways in self.allowed:
            result = np.multiply.outer(result, ways > 0)
        return result

    @property
    def found(self) -> NDArray[np.bool_]:
        """Which points of the grid some set of weights reaches with some observable."""
        return np.asarray(np.abs(self.coefficients).max(axis=(0, 1)) > _SEEN)

    @property
    def beyond(self) -> float:
        """The largest coefficient at a frequency that the gates do not allow: rounding, or the prediction is wrong."""
        outside = np.abs(self.coefficients)[:, :, ~self.possible]
        return float(outside.max(initial=0.0))


def encoding_scales(circuit: Circuit, which: int) -> Floats:
    """The factors of input `which` in the angles of the circuit's Pauli rotations, as often as they occur.

    The circuit's other slots must be numbers. A gate that is several rotations of commuting Paulis counts as those.
    Raises: ValueError where an angle is not linear in the input (then the model is no Fourier series).
    """
    scales = []
    for gate in circuit.gates:
        slopes = [_slope(p, which) for p in gate.params]
        if not any(slopes):
            continue
        for step in gate_steps(gate):
            if isinstance(step, Rot) and set(step.pauli) != {"I"}:
                scale = sum(c * s for c, s in zip(step.coefficients, slopes, strict=False))
                if abs(scale) > _SAME:
                    scales.append(abs(scale))
    return np.array(scales)


def _slope(param: Angle | float, which: int) -> float:
    if not isinstance(param, Angle):
        return 0.0
    slope = param.derivative(Slot("x", which))
    if any(slots for _, slots in slope.terms):
        raise ValueError(
            f"The angle {param} is not linear in x[{which}] alone, so the model is no Fourier series in it; give the "
            "other slots numbers, or look at another input."
        )
    return float(slope.evaluate()) if slope.terms else 0.0


def common_unit(scales: Floats) -> float:
    """The largest unit of which all scales are whole multiples, at most 64 each of the smallest; 1 for none.

    Raises: ValueError where there is no such unit, as for trained scales: then the model has no period.
    """
    if not len(scales):
        return 1.0
    least = float(scales.min())
    for parts in range(1, _MULTIPLES + 1):
        ratios = scales / (least / parts)
        if np.abs(ratios - np.round(ratios)).max() < 1e-6:
            return least / parts
    raise ValueError(
        "The frequencies of this input have no common unit, so the model has no period in it: its scales are "
        f"{', '.join(f'{s:.4g}' for s in np.unique(scales)[:6])}... Round them first, or look at another circuit."
    )


def allowed_frequencies(scales: Floats, unit: float) -> Floats:
    """How many ways (2K + 1,) the scales make each omega = unit * k, k from -K to K.

    A rotation by scale * x adds -scale, 0 or scale, 0 in two ways: the differences of its two eigenvalues.
    Source: Schuld, Sweke, Meyer, arXiv:2008.08605, eq. 6 to 9.
    """
    ways: Floats = np.ones(1)
    for scale in scales:
        step = round(scale / unit)
        kernel = np.zeros(2 * step + 1)
        kernel[[0, -1]], kernel[step] = 1.0, 2.0
        ways = np.convolve(ways, kernel)
    return ways


def fourier_spectrum(
    circuit: Circuit,
    observables: PauliSum | Sequence[PauliSum],
    inputs: Sequence[int] = (0,),
    weights: Any = None,
    base: Any = None,
    samples: int = 20,
    seed: Seed = None,
) -> FourierSpectrum:
    """The Fourier coefficients of expectation values over one input or several, by a fast Fourier transform.

    weights (S, P) or (P,): where; None: `samples` draws uniform in [0, 2 pi). base (F,): what the other inputs are
    (default 0). The grid goes one step beyond what the gates allow, so that `beyond` tests the prediction.
    Raises: ValueError where angles are not linear in an input, have no common unit (as trained scales do), or
    the grid would have more than 131,072 points.
    Source: Schuld, Sweke, Meyer, Phys. Rev. A 103 (2021) 032430, arXiv:2008.08605, eq. 1 and sec. III.
    """
    check_unitary(circuit, _QUBITS)
    sums = check_observables(circuit.n_qubits, observables)
    chosen = tuple(check_int("inputs", i, 0, max(circuit.n_inputs - 1, 0)) for i in inputs)
    if not chosen or len(set(chosen)) < len(chosen) or not circuit.n_inputs:
        raise ValueError(f"Argument `inputs` must name different inputs of the circuit, but is {tuple(inputs)}.")
    check_int("samples", samples, 1)
    rows = random_weights(circuit, samples, generator(seed)) if weights is None else check_weights(circuit, weights)
    others = np.zeros(circuit.n_inputs) if base is None else check_array("base", base, 1)
    if len(others) != circuit.n_inputs:
        raise ValueError(f"Argument `base` must hold {circuit.n_inputs} numbers, but holds {len(others)}.")
    units, allowed = _prediction(circuit, chosen, others, rows)
    shape = tuple(len(ways) + 2 for ways in allowed)
    if prod(shape) > _POINTS:
        raise ValueError(f"The grid of {prod(shape):,} points is too large (at most {_POINTS:,}); take fewer inputs.")
    axes = [np.arange(n) * 2 * np.pi / (n * unit) for n, unit in zip(shape, units, strict=True)]
    points = np.tile(others, (prod(shape), 1))
    points[:, list(chosen)] = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, len(chosen))
    moved, spectra = weights_as_inputs(circuit), []
    for row in rows:
        values = Simulator("double").expectation(moved, sums, np.hstack([points, np.tile(row, (len(points), 1))]))
        grid = np.asarray(values, np.float64).T.reshape(len(sums), *shape)
        around = tuple(range(1, grid.ndim))
        spectra.append(np.fft.fftshift(np.fft.fftn(grid, axes=around), axes=around) / prod(shape))
    frequencies = tuple(unit * (np.arange(n) - n // 2) for n, unit in zip(shape, units, strict=True))
    padded = tuple(np.pad(ways, 1) for ways in allowed)
    return FourierSpectrum(chosen, units, frequencies, padded, np.array(spectra))


def _prediction(
    circuit: Circuit, chosen: tuple[int, ...], others: Floats, rows: Floats
) -> tuple[tuple[float, ...], list[Floats]]:
    """The unit of each input and what the gates allow in it; the same for all weights, or it is refused."""
    units, allowed = [], []
    for which in chosen:
        found = []
        for row in rows if _scaled_by_weights(circuit, which) else rows[:1]:
            values: dict[Slot, float | Angle] = {Slot("w", k): float(v) for k, v in enumerate(row)}
            values |= {Slot("x", i): float(v) for i, v in enumerate(others) if i not in chosen}
            found.append(encoding_scales(_with_values(circuit, values), which))
        if any(len(one) != len(found[0]) or np.abs(one - found[0]).max(initial=0) > _SAME for one in found):
            raise ValueError(
                f"The weights scale x[{which}], so that each set of them has frequencies of its own; give one row of "
                "`weights`."
            )
        units.append(common_unit(found[0]))
        allowed.append(allowed_frequencies(found[0], units[-1]))
    return tuple(units), allowed


def _with_values(circuit: Circuit, values: dict[Slot, float | Angle]) -> Circuit:
    gates = (
        g._replace(params=tuple(p.substitute(values) if isinstance(p, Angle) else p for p in g.params))
        for g in circuit.gates
    )
    return Circuit(circuit.n_qubits, gates, circuit.n_bits)


def _scaled_by_weights(circuit: Circuit, which: int) -> bool:
    slot = Slot("x", which)
    return any(
        slot in slots and any(s.kind == "w" for s in slots)
        for gate in circuit.gates
        for param in gate.params
        if isinstance(param, Angle)
        for _, slots in param.terms
    )


@dataclass(frozen=True, eq=False)
class SampledSpectrum:
    """What a model without a period oscillates with, seen through a window.

    frequencies (K,), from 0. strength (M, K): amplitude of each observable's oscillations, smeared over `resolution`.
    highest: the largest frequency that the gates allow; share: of the power (without the mean) up to it.
    """

    frequencies: Floats
    strength: Floats
    resolution: float
    highest: float
    share: float


def sampled_spectrum(
    circuit: Circuit,
    observables: PauliSum | Sequence[PauliSum],
    which: int = 0,
    weights: Any = None,
    base: Any = None,
    turns: int = 16,
) -> SampledSpectrum:
    """The spectrum over input `which` of a model whose gates scale it by any numbers, such as trained ones.

    The model is sampled over `turns` times 2 pi through a Hann window, twice as densely as its highest frequency
    needs. weights (P,), base (F,): what everything else is. Raises: ValueError as `fourier_spectrum`.
    """
    check_unitary(circuit, _QUBITS)
    sums = check_observables(circuit.n_qubits, observables)
    check_int("which", which, 0, max(circuit.n_inputs - 1, 0))
    check_int("turns", turns, 2, 256)
    row = check_weights(circuit, weights)[0]
    others = np.zeros(circuit.n_inputs) if base is None else check_array("base", base, 1)
    values: dict[Slot, float | Angle] = {Slot("w", k): float(v) for k, v in enumerate(row)}
    values |= {Slot("x", i): float(v) for i, v in enumerate(others) if i != which}
    highest = float(encoding_scales(_with_values(circuit, values), which).sum())
    length = 2 * np.pi * turns
    count = int(np.ceil(length * max(highest, 1.0) * 2 / np.pi))
    if count > _POINTS:
        raise ValueError(f"The model would be sampled at {count:,} points (at most {_POINTS:,}); take fewer turns.")
    points = np.tile(np.asarray(others, np.float64), (count, 1))
    points[:, which] = (np.arange(count) / count - 0.5) * length
    series = np.asarray(Simulator("double").expectation(circuit, sums, points, row), np.float64)
    window = np.hanning(count + 1)[:-1]
    windowed = (series - series.mean(axis=0)) * window[:, None]
    strength = np.abs(np.fft.rfft(windowed, _FINER * count, axis=0)).T * 2 / window.sum()
    frequencies = np.arange(strength.shape[1]) / (_FINER * turns)
    power = (strength**2).sum(axis=0)
    inside = float(power[frequencies <= highest + 2 / turns].sum())
    return SampledSpectrum(frequencies, strength, 2 / turns, highest, inside / power.sum() if power.sum() > 0 else 1.0)
