"""SciPy's L-BFGS and COBYLA in the house's calling form."""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from ketwork.optimize.minimize import Result

Floats = NDArray[np.floating[Any]]


class _Stop(Exception):
    """Raised inside SciPy's loop to leave it."""


def run_scipy(
    fun: Any, params: Floats, method: str, steps: int, callback: Any, state: Any, options: dict[str, Any]
) -> "Result":
    """Run `l-bfgs` (fun gives value and gradient) or `cobyla` (fun gives a value); remembers the best point seen.

    A state holds that point and the number of steps: the curvature that L-BFGS has gathered is SciPy's own and is
    gathered anew.
    """
    from scipy.optimize import minimize as scipy_minimize

    from ketwork.optimize.minimize import Result, check_value

    gradients = method == "l-bfgs"
    done = int(state["step"]) if state else 0
    best: dict[str, Any] = {"fun": np.inf, "params": np.array(state["params"]) if state else params}
    history: list[float] = []
    count = 0

    def watched(point: Floats) -> Any:
        nonlocal count
        count += 1
        raw = fun(point)
        value = check_value(raw[0] if gradients else raw, count)
        if value < best["fun"]:
            best.update(fun=value, params=point.copy())
        if not gradients:
            after_step(point)
        return (value, np.asarray(raw[1], float)) if gradients else value

    def after_step(point: Floats) -> None:
        history.append(best["fun"])
        if callback is not None and callback(done + len(history), best["params"], best["fun"]):
            raise _Stop("stopped by the callback")

    name, limit = ("L-BFGS-B", "maxiter") if gradients else ("COBYLA", "maxiter")
    settings = {limit: steps, **({"rhobeg": options["rhobeg"]} if "rhobeg" in options else {})}
    try:
        found = scipy_minimize(
            watched,
            best["params"],
            jac=gradients or None,
            method=name,
            tol=options.get("tol"),
            callback=after_step if gradients else None,
            options=settings,
        )
        message = str(found.message)
    except _Stop as stop:
        message = str(stop)
    except KeyboardInterrupt:
        message = "interrupted"
    kept = {"method": method, "step": done + len(history), "params": best["params"]}
    return Result(best["params"], best["fun"], history, kept, count, message)
