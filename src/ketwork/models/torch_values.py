"""What circuits give as functions that torch differentiates once: the bridge under all layers."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ketwork.checks import check_array, need_extra
from ketwork.models.layer_reading import Reading

torch: Any = need_extra("torch", "torch")


def values_of(reading: Reading, features: Any, weights: Any, initial: Any = None) -> Any:
    """The values (..., outputs) of a reading for features (..., F) and weights (P,), differentiable once.

    initial: states (..., 2^n) to start from. Dtype: the widest of what is given, double where anything is; on the
    device of what is given, though the work is done by the CPU. Nothing is kept where no gradient is asked for.
    Raises: ValueError for features that ask for a gradient through an encoding that has none.
    """
    batched = features if features is not None else initial
    given = [t for t in (features, weights, initial) if t is not None]
    dtype = _real_dtype(given)
    if batched is not None and 0 in batched.shape[:-1]:  # no samples, as torch's own layers take them
        nothing = sum(t.flatten()[:0].real.sum().to(dtype) for t in given)
        return nothing.expand(*batched.shape[:-1], reading.outputs)
    tensors = tuple(t if t is None else t.reshape(math.prod(t.shape[:-1]), t.shape[-1]) for t in (features, initial))
    tensors = tensors[0], weights, tensors[1]
    wanted = torch.is_grad_enabled() and any(t.requires_grad for t in given)
    if wanted and features is not None and features.requires_grad and not reading.encoding.differentiable:
        raise ValueError(
            f"Argument `features` must not ask for a gradient: the encoding {reading.encoding.name!r} has no "
            "derivative by its features. Detach them."
        )
    if wanted:
        values = _Values.apply(reading, dtype, *tensors)
    else:
        values = as_tensor(reading.run(tuple(map(as_array, tensors)), False)[0], dtype, tensors)
    return values.reshape(*(() if batched is None else batched.shape[:-1]), reading.outputs)


def check_features(name: str, features: Any, count: int | None, dtype: Any) -> Any:
    """Features (..., count) as real floating numbers; whole numbers get the dtype of the weights.

    Raises: TypeError for what is no tensor or complex; ValueError for another number of features.
    """
    if not isinstance(features, torch.Tensor):
        raise TypeError(f"Argument `{name}` must be a tensor, but is {type(features).__name__}.")
    if features.is_complex():
        raise TypeError(f"Argument `{name}` must be real, but is complex.")
    if features.ndim == 0 or (count is not None and features.shape[-1] != count):
        wanted = "at least one axis" if count is None else f"{count} features in its last axis"
        raise ValueError(f"Argument `{name}` must have {wanted}, but has shape {tuple(features.shape)}.")
    return features if features.is_floating_point() else features.to(dtype)


def initial_weights(shape: tuple[int, ...], init: Any) -> Any:
    """A tensor of weights in torch's default dtype.

    init: None for uniform in [0, 2 pi) by torch's own generator; a function that fills a tensor in place, such as
    those of torch.nn.init; a number for all; or an array of this shape.
    """
    weights = torch.empty(shape)
    if init is None:
        return weights.uniform_(0, 2 * math.pi)
    if callable(init):
        init(weights)
        return weights
    values = init.detach().cpu().numpy() if isinstance(init, torch.Tensor) else np.asarray(init)
    if values.ndim and values.shape != shape:
        raise ValueError(f"Argument `init` must have shape {shape}, but has {values.shape}.")
    array = check_array("init", values, values.ndim)
    return weights.copy_(torch.from_numpy(np.broadcast_to(array, shape).copy()))


def hold_weights(module: Any, shape: tuple[int, ...], init: Any, trainable: bool) -> None:
    """Give a module its `weights`: a parameter, or a buffer that is saved but not trained."""
    weights = initial_weights(shape, init)
    if trainable:
        module.weights = torch.nn.Parameter(weights)
    else:
        module.register_buffer("weights", weights)


def as_array(tensor: Any) -> NDArray[Any] | None:
    """A tensor as an array in the computer's memory; half precision becomes single."""
    if tensor is None:
        return None
    detached = tensor.detach().cpu().resolve_conj().resolve_neg()
    if detached.dtype in (torch.float16, torch.bfloat16):
        detached = detached.float()
    return np.asarray(detached.numpy())


def as_tensor(values: NDArray[Any], dtype: Any, tensors: tuple[Any, ...]) -> Any:
    """An array as a tensor on the device of the first of some tensors."""
    device = next(t.device for t in tensors if t is not None)
    return torch.from_numpy(np.ascontiguousarray(values)).to(device=device, dtype=dtype)


def _real_dtype(tensors: list[Any]) -> Any:
    dtype = tensors[0].dtype
    for tensor in tensors[1:]:
        dtype = torch.promote_types(dtype, tensor.dtype)
    return {torch.complex64: torch.float32, torch.complex128: torch.float64}.get(dtype, dtype)


class _Values(torch.autograd.Function):  # type: ignore[misc]
    """Forward keeps the pullback; backward calls it."""

    @staticmethod
    def forward(ctx: Any, reading: Reading, dtype: Any, *tensors: Any) -> Any:
        values, ctx.pull_back = reading.run(tuple(map(as_array, tensors)), True)
        ctx.there = [t is not None for t in tensors]
        ctx.save_for_backward(*(t for t in tensors if t is not None))
        return as_tensor(values, dtype, tensors)

    @staticmethod
    def backward(ctx: Any, cotangent: Any) -> Any:
        saved = iter(ctx.saved_tensors)
        tensors: list[Any] = [next(saved) if there else None for there in ctx.there]
        pull_back: Callable[[Any], Any] = ctx.pull_back
        slopes: list[Any] = []
        for tensor, slope, needed in zip(
            tensors, pull_back(as_array(cotangent)), ctx.needs_input_grad[2:], strict=True
        ):
            slopes.append(as_tensor(slope, tensor.dtype, (tensor,)) if needed else None)
        if torch.is_grad_enabled():  # asked for with create_graph
            kept = [k for k, slope in enumerate(slopes) if slope is not None]
            sources = [t for t in (cotangent, *tensors) if t is not None]
            for k, slope in zip(kept, _Once.apply(len(kept), *(slopes[k] for k in kept), *sources), strict=True):
                slopes[k] = slope
        return None, None, *slopes


class _Once(torch.autograd.Function):  # type: ignore[misc]
    """Slopes as they are; the derivative of them says that there is none."""

    @staticmethod
    def forward(ctx: Any, count: int, *tensors: Any) -> Any:
        return tuple(t.clone() for t in tensors[:count])

    @staticmethod
    def backward(ctx: Any, *cotangents: Any) -> Any:
        raise RuntimeError(
            "Quantum layers have first derivatives only, and their gradient was differentiated again (a gradient "
            "penalty, a Hessian). Take that part out of the loss, or detach the gradient."
        )
