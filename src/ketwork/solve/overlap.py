"""How alike two states are that a backend can prepare: the chance to read only zeros after undoing one of them."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ketwork.backends.protocol import Cost, cost, value_and_pullback
from ketwork.checks import check_int
from ketwork.circuit.circuit import Circuit
from ketwork.engine.simulator import Simulator
from ketwork.operators.pauli import PauliSum

Floats = NDArray[np.floating[Any]]
_READ_QUBITS = 12
"""The projector on zeros has 2^n strings; exact simulators do not need it."""


def zeros_projector(n_qubits: int) -> PauliSum:
    """The projector on |0...0>: the mean of all strings of I and Z, up to 12 qubits. One basis reads it."""
    check_int("n_qubits", n_qubits, 1, _READ_QUBITS)
    masks = np.arange(1 << n_qubits)
    return PauliSum.from_masks(n_qubits, np.zeros_like(masks), masks, np.full(len(masks), 0.5**n_qubits))


def gives_probabilities(backend: Any, circuit: Circuit) -> bool:
    """Whether the backend knows the exact distribution of a circuit's outcomes, with its gradient: a `Simulator` does
    without shots, unless trajectories estimate its values or it takes stabilizers."""
    if getattr(backend, "shots", None) is not None or not hasattr(backend, "probabilities_and_pullback"):
        return False
    return not isinstance(backend, Simulator) or backend.plan(circuit).method in ("statevector", "paulitransfer")


class Overlap:
    """|<0|V^dagger U|0>|^2 by the weights of the circuit V^dagger after U, on a backend.

    prepared, undone: the circuits U and V; the weights of both are the overlap's, equal numbers equal weights. Without
    noise it is the fidelity of the two states; with noise, what a device would read. Circuits with inputs are refused.
    Source: Havlicek et al., arXiv:1804.11326 (estimating kernels); Higgott, Wang, Brierley, arXiv:1805.08138.
    """

    def __init__(self, prepared: Circuit, undone: Circuit, backend: Any = None) -> None:
        self.circuit = prepared + undone.inverse()
        self.backend: Any = Simulator("double") if backend is None else backend
        self._exact = gives_probabilities(self.backend, self.circuit)
        if not self._exact and self.circuit.n_qubits > _READ_QUBITS:
            raise ValueError(
                f"Argument `backend` must give exact probabilities for overlaps of {self.circuit.n_qubits} qubits: "
                f"where they are read, they are read on at most {_READ_QUBITS}."
            )
        self._zeros = None if self._exact else zeros_projector(self.circuit.n_qubits)

    def value(self, w: ArrayLike, backend: Any = None) -> float:
        """The overlap at weights w (P,); `backend`: one with random numbers of its own, else the one given first."""
        runner = self.backend if backend is None else backend
        if self._exact:
            return float(runner.probabilities(self.circuit, None, w)[0, 0])
        return float(runner.expectation(self.circuit, self._zeros, None, w)[0, 0])

    def value_and_gradient(self, w: ArrayLike, backend: Any = None) -> tuple[float, Floats]:
        """The overlap and its gradient (P,): through the simulator, or by the parameter-shift rule."""
        runner = self.backend if backend is None else backend
        if self._exact:
            chances, pull_back = runner.probabilities_and_pullback(self.circuit, None, w)
            cotangent = np.zeros_like(chances)
            cotangent[0, 0] = 1
            return float(chances[0, 0]), np.asarray(pull_back(cotangent).w, float)
        values, pull_back = value_and_pullback(runner, self.circuit, self._zeros, None, w)
        return float(values[0, 0]), np.asarray(pull_back(np.ones((1, 1))).w, float)

    def cost(self) -> Cost:
        """What one value costs."""
        return Cost(1, 0) if self._exact else cost(self.backend, self.circuit, self._zeros)
