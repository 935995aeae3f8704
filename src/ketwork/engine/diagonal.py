"""Circuits of QAOA's kind on one state: phases by a cost of bit strings in turn with rotations about X on every qubit.

The driver of `diagonal_kernels`. A layer is two sweeps over the state, whatever the number of terms and qubits, and
two over state and co-state for the gradient.
"""

import os
from itertools import combinations
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ketwork.checks import check_array, check_choice, check_real
from ketwork.engine import diagonal_kernels as kernels
from ketwork.engine.batch import available_bytes
from ketwork.engine.diagonal_tables import Mixer, Mixing, cut_for
from ketwork.engine.lanes import WIDTH
from ketwork.engine.polynomials import Floats, Integers
from ketwork.engine.tiles import Span, aligned_zeros, spread
from ketwork.engine.warm import ensure_compiled
from ketwork.operators.qubo import Polynomial, Term

DOUBLE_UP_TO = 20
"""The most qubits that run in double precision unless told otherwise."""

_SHARED_FROM = 17  # bits from which a sweep takes longer than waking a thread
_BINS, _REFINEMENTS = 4096, 5


class Gradient(NamedTuple):
    """Slopes of the value by `gammas` and by `betas`, shaped as these."""

    gammas: Floats
    betas: Floats


class Alternation:
    """exp(i sum beta_q X_q) exp(-i gamma C), p times, on the uniform superposition; values and gradients of C.

    cost: a polynomial of n variables; C has its values as the diagonal, the first variable most significant.
    multi: whether every term of C as a sum of products of Z (`terms`) has a gamma of its own, and every qubit a beta.
    tilts (n,): warm start; qubit q starts as RY(tilt)|0> and its mixer is exp(i beta (cos(tilt) Z + sin(tilt) X)).
    alpha: the value is the mean of the lowest costs that make up this probability (CVaR); 1 for the expectation.
    precision: "single", "double", or None for double up to 20 qubits and single beyond; sums are always double. Single
    precision gives gradients good to about 1e-5 of the spread of costs.
    symmetric: keep only the half of the state in which the first bit is 0; None for wherever this is exact, which is
    when no product in C is odd and there are no tilts.
    Raises: MemoryError, before anything is allocated, with the bytes that are needed where there are fewer.
    Source: Farhi, Goldstone, Gutmann, arXiv 1411.4028 (C is minimised here: their -C; angles then agree); multi-angle:
    Herrman et al., arXiv 2109.11455; warm start: Egger et al., arXiv 2009.10095; CVaR: Barkoutsos et al., 1907.04769.
    """

    _says_that_it_compiles = True

    def __init__(
        self, cost: Polynomial, *, multi: bool = False, tilts: ArrayLike | None = None, alpha: float = 1.0,
        precision: str | None = None, symmetric: bool | None = None, threads: int | None = None,
    ) -> None:  # fmt: skip
        self.n_qubits, self.multi, self.alpha = cost.n_variables, multi, check_real("alpha", alpha)
        if not 0 < self.alpha <= 1:
            raise ValueError(f"Argument `alpha` must lie in (0, 1], but is {self.alpha}.")
        if precision is None:
            precision = "double" if self.n_qubits <= DOUBLE_UP_TO else "single"
        self.dtype = np.dtype(np.float64 if check_choice("precision", precision, _PRECISIONS) == "double" else "f4")
        spins = spin_terms(cost)
        self.constant = sum(c for key, c in spins if not key)
        self.terms = tuple(key for key, _ in spins if key)
        self.coefficients = np.array([c for key, c in spins if key])
        self.tilts = None if tilts is None else check_array("tilts", tilts, 1)
        if self.tilts is not None and len(self.tilts) != self.n_qubits:
            raise ValueError(f"Argument `tilts` must hold {self.n_qubits} angles, but holds {len(self.tilts)}.")
        even = self.tilts is None and not any(len(key) % 2 for key in self.terms)
        self.symmetric = even and self.n_qubits > 1 if symmetric is None else symmetric
        if self.symmetric and not even:
            raise ValueError("Argument `symmetric` must be False for a cost with odd products or a warm start.")
        width = WIDTH[self.dtype]
        self.bits = max(self.n_qubits - self.symmetric, width.bit_length())
        self.cut = cut_for(self.bits, width)
        by_number = not multi and self.tilts is None and self.bits == self.n_qubits - self.symmetric
        self.mixing = Mixing(self.n_qubits, self.cut, self.dtype, self.symmetric, by_number)
        self._refuse_what_does_not_fit()
        self.threads = (threads or os.cpu_count() or 1) if self.bits >= _SHARED_FROM else 1
        if self._says_that_it_compiles:
            ensure_compiled("diagonal")
        self.masks = self.masks_of(self.terms)
        self.costs = self._costs()
        self._state: Floats | None = None
        self._costate: Floats | None = None

    def _refuse_what_does_not_fit(self) -> None:
        needed = (5 * self.dtype.itemsize) << self.bits
        if needed > 1 << 26 and needed > (free := available_bytes()):
            raise MemoryError(
                f"State, co-state and costs of {self.n_qubits} qubits in {self.dtype} need {needed:,} bytes here, but "
                f"{free:,} are available. Use fewer variables"
                + ("." if self.dtype == "f4" else ", or precision='single'.")
            )

    def masks_of(self, products: Any) -> Integers:
        """Products of Z as masks of the stored bits; the first variable is no bit where only half of the state is."""
        n = self.n_qubits
        stored = [[q for q in key if q or not self.symmetric] for key in products]
        return np.array([sum(1 << (n - 1 - q) for q in key) for key in stored], np.int64)

    def _blocks(self, work: Any) -> list[Any]:
        return spread(work, 1 << self.cut.high, self.threads)

    def _tiles(self, work: Any) -> list[Any]:
        return spread(work, (2 << self.cut.low) // self.cut.run, self.threads)

    def _costs(self) -> Floats:
        costs = aligned_zeros((1 << self.bits,), self.dtype)
        self._blocks(lambda span: kernels.fill_costs(costs, span, self.cut.low, self.coefficients, self.masks))
        self.highest, self.lowest = float(costs.max()), float(costs.min())
        return costs

    # ------------------------------------------------------------------ angles
    def shapes(self, layers: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """The shapes of gammas and betas: (layers,) both; multi: (layers, terms) and (layers, qubits)."""
        if not self.multi:
            return (layers,), (layers,)
        return (layers, len(self.terms)), (layers, self.n_qubits)

    def _checked(self, gammas: ArrayLike, betas: ArrayLike) -> tuple[Floats, Floats]:
        both = [check_array(name, a, 1 + self.multi) for name, a in (("gammas", gammas), ("betas", betas))]
        for name, array, shape in zip(("gammas", "betas"), both, self.shapes(len(both[0])), strict=True):
            if array.shape != shape:
                raise ValueError(f"Argument `{name}` must have shape {shape}, but has {array.shape}.")
        return both[0], both[1]

    @property
    def _by_terms(self) -> bool:
        """Whether phases are put together from terms, since `costs` do not give them."""
        return self.multi or self.tilts is not None

    def _turned(self, betas: Floats) -> tuple[Floats, Floats]:
        """Tilted mixers as exp(iaZ) exp(ibX) exp(iaZ): a and b, (layers, qubits)."""
        each = np.broadcast_to(betas if self.multi else betas[:, None], (len(betas), self.n_qubits))
        if self.tilts is None:
            return np.zeros_like(each), np.array(each)
        x, z = self._axes(self.tilts)
        sine, cosine = np.sin(each), np.cos(each)
        return 0.5 * np.arctan2(sine * z, cosine), np.arctan2(sine * x, np.hypot(cosine, sine * z))

    @staticmethod
    def _axes(tilts: Floats) -> tuple[Floats, Floats]:
        """The parts of X and of Z in tilted mixers; a mixer of X alone has none of Z, where rounding leaves some."""
        x, z = np.sin(tilts), np.cos(tilts)
        return x, np.where(np.abs(z) < 1e-15, 0.0, z)

    def _phases(self, gammas: Floats, a: Floats) -> tuple[list[Floats], Integers]:
        """The angles of the terms, layer by layer, and the masks these stand for; none where `costs` gives them."""
        if not self._by_terms:
            return [np.zeros(0, self.dtype)] * len(gammas), np.zeros(0, np.int64)
        angles, masks = (gammas if self.multi else gammas[:, None]) * self.coefficients, self.masks
        if self.tilts is not None:
            before = np.concatenate([np.zeros((1, self.n_qubits)), a[:-1]])
            angles = np.concatenate([angles, -a - before], axis=1)
            masks = np.concatenate([masks, self.masks_of([(q,) for q in range(self.n_qubits)])])
        angles = np.remainder(angles + np.pi / 2, np.pi) - np.pi / 2  # a shift by pi is a sign of the whole state
        return list(angles.astype(self.dtype)), masks

    # ------------------------------------------------------------------ running
    def _start(self) -> Floats:
        if self._state is None:
            self._state = aligned_zeros((2 << self.bits,), self.dtype)
        planes = self._state.reshape(-1, 2, WIDTH[self.dtype])
        planes[:, 1] = 0
        if self.tilts is None:
            planes[:, 0] = 2.0 ** (-self.bits / 2)
            return self._state
        amplitudes = np.full(1 << (self.bits - self.n_qubits), 2.0 ** ((self.n_qubits - self.bits) / 2))
        for tilt in self.tilts:
            amplitudes = np.multiply.outer(amplitudes, [np.cos(tilt / 2), np.sin(tilt / 2)]).ravel()
        planes[:, 0] = amplitudes.reshape(len(planes), -1)
        return self._state

    def _forward(self, gammas: Floats, betas: Floats) -> tuple[Floats, list[Any]]:
        """The final state, and what drove each layer: (gamma, angles, masks, mixer)."""
        a, b = self._turned(betas)
        angles, masks = self._phases(gammas, a)
        state, cut, layers = self._start(), self.cut, []
        for k in range(len(gammas)):
            gamma, mixer = 0.0 if self._by_terms else float(gammas[k]), self.mixing.tables(b[k])
            layers.append((gamma, angles[k], masks, mixer))

            def low(span: Span, layer: Any = layers[-1], first: bool = k == 0) -> None:
                kernels.sweep_low(state, span, cut.low, self.costs, *layer[:3], not first, True)

            def high(span: Span, mixer: Mixer = mixer) -> None:
                kernels.sweep_high(state, span, cut.low, cut.high, cut.run, *mixer)

            self._blocks(low)
            self._tiles(high)
        if layers:
            nothing = np.zeros(0, self.dtype), np.zeros(0, np.int64)
            self._blocks(lambda span: kernels.sweep_low(state, span, cut.low, self.costs, 0.0, *nothing, True, False))
        return state, layers

    def _read(self, state: Floats, costate: Floats) -> float:
        """The value, less `constant`; the costate becomes the slopes by the state's amplitudes, ready to go back."""
        bend, slope = self.highest, 1.0
        if self.alpha < 1:
            bend, slope = self._quantile(state), 1 / self.alpha

        def work(span: Span) -> float:
            return float(kernels.turn_around(state, costate, span, self.cut.low, self.costs, bend, slope))

        return sum(self._blocks(work))

    def _quantile(self, state: Floats) -> float:
        """The cost below which lies the probability alpha, found by histograms ever finer."""
        bottom, width = self.lowest, (self.highest - self.lowest) / _BINS
        for _ in range(_REFINEMENTS):
            if width <= np.spacing(max(abs(self.lowest), abs(self.highest))):
                break

            def work(span: Span, bottom: float = bottom, width: float = width) -> Floats:
                out = np.zeros(_BINS + 2)
                kernels.histogram(state, span, self.cut.low, self.costs, bottom, width, out)
                return out

            below = np.cumsum(sum(self._blocks(work)))
            bottom += width * (int(np.searchsorted(below[:-1], self.alpha * below[-1])) - 1)
            width /= _BINS
        return bottom

    def value(self, gammas: ArrayLike, betas: ArrayLike) -> float:
        """The expectation (or CVaR) of the cost at angles of the shapes that `shapes` gives."""
        state, _ = self._forward(*self._checked(gammas, betas))
        return self.constant + self._read(state, np.zeros(0, self.dtype))

    def value_and_gradient(self, gammas: ArrayLike, betas: ArrayLike) -> tuple[float, Gradient]:
        """The same and its slopes by all angles, by the adjoint method."""
        g, b = self._checked(gammas, betas)
        state, layers = self._forward(g, b)
        if self._costate is None:
            self._costate = aligned_zeros(state.shape, self.dtype)
        costate, cut = self._costate, self.cut
        value = self.constant + self._read(state, costate)
        by_phase: list[Floats] = []
        by_mixer: list[Floats] = []
        for k in range(len(layers) - 1, -1, -1):
            by_run = np.zeros((2, 1 << cut.low), self.dtype)

            def high(span: Span, mixer: Mixer = layers[k][3], by_run: Floats = by_run) -> Floats:
                by_row = np.zeros((1 << cut.high, WIDTH[self.dtype]), self.dtype)
                kernels.sweep_high_back(
                    state, costate, span, cut.low, cut.high, cut.run, *mixer, by_row.reshape(-1), by_run
                )
                return by_row.sum(axis=1, dtype=np.float64)

            def low(span: Span, layer: Any = layers[k], after: bool = k > 0) -> Floats:
                out = np.zeros(max(len(layer[2]), 1))
                kernels.sweep_low_back(state, costate, span, cut.low, self.costs, *layer[:3], after, out)
                return out

            rows = sum(self._tiles(high))
            by_mixer.insert(0, self.mixing.slopes(rows, by_run.astype(np.float64)))
            by_phase.insert(0, 2 * sum(self._blocks(low)))
        return value, self._slopes(g, b, np.array(by_phase), np.array(by_mixer))

    def _slopes(self, gammas: Floats, betas: Floats, by_phase: Floats, by_mixer: Floats) -> Gradient:
        """From slopes by angles of phases and of rotations about X to those by gammas and betas."""
        if not len(gammas):
            return Gradient(np.zeros_like(gammas), np.zeros_like(betas))
        if self.tilts is not None:
            single = by_phase[:, len(self.masks) :]
            by_phase = by_phase[:, : len(self.masks)]
            by_a = -single
            by_a[:-1] -= single[1:]
            (x, z), each = self._axes(self.tilts), betas if self.multi else betas[:, None]
            square = np.cos(each) ** 2 + (np.sin(each) * z) ** 2  # of cos(b), which loses all digits near its zeros
            by_mixer = by_mixer * np.cos(each) * x / np.sqrt(square) + 0.5 * by_a * z / square
        if self.multi:
            return Gradient(by_phase[:, : len(self.masks)] * self.coefficients, by_mixer)
        shared = by_phase[:, 0] if self.tilts is None else by_phase @ self.coefficients
        return Gradient(shared, by_mixer.sum(axis=1))

    # ------------------------------------------------------------------ reading
    def expectations(self, gammas: ArrayLike, betas: ArrayLike, products: Any) -> Floats:
        """(len(products),) expectations of products of Z, each given by the variables in it, such as (0, 3)."""
        listed = [tuple(key) for key in products]
        if self.symmetric and any(len(key) % 2 for key in listed):  # odd ones vanish
            kept = [k for k, key in enumerate(listed) if len(key) % 2 == 0]
            found = np.zeros(len(listed))
            found[kept] = self.expectations(gammas, betas, [listed[k] for k in kept])
            return found
        state, _ = self._forward(*self._checked(gammas, betas))
        masks = self.masks_of(listed)

        def work(span: Span) -> Floats:
            out = np.zeros(len(masks))
            kernels.read_signs(state, span, self.cut.low, masks, out)
            return out

        total: Floats = sum(self._blocks(work))
        return total

    def probabilities(self, gammas: ArrayLike, betas: ArrayLike) -> Floats:
        """(2^n,) the probabilities of all bit strings, in the state's precision."""
        chances = self._chances(*self._checked(gammas, betas)).reshape(-1, 1 << (self.n_qubits - self.symmetric))
        chances = chances.sum(axis=0)  # over bits that only fill up a row
        return np.concatenate([chances, chances[::-1]]) / 2 if self.symmetric else chances

    def _chances(self, gammas: Floats, betas: Floats) -> Floats:
        state, _ = self._forward(gammas, betas)
        planes = state.reshape(-1, 2, WIDTH[self.dtype])
        chances: Floats = np.einsum("rpw,rpw->rw", planes, planes).reshape(-1)
        return chances

    def sample(self, gammas: ArrayLike, betas: ArrayLike, shots: int, rng: np.random.Generator) -> NDArray[np.uint8]:
        """Bit strings (shots, n) drawn from the final state, in no order that means anything."""
        chances = self._chances(*self._checked(gammas, betas)).reshape(1 << self.cut.high, -1)
        by_block = chances.sum(axis=1, dtype=np.float64)
        counts = rng.multinomial(shots, by_block / by_block.sum())
        drawn = np.empty(shots, np.int64)
        done = 0
        for block in np.flatnonzero(counts):
            cumulated = np.cumsum(chances[block], dtype=np.float64)
            points = rng.random(counts[block]) * cumulated[-1]
            places = np.minimum(np.searchsorted(cumulated, points, side="right"), len(cumulated) - 1)
            drawn[done : done + len(places)] = (int(block) << self.cut.low) + places
            done += len(places)
        bits = ((drawn[:, None] >> np.arange(self.n_qubits - 1, -1, -1)) & 1).astype(np.uint8)
        if self.symmetric:
            bits[:, 0] = 0
            bits ^= rng.integers(0, 2, (shots, 1), np.uint8)
        return bits


_PRECISIONS = ("single", "double")


def spin_terms(cost: Polynomial) -> tuple[Term, ...]:
    """`cost.spins()` without what is there by rounding alone: far less than what was added up for it."""
    gross: dict[tuple[int, ...], float] = {}
    for key, coefficient in cost.terms:
        share = abs(coefficient) / (1 << len(key))
        for size in range(len(key) + 1):
            for chosen in combinations(key, size):
                gross[chosen] = gross.get(chosen, 0.0) + share
    return tuple((key, c) for key, c in cost.spins() if abs(c) > 1e-14 * gross[key])


class _Unannounced(Alternation):
    """What the compiling itself runs."""

    _says_that_it_compiles = False


def warm(dtype: str) -> None:
    """Run something small through every kernel of one precision."""
    precision = "single" if dtype == "float32" else "double"
    cost = Polynomial(tuple("abcdef"), tuple(((k, k + 1), 1.0) for k in range(5)))
    for multi in (False, True):
        run = _Unannounced(cost, multi=multi, alpha=0.5, precision=precision)
        gammas, betas = (np.full(shape, 0.1) for shape in run.shapes(2))
        run.value_and_gradient(gammas, betas)
        run.expectations(gammas, betas, [(0, 1)])
