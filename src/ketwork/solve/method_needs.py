"""What the methods of `ketwork.optimize` need besides a value or a gradient, made from an objective."""

from collections.abc import Callable
from functools import lru_cache, partial
from typing import Any

from ketwork.checks import check_choice
from ketwork.solve.axis_selection import axes_of, with_axes
from ketwork.solve.landscape import frequencies, layer_blocks, lipschitz
from ketwork.solve.objective import Objective
from ketwork.solve.sampled_gradient import SampledGradient


def function_and_options(
    objective: Any, method: str, needs: tuple[str, ...], options: dict[str, Any]
) -> tuple[Callable[..., Any], dict[str, Any]]:
    """(function, options) for `minimize`: those given, and those that the method needs.

    objective: as `vqe.train` takes it. An option blocks="layers" becomes the layers of the circuit.
    Raises: ValueError where the objective cannot give what the method needs.
    """
    given = dict(options)
    if isinstance(given.get("blocks"), str):
        check_choice("blocks", given["blocks"], ("layers",))
        given["blocks"] = layer_blocks(objective.circuit)
    elif "blocks" in needs:
        given.setdefault("blocks", layer_blocks(objective.circuit))
    if "metric" in needs:
        given.setdefault("metric", partial(objective.metric, blocks=given.get("blocks")))
    if "fidelity" in needs:
        given.setdefault("fidelity", objective.fidelity)
    if {"frequencies", "axes", "estimate"} & set(needs) and objective.alpha < 1:
        raise ValueError(
            f"{method.capitalize()} needs expectation values: CVaR is no trigonometric sum in the weights."
        )
    if "frequencies" in needs and "frequencies" not in given:
        given["frequencies"], given["units"] = frequencies(objective.circuit)
    if "axes" in needs:
        plain = _plain(objective, method)
        given.setdefault("axes", axes_of(plain.circuit))
        return _by_axes(plain), given
    if "estimate" in needs:
        plain = _plain(objective, method)
        given.setdefault("lipschitz", lipschitz(plain.circuit, plain.observable))
        return SampledGradient(plain, weighted=method == "rosalin"), given
    return objective.value_and_gradient if "gradient" in needs else objective.value, given


def _plain(objective: Any, method: str) -> Objective:
    """Raises: ValueError for what is more than an expectation value of a circuit."""
    if not isinstance(objective, Objective):
        raise ValueError(f"{method.capitalize()} needs the energy of a circuit alone, but this objective has more.")
    return objective


def _by_axes(objective: Objective) -> Callable[[Any, str], float]:
    """The objective's value by weights and axes; circuits of axes that were asked for lately are kept."""
    turned = lru_cache(64)(partial(with_axes, objective.circuit))
    return lambda w, axes: objective.value(w, turned(axes))
