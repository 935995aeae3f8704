"""Any of torch's optimisers as an init/update pair; its state is kept as plain arrays and numbers."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ketwork.checks import need_extra
from ketwork.optimize.gradient_steps import GradientStep

Floats = NDArray[np.floating[Any]]
State = dict[str, Any]


def torch_step(factory: Callable[..., Any]) -> GradientStep:
    """The steps of a torch optimiser.

    factory: a class such as `torch.optim.NAdam`, or a function that makes an optimiser from a list of parameters.
    Options of init and update go to it by torch's names (`lr`, `betas`, ..); update also takes `share`, by which every
    learning rate is multiplied. The optimiser is made anew for each step and given what it remembers, so that states
    are data; that costs half a millisecond or so.
    Raises: ImportError without torch; TypeError for what makes no torch optimiser, options that it does not know, and
    optimisers that ask for the function again, such as torch.optim.LBFGS.
    """
    torch = need_extra("torch", "torch")

    def made(params: Floats, options: dict[str, Any]) -> tuple[Any, Any]:
        weights = torch.nn.Parameter(torch.tensor(np.asarray(params, float)))
        try:
            optimiser = factory([weights], **options)
        except TypeError as error:
            raise TypeError(f"Argument `method` does not make a torch optimiser: {error}.") from error
        if not isinstance(optimiser, torch.optim.Optimizer):
            kind = type(optimiser).__name__
            raise TypeError(f"Argument `method` must be a name, or make a torch optimiser, but makes {kind}.")
        if isinstance(optimiser, torch.optim.LBFGS):
            raise TypeError("Argument `method` cannot be torch.optim.LBFGS, which asks for values: take 'l-bfgs'.")
        return optimiser, weights

    def init(params: Floats, **options: Any) -> State:
        made(params, options)
        return {"step": 0, "torch": {}}

    def update(gradient: Floats, state: State, params: Floats, share: float = 1.0, **options: Any) -> Any:
        optimiser, weights = made(params, options)
        known = {name: _tensor(torch, value) for name, value in state["torch"].items()}
        groups = optimiser.state_dict()["param_groups"]
        optimiser.load_state_dict({"state": {0: known} if known else {}, "param_groups": groups})
        for group in optimiser.param_groups:
            group["lr"] = group["lr"] * share
        weights.grad = torch.tensor(np.asarray(gradient, float))
        optimiser.step()
        kept = {name: _plain(value) for name, value in optimiser.state_dict()["state"].get(0, {}).items()}
        return weights.detach().numpy().copy(), {**state, "step": int(state["step"]) + 1, "torch": kept}

    return GradientStep(init, update, ())


def _tensor(torch: Any, value: Any) -> Any:
    return torch.tensor(value) if isinstance(value, np.ndarray) else value


def _plain(value: Any) -> Any:
    return value.detach().numpy().copy() if hasattr(value, "detach") else value
