"""Circuits as layers of torch networks: `QuantumLayer`, `AmplitudeLayer`, `QuantumLinear` and `QuantumConv2d`.

Gradients come from the backend where it has its own, as simulators have, else from the parameter-shift rule. Without
a backend circuits run on the ideal simulator, single precision for float32 and double for float64. Tensors on other
devices are moved to the CPU and back.
"""

from collections.abc import Sequence
from typing import Any

from ketwork.checks import check_int, need_extra
from ketwork.circuit import Angle, Circuit
from ketwork.circuit import x as inputs
from ketwork.engine.simulator import Simulator
from ketwork.models.encodings import data_reuploading
from ketwork.models.layer_reading import reading_of
from ketwork.models.torch_convolution import QuantumConv2d
from ketwork.models.torch_values import check_features, hold_weights, values_of

torch: Any = need_extra("torch", "torch")

__all__ = ["AmplitudeLayer", "QuantumConv2d", "QuantumLayer", "QuantumLinear"]


class QuantumLayer(torch.nn.Module):  # type: ignore[misc]
    """A circuit as a layer: features (..., F) to values (..., M).

    circuit: over inputs x[0..F-1], which are the features, and weights w, which are trained; or an `Encoding`, whose
    `prepare` makes inputs of features. A circuit without inputs is called without features and gives (M,).
    observables: M Pauli sums (default: Z on every qubit, or on `qubits`), or "probabilities" of all outcomes of
    `qubits` (default: all), the first qubit most significant.
    backend: any backend, `Simulator(noise=...)` for one; default: the ideal simulator in the tensors' precision.
    init: starting weights: None for uniform in [0, 2 pi), a function of torch.nn.init, a number or an array (P,).
    trainable: whether the weights are a parameter, or a buffer that stays as it is.
    Raises: TypeError and ValueError for what does not fit together; RuntimeError for second derivatives.
    """

    def __init__(
        self,
        circuit: Any,
        observables: Any = None,
        *,
        qubits: Sequence[int] | None = None,
        backend: Any = None,
        init: Any = None,
        trainable: bool = True,
    ) -> None:
        super().__init__()
        self.reading = reading_of(circuit, observables, qubits, backend)
        hold_weights(self, (self.reading.circuit.n_weights,), init, trainable)

    def forward(self, features: Any = None) -> Any:
        """Values (..., M) for features (..., F)."""
        if self.reading.circuit.n_inputs == 0 and features is None:
            return values_of(self.reading, None, self.weights)
        x = check_features("features", features, self.reading.features, self.weights.dtype)
        return values_of(self.reading, x, self.weights)

    def extra_repr(self) -> str:
        """What `print` shows."""
        circuit = self.reading.circuit
        return f"inputs={circuit.n_inputs}, weights={circuit.n_weights}, {self.reading.described()}"


class AmplitudeLayer(torch.nn.Module):  # type: ignore[misc]
    """Features (..., F) as the amplitudes of a state, then a circuit: values (..., M).

    Features, real or complex, get zeros appended up to 2^n and are divided by their norm; qubit 0 is the most
    significant bit of their position. Their gradient is orthogonal to them.
    circuit: over weights alone. observables, qubits, init, trainable: as of `QuantumLayer`. backend: a `Simulator`
    without noise in its gates: noisy states do not start anywhere, gates must prepare them (`amplitude_encoding`).
    Raises: ValueError for samples that are all zeros, more than 2^n features, or a circuit with inputs.
    """

    def __init__(
        self,
        circuit: Any,
        observables: Any = None,
        *,
        qubits: Sequence[int] | None = None,
        backend: Any = None,
        init: Any = None,
        trainable: bool = True,
    ) -> None:
        super().__init__()
        self.reading = reading_of(circuit, observables, qubits, backend)
        if self.reading.circuit.n_inputs:
            raise ValueError(
                f"Argument `circuit` must have no inputs, since features are amplitudes here, but has "
                f"{self.reading.circuit.n_inputs}."
            )
        if backend is not None and not isinstance(backend, Simulator):
            raise TypeError(f"Argument `backend` must be a Simulator or None, but is {type(backend).__name__}.")
        hold_weights(self, (self.reading.circuit.n_weights,), init, trainable)

    def forward(self, features: Any) -> Any:
        """Values (..., M) for features (..., F)."""
        return values_of(self.reading, None, self.weights, self.states(features))

    def states(self, features: Any) -> Any:
        """The states (..., 2^n) that features (..., F) become."""
        if isinstance(features, torch.Tensor) and features.is_complex():
            psi = features
        else:
            psi = check_features("features", features, None, self.weights.dtype)
        size = 1 << self.reading.circuit.n_qubits
        if psi.ndim == 0 or not 1 <= psi.shape[-1] <= size:
            shape = tuple(psi.shape)
            raise ValueError(f"Argument `features` must have 1 to {size} features in its last axis, but has {shape}.")
        if psi.dtype in (torch.float16, torch.bfloat16):
            psi = psi.float()
        parts = torch.view_as_real(psi) if psi.is_complex() else psi[..., None]
        largest = parts.detach().abs().amax((-2, -1))[..., None]  # so that no square under- or overflows
        if (largest == 0).any():
            row = int((largest.reshape(-1) == 0).nonzero()[0, 0])
            raise ValueError(f"Sample {row} of argument `features` is all zeros, which is no state.")
        parts = parts / largest[..., None]
        psi = torch.view_as_complex(parts) if psi.is_complex() else parts[..., 0]
        psi = psi / torch.linalg.vector_norm(psi, dim=-1, keepdim=True)
        return torch.nn.functional.pad(psi, (0, size - psi.shape[-1]))

    def extra_repr(self) -> str:
        """What `print` shows."""
        return f"weights={self.reading.circuit.n_weights}, {self.reading.described()}"


class QuantumLinear(torch.nn.Module):  # type: ignore[misc]
    """In the place of torch.nn.Linear: features (..., in_features) to (..., out_features).

    Features are dealt out, n_qubits to a circuit, to as many data re-uploading circuits of `layers` layers as that
    takes; each circuit has trainable scales and biases of its own, and Z is read on all its qubits. The outputs are
    weighted sums of these readings, plus a bias: `readout`, a torch.nn.Linear.
    Features are angles: of order one, as a LayerNorm or BatchNorm before it makes them.
    backend: as of `QuantumLayer`. init: of the circuits' weights; default: normal, of standard deviation 1 / 2.
    Source: Perez-Salinas et al., arXiv:1907.02085 (re-uploading); Mari et al., arXiv:1912.08278 (dressed circuits).
    """

    def __init__(
        self,
        in_features: int,
        out_features: int,
        bias: bool = True,
        *,
        n_qubits: int = 4,
        layers: int = 2,
        backend: Any = None,
        init: Any = None,
    ) -> None:
        super().__init__()
        self.in_features = check_int("in_features", in_features, 1)
        self.out_features = check_int("out_features", out_features, 1)
        n = check_int("n_qubits", n_qubits, 1)
        layout, total = [], 0
        for width in (min(n, in_features - first) for first in range(0, in_features, n)):
            circuit = data_reuploading(n, width, layers)
            layout.append(_slots_of_angles(circuit, total))
            total += circuit.n_weights
        self.reading = reading_of(_inputs_as_angles(circuit), None, None, backend)
        hold_weights(self, (total,), _about_half if init is None else init, True)
        slots = torch.tensor(layout)  # (circuits, 3, angles)
        for name, part in (("biases", slots[:, 0]), ("scales", slots[:, 1]), ("places", slots[0, 2])):
            self.register_buffer(name, part.contiguous(), persistent=False)
        self.readout = torch.nn.Linear(n * len(layout), out_features, bias)

    def forward(self, features: Any) -> Any:
        """(..., out_features) for features (..., in_features)."""
        x = check_features("features", features, self.in_features, self.weights.dtype)
        circuits, n = len(self.biases), self.reading.circuit.n_qubits
        weights = torch.cat([self.weights, self.weights.new_zeros(1)])
        dealt = torch.nn.functional.pad(x, (0, circuits * n - self.in_features)).unflatten(-1, (circuits, n))
        # The circuits are one, with an input for each angle, and all of them run as one batch.
        angles = weights[self.biases] + weights[self.scales] * dealt.index_select(-1, self.places)
        read = values_of(self.reading, angles, self.weights.new_zeros(0))
        return self.readout(read.flatten(-2).to(self.readout.weight.dtype))

    def extra_repr(self) -> str:
        """What `print` shows."""
        return (
            f"in_features={self.in_features}, out_features={self.out_features}, circuits={len(self.biases)}, "
            f"weights={self.weights.numel()}, {self.reading.described()}"
        )


def _slots_of_angles(circuit: Circuit, first: int) -> list[list[int]]:
    """For angles w[k] or w[k] + w[j] x[i] of a circuit, in order: all k, all j, all i; weights counted from `first`.

    Where there is no x[i], j is -1, the place of a zero behind all weights, and i is 0.
    """
    found = []
    for angle in (param for gate in circuit for param in gate.params if isinstance(param, Angle)):
        bias = next(slots[0].index for _, slots in angle.terms if len(slots) == 1)
        slots = next((slots for _, slots in angle.terms if len(slots) == 2), None)
        scale, place = (first + slots[0].index, slots[1].index) if slots else (-1, 0)
        found.append((first + bias, scale, place))
    return [list(row) for row in zip(*found, strict=True)]


def _inputs_as_angles(circuit: Circuit) -> Circuit:
    """The circuit with an input for each of its angles in place of it, in order."""
    count, opened = 0, Circuit(circuit.n_qubits)
    for gate in circuit:
        params = inputs[count : count + len(gate.params)]
        opened, count = opened.append(gate.name, gate.qubits, params), count + len(params)
    return opened


def _about_half(weights: Any) -> None:
    torch.nn.init.normal_(weights, std=0.5)
