"""Gradient steps: Adam, AdamW, SGD and RMSprop as init/update pairs, for `minimize` and for training in mini-batches.

Formulas, names of what is remembered and defaults are torch.optim's, except for the learning rate, whose default suits
angles. States are plain arrays and numbers, so that they can be saved.
Source: Kingma and Ba, arXiv:1412.6980, algorithm 1 (Adam); Loshchilov and Hutter, arXiv:1711.05101, algorithm 2
(AdamW); Sutskever et al., ICML 2013 (momentum of SGD); Graves, arXiv:1308.0850, eq. 38-41 (centred RMSprop).
"""

from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]
State = dict[str, Any]
LEARNING_RATE = 0.05
"""The default of all of them; torch's are 1e-3 and 1e-2, small for angles."""


class Update(Protocol):
    """One step: (new parameters, new state); gradient and parameters have the same shape and stay as they were."""

    def __call__(self, gradient: Floats, state: State, params: Floats, **options: Any) -> tuple[Floats, State]:
        """options: those of the kind of step, `learning_rate` among them."""
        ...


class GradientStep(NamedTuple):
    """A row of `GRADIENT_STEPS`: init(params, **options) -> state before the first step; update; options: their names.

    Options are the same for both; `init` may ignore them.
    """

    init: Callable[..., State]
    update: Update
    options: tuple[str, ...]


def init(params: Floats, **options: Any) -> State:
    """The state before the first step: its number, a mean of gradients or steps, a mean of squares."""
    return {"step": 0, "mean": np.zeros_like(params), "square": np.zeros_like(params)}


def adam(
    gradient: Floats,
    state: State,
    params: Floats,
    learning_rate: float = LEARNING_RATE,
    beta1: float = 0.9,
    beta2: float = 0.999,
    **more: Any,
) -> tuple[Floats, State]:
    """A step scaled by running moments. more: epsilon (1e-8), weight_decay (0, as a share of the gradient)."""
    gradient = gradient + more.get("weight_decay", 0.0) * params
    step = int(state["step"]) + 1
    mean = beta1 * np.asarray(state["mean"], float) + (1 - beta1) * gradient
    square = beta2 * np.asarray(state["square"], float) + (1 - beta2) * gradient**2
    scale = np.sqrt(square) / np.sqrt(1 - beta2**step) + more.get("epsilon", 1e-8)
    moved = params - learning_rate / (1 - beta1**step) * mean / scale
    return moved, {"step": step, "mean": mean, "square": square}


def adamw(
    gradient: Floats,
    state: State,
    params: Floats,
    learning_rate: float = LEARNING_RATE,
    weight_decay: float = 1e-2,
    **options: Any,
) -> tuple[Floats, State]:
    """Adam with a weight decay that the moments don't see."""
    return adam(gradient, state, params * (1 - learning_rate * weight_decay), learning_rate, **options)


def sgd(
    gradient: Floats,
    state: State,
    params: Floats,
    learning_rate: float = LEARNING_RATE,
    momentum: float = 0.0,
    nesterov: bool = False,
    **more: Any,
) -> tuple[Floats, State]:
    """A step down the gradient, or with momentum down a sum of past ones. more: weight_decay (0), dampening (0)."""
    gradient = gradient + more.get("weight_decay", 0.0) * params
    step = int(state["step"]) + 1
    dampening = more.get("dampening", 0.0) if step > 1 else 0.0  # torch takes the first gradient whole
    mean = momentum * np.asarray(state["mean"], float) + (1 - dampening) * gradient
    change = gradient + momentum * mean if nesterov else mean if momentum else gradient
    return params - learning_rate * change, {**state, "step": step, "mean": mean}


def init_rmsprop(params: Floats, **options: Any) -> State:
    """The state before the first step: also the sum of past steps, for momentum."""
    return {**init(params), "velocity": np.zeros_like(params)}


def rmsprop(
    gradient: Floats,
    state: State,
    params: Floats,
    learning_rate: float = LEARNING_RATE,
    smoothing: float = 0.99,
    centred: bool = False,
    **more: Any,
) -> tuple[Floats, State]:
    """A step scaled by the root of a running mean of squares (torch's alpha is `smoothing`), minus that of the
    gradient where `centred`. more: momentum (0), weight_decay (0), epsilon (1e-8)."""
    gradient = gradient + more.get("weight_decay", 0.0) * params
    square = smoothing * np.asarray(state["square"], float) + (1 - smoothing) * gradient**2
    mean = np.asarray(state["mean"], float)
    if centred:
        mean = smoothing * mean + (1 - smoothing) * gradient
    scale = np.sqrt(np.maximum(square - mean**2, 0.0) if centred else square) + more.get("epsilon", 1e-8)
    velocity = more.get("momentum", 0.0) * np.asarray(state["velocity"], float) + gradient / scale
    after = {"step": int(state["step"]) + 1, "mean": mean, "square": square, "velocity": velocity}
    return params - learning_rate * velocity, after


_ADAM = ("learning_rate", "beta1", "beta2", "epsilon", "weight_decay")
GRADIENT_STEPS: dict[str, GradientStep] = {
    "adam": GradientStep(init, adam, _ADAM),
    "adamw": GradientStep(init, adamw, _ADAM),
    "sgd": GradientStep(init, sgd, ("learning_rate", "momentum", "nesterov", "dampening", "weight_decay")),
    "rmsprop": GradientStep(
        init_rmsprop, rmsprop, ("learning_rate", "smoothing", "centred", "momentum", "epsilon", "weight_decay")
    ),
}
"""The kinds of gradient steps by name."""
