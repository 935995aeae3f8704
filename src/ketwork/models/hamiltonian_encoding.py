"""Features as the Hamiltonian that a state evolves under: a vector as couplings of a chain, an image as a matrix."""

from functools import lru_cache, partial
from itertools import product
from math import isqrt
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ketwork import seeds
from ketwork.checks import check_array, check_choice, check_int, check_real
from ketwork.circuit import Angle, Circuit, w, x
from ketwork.models.encoding import Encoding
from ketwork.models.evolution import turn
from ketwork.models.preparation import amplitude_encoding, amplitude_qubits
from ketwork.operators.pauli import PauliSum

Floats = NDArray[np.floating[Any]]

CHAINS = {"heisenberg": ("XX", "YY", "ZZ"), "ising": ("ZZ",)}
"""What couples neighbours on a chain."""

_TROTTER_QUBITS, _EXACT_QUBITS = 5, 8


def chain_evolution(
    n_features: int,
    chain: str = "heisenberg",
    steps: int = 20,
    time: float | None = None,
    field: float = 1.0,
    seed: Any = 0,
) -> Circuit:
    """Features as the couplings of a chain of n_features + 1 qubits, whose evolution is split into `steps` steps.

    chain: "heisenberg", in each step exp(-i time/steps x_j (XX + YY + ZZ)) on pair (j, j + 1) after pair, from a random
    product state (Haar, from `seed`); or "ising", exp(-i time/steps x_j ZZ) on all pairs and exp(-i time/steps field X)
    on all qubits, from |0...0>. time: None for n_features / 3. The product formula is the encoding: more steps come
    nearer to exp(-i time H), with an error that falls as 1/steps.
    Source: Huang et al., Nat. Commun. 12 (2021) 2631, arXiv:2011.01938, eq. E3 with T = 20 and t = n/3.
    """
    features = check_int("n_features", n_features, 1)
    couplings = CHAINS[check_choice("chain", chain, CHAINS)]
    step = (features / 3 if time is None else check_real("time", time)) / check_int("steps", steps, 1)
    strength = check_real("field", field)
    circuit = Circuit(features + 1)
    if chain == "heisenberg":
        rng = seeds.generator(seed)
        for q in range(features + 1):  # cos(theta) is uniform on the sphere
            circuit = circuit.ry(q, float(np.arccos(rng.uniform(-1, 1)))).rz(q, float(rng.uniform(0, 2 * np.pi)))
    for _ in range(steps):
        for j in range(features):
            for letters in couplings:
                circuit = turn(circuit, letters, (j, j + 1), 2 * step * x[j])
        for q in range(features + 1 if chain == "ising" else 0):
            circuit = circuit.rx(q, 2 * step * strength)
    return circuit


def image_evolution(
    shape: tuple[int, int] | int,
    n_qubits: int | None = None,
    time: float = 0.5,
    method: str = "exact",
    steps: int = 1,
    trainable: bool = False,
) -> Encoding:
    """exp(-i time H)|+...+> with H = (M + M^T)/2 of an image M, padded with zeros to 2^n x 2^n.

    shape: rows and columns, or the number of pixels of a square image; features are its pixels row by row.
    method: "exact" works out each sample's state and prepares it by gates (Moettoenen's, complex), up to 8 qubits.
    "trotter" evolves under the Pauli strings of H one by one, forth and back (second order): the unitary itself, which
    can be applied again, with 2^(n-1) (2^n + 1) strings, up to 5 qubits. Its error falls as 1/steps^2.
    trainable: with "trotter", time is the weight w[0]. Differentiable by features with "trotter".
    Source: Wang, Myers, Hollenberg, Parampalli, arXiv:2407.14055, W(t; M) = exp(-i t H/2) (here time = t/2).
    """
    rows, columns = _shape(shape)
    check_choice("method", method, ("exact", "trotter"))
    needed = amplitude_qubits(max(rows, columns))
    most = _EXACT_QUBITS if method == "exact" else _TROTTER_QUBITS
    if needed > most:
        raise ValueError(
            f"An image of {rows} x {columns} needs {needed} qubits, but method {method!r} takes at most {most}. "
            "Make the image smaller."
        )
    n = check_int("n_qubits", needed if n_qubits is None else n_qubits, needed, most)
    duration = check_real("time", time)
    check_int("steps", steps, 1)
    if method == "exact":
        if trainable:
            raise ValueError(
                "Argument `trainable` needs the method 'trotter': an exact state has no time left to train."
            )
        circuit = amplitude_encoding(n, phases=True).circuit
        return Encoding("image_evolution", circuit, partial(_exact_inputs, (rows, columns), n, duration), "raw")
    strings = _real_strings(n)
    half: Angle | float = (w[0] if trainable else duration) / (2 * steps)
    circuit = Circuit(n)
    for q in range(n):
        circuit = circuit.h(q)
    forth = [(k, string) for k, string in enumerate(strings)]
    for _ in range(steps):
        for k, string in forth + forth[::-1]:
            circuit = turn(circuit, string, range(n), 2 * half * x[k])
    strength = _coefficients_of_pixels(rows, columns, n)
    return Encoding("image_evolution", circuit, partial(_weighted, strength), "raw", partial(_weighted_back, strength))


def image_qubits(n_pixels: int) -> int:
    """The fewest qubits for a square image of so many pixels."""
    return amplitude_qubits(isqrt(check_int("n_pixels", n_pixels, 1) - 1) + 1)


def image_hamiltonian(images: ArrayLike, shape: tuple[int, int] | int, n_qubits: int) -> Floats:
    """(B, 2^n, 2^n): the matrices (M + M^T)/2 of images (B, rows * columns), padded with zeros."""
    rows, columns = _shape(shape)
    pixels = check_array("images", images, 2)
    if pixels.shape[1] != rows * columns:
        raise ValueError(f"An image of {rows} x {columns} has {rows * columns} pixels, but got {pixels.shape[1]}.")
    size = 1 << check_int("n_qubits", n_qubits, amplitude_qubits(max(rows, columns)))
    full = np.zeros((len(pixels), size, size))
    full[:, :rows, :columns] = pixels.reshape(-1, rows, columns)
    return np.asarray((full + full.transpose(0, 2, 1)) / 2)


def _shape(shape: tuple[int, int] | int) -> tuple[int, int]:
    if isinstance(shape, int | np.integer):
        side = isqrt(check_int("shape", shape, 1))
        if side * side != shape:
            raise ValueError(f"{shape} features are no square image: give its `shape` as (rows, columns).")
        return side, side
    if not isinstance(shape, tuple | list) or len(shape) != 2:
        raise TypeError(f"Argument `shape` must be (rows, columns) or a number of pixels, but is {shape!r:.60}.")
    return check_int("shape", shape[0], 1), check_int("shape", shape[1], 1)


def _exact_inputs(shape: tuple[int, int], n: int, time: float, X: Floats) -> Floats:
    energies, modes = np.linalg.eigh(image_hamiltonian(X, shape, n))
    start = modes.sum(axis=1) / np.sqrt(1 << n)  # of |+...+>, in the basis of the modes
    states = np.einsum("bij,bj->bi", modes, np.exp(-1j * time * energies) * start)
    return amplitude_encoding(n, phases=True).prepare(states)


@lru_cache(maxsize=16)
def _real_strings(n: int) -> list[str]:
    """The Pauli strings with an even number of Y, whose matrices are real and symmetric."""
    return ["".join(letters) for letters in product("IXYZ", repeat=n) if letters.count("Y") % 2 == 0]


@lru_cache(maxsize=16)
def _coefficients_of_pixels(rows: int, columns: int, n: int) -> Floats:
    """(rows * columns, strings): tr(P H)/2^n is linear in the pixels, and H weighs M_ij and M_ji alike."""
    matrices = [PauliSum.from_dict({string: 1.0}).matrix().real for string in _real_strings(n)]
    return np.array([matrix[:rows, :columns].ravel() for matrix in matrices]).T / (1 << n)


def _weighted(strength: Floats, X: Floats) -> Floats:
    array = check_array("X", X, 2)
    if array.shape[1] != len(strength):
        raise ValueError(f"Argument `X` must have {len(strength)} features, one a pixel, but has {array.shape[1]}.")
    return np.asarray(array @ strength)


def _weighted_back(strength: Floats, X: Floats, cotangent: Floats) -> Floats:
    return np.asarray(cotangent @ strength.T)
