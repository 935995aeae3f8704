"""Quanvolution as a layer of torch: a circuit slides over images as the kernel of a convolution does."""

import hashlib
from math import pi
from pathlib import Path
from typing import Any

import numpy as np

from ketwork.checks import check_choice, check_int, check_real, need_extra
from ketwork.circuit import Circuit, x
from ketwork.models.ansatz import strongly_entangling
from ketwork.models.layer_reading import reading_of
from ketwork.models.torch_values import as_array, check_features, hold_weights, values_of

torch: Any = need_extra("torch", "torch")

_AT_ONCE = 1 << 18
"""So many patches are read at once where no gradient is asked for."""


class QuantumConv2d(torch.nn.Module):  # type: ignore[misc]
    """Images (B, C, H, W) or (C, H, W) to (B, out_channels, H', W'), sizes as of torch.nn.Conv2d.

    Every patch of an image is the input of one circuit for each filter; the M values read of it are M channels. Filters
    share a circuit and have weights (filters, P) of their own. Channels: filter by filter, its values together.
    kernel_size, stride, padding (with zeros), dilation: a number or a pair.
    channels: "joint": a patch holds all C channels. "separate": filters go over each channel alone, and the outputs are
    one channel's after the other's, as a convolution with groups has them.
    circuit: over inputs, one a number in a patch (channel, row, column), and weights, such as `quanvolution_circuit`
    makes; or an `Encoding`. Default: RY(scale x_i) of number i, on `n_qubits` in turn (default: one each, 8 at most),
    then `layers` strongly entangling layers; the scale is for pixels in [0, 1].
    observables, backend, init: as of `QuantumLayer`. trainable: False for fixed filters, which `precompute` reads once
    for a whole data set.
    Source: Henderson, Shakya, Pradhan, Cook, arXiv:1904.04767 (fixed random filters, one value a qubit).
    """

    def __init__(
        self,
        in_channels: int = 1,
        filters: int = 1,
        kernel_size: int | tuple[int, int] = 2,
        stride: int | tuple[int, int] = 1,
        padding: int | tuple[int, int] = 0,
        dilation: int | tuple[int, int] = 1,
        *,
        circuit: Any = None,
        observables: Any = None,
        n_qubits: int | None = None,
        layers: int = 1,
        scale: float = pi,
        channels: str = "joint",
        trainable: bool = True,
        backend: Any = None,
        init: Any = None,
    ) -> None:
        super().__init__()
        self.in_channels, self.filters = check_int("in_channels", in_channels, 1), check_int("filters", filters, 1)
        self.kernel_size, self.stride = _pair("kernel_size", kernel_size, 1), _pair("stride", stride, 1)
        self.padding, self.dilation = _pair("padding", padding, 0), _pair("dilation", dilation, 1)
        self.separate = check_choice("channels", channels, ("joint", "separate")) == "separate"
        self.features = self.kernel_size[0] * self.kernel_size[1] * (1 if self.separate else in_channels)
        if circuit is None:
            n = min(self.features, 8) if n_qubits is None else check_int("n_qubits", n_qubits, 1)
            circuit = _pixels(n, self.features, check_real("scale", scale)) + strongly_entangling(n, layers)
        self.reading = reading_of(circuit, observables, None, backend)
        if self.reading.features not in (None, self.features):
            raise ValueError(
                f"Argument `circuit` must have {self.features} inputs, as a patch has numbers, but has "
                f"{self.reading.circuit.n_inputs}."
            )
        self.out_channels = self.filters * self.reading.outputs * (in_channels if self.separate else 1)
        hold_weights(self, (self.filters, self.reading.circuit.n_weights), init, trainable)

    def forward(self, images: Any) -> Any:
        """(B, out_channels, H', W') for images (B, C, H, W); without B for a single one."""
        given = self._checked(images)
        if given.ndim == 3:
            return self.forward(given[None])[0]
        height, width = self.output_size(given.shape[2], given.shape[3])
        if torch.is_grad_enabled() and (given.requires_grad or self.weights.requires_grad):
            return self._read(given, height, width)
        return torch.cat(
            [self._read(part, height, width) for part in given.split(self._images_at_once(height * width))]
        )

    def output_size(self, height: int, width: int) -> tuple[int, int]:
        """(H', W') for images of this size. Raises: ValueError where these are smaller than a kernel."""
        sizes = []
        for k, size in enumerate((height, width)):
            reach = self.dilation[k] * (self.kernel_size[k] - 1) + 1
            free = size + 2 * self.padding[k] - reach
            if free < 0:
                raise ValueError(f"Argument `images` must hold a kernel of {reach} pixels, but is {height} x {width}.")
            sizes.append(free // self.stride[k] + 1)
        return sizes[0], sizes[1]

    def precompute(self, images: Any, folder: str | Path | None = None) -> Any:
        """The outputs for a whole data set, without gradient, a part of the images at a time.

        folder: keeps them in a file there, and reads it when the same layer meets the same images again; they are
        mapped into memory as they are used, so that they may be larger than it.
        """
        given = self._checked(images)
        if folder is None:
            with torch.no_grad():
                return self.forward(given)
        if given.ndim == 3:
            return self.precompute(given[None], folder)[0]
        path = Path(folder) / f"quanvolution-{self._digest(given)}.npy"
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            unfinished = path.with_suffix(".part.npy")
            self._write(given, unfinished)
            unfinished.replace(path)
        return torch.from_numpy(np.load(path, mmap_mode="c"))

    def extra_repr(self) -> str:
        """What `print` shows."""
        return (
            f"{self.in_channels}, {self.out_channels}, filters={self.filters}, kernel_size={self.kernel_size}, "
            f"stride={self.stride}, padding={self.padding}, dilation={self.dilation}, "
            f"channels={'separate' if self.separate else 'joint'}, weights={self.weights.numel()}, "
            f"{self.reading.described()}"
        )

    def _checked(self, images: Any) -> Any:
        """Images (B, C, H, W) or (C, H, W) of floating numbers."""
        given = check_features("images", images, None, self.weights.dtype)
        if given.ndim not in (3, 4) or given.shape[-3] != self.in_channels:
            wanted, shape = f"(B, {self.in_channels}, H, W) or ({self.in_channels}, H, W)", tuple(given.shape)
            raise ValueError(f"Argument `images` must have shape {wanted}, but has {shape}.")
        return given

    def _images_at_once(self, patches: int) -> int:
        return max(1, _AT_ONCE // (patches * (self.in_channels if self.separate else 1)))

    def _read(self, images: Any, height: int, width: int) -> Any:
        given = images.reshape(-1, 1, *images.shape[2:]) if self.separate else images
        if any(self.padding):
            given = torch.nn.functional.pad(given, (self.padding[1], self.padding[1], self.padding[0], self.padding[0]))
        windows = given  # (B, C, H', W', rows, columns): a view, of which one copy is made
        for axis in (0, 1):
            reach = self.dilation[axis] * (self.kernel_size[axis] - 1) + 1
            windows = windows.unfold(2 + axis, reach, self.stride[axis])[..., :: self.dilation[axis]]
        patches = windows.permute(0, 2, 3, 1, 4, 5).reshape(len(given), height * width, self.features)
        read = torch.stack([values_of(self.reading, patches, one) for one in self.weights], dim=2)
        return read.flatten(2).transpose(1, 2).reshape(len(images), self.out_channels, height, width)

    def _write(self, images: Any, path: Path) -> None:
        height, width = self.output_size(images.shape[2], images.shape[3])
        dtype = np.float64 if torch.float64 in (images.dtype, self.weights.dtype) else np.float32
        shape = (len(images), self.out_channels, height, width)
        kept = np.lib.format.open_memmap(path, "w+", dtype, shape)  # type: ignore[no-untyped-call]
        at_once = self._images_at_once(height * width)
        with torch.no_grad():
            for first in range(0, len(images), at_once):
                kept[first : first + at_once] = self.forward(images[first : first + at_once]).cpu().numpy()
        kept.flush()

    def _digest(self, images: Any) -> str:
        """What the outputs depend on, in short: geometry, circuit, what is read, backend, weights, images."""
        read = self.reading
        text = hashlib.sha256(repr((self.extra_repr(), read.sums, read.qubits, read.backend)).encode())
        text.update(repr(read.encoding.prepare).encode())  # a function of one's own is never known again
        text.update(read.circuit.digest.encode())
        for tensor in (images, self.weights):
            array = np.ascontiguousarray(as_array(tensor))
            text.update(f"{array.dtype}{array.shape}".encode())
            text.update(array.data)
        return text.hexdigest()[:32]


def _pixels(n_qubits: int, count: int, scale: float) -> Circuit:
    """RY(scale x_i) on the qubits in turn; about Z and Y in turn where there are several rounds."""
    circuit = Circuit(n_qubits)
    for i in range(count):
        circuit = circuit.append("rz" if (i // n_qubits) % 2 else "ry", (i % n_qubits,), (scale * x[i],))
    return circuit


def _pair(name: str, value: Any, low: int) -> tuple[int, int]:
    if isinstance(value, tuple | list):
        if len(value) != 2:
            raise ValueError(f"Argument `{name}` must be a number or a pair, but is {value!r}.")
        return check_int(name, value[0], low), check_int(name, value[1], low)
    return check_int(name, value, low), check_int(name, value, low)
