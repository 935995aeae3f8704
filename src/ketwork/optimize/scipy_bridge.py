"""SciPy's L-BFGS, COBYLA and Nelder-Mead in the house's calling form."""

from typing import Any

import numpy as np

from ketwork.optimize.stepping import Floats, Result, State, Task


class _Stop(Exception):
    """Raised inside SciPy's loop to leave it."""


def run_scipy(
    task: Task, params: Floats, steps: int, callback: Any, state: State | None, gradients: bool = True
) -> Result:
    """Run L-BFGS (fun gives value and gradient) or COBYLA (fun gives a value); remembers the best point seen.

    A state holds that point and the number of steps: the curvature that L-BFGS has gathered is SciPy's own and is
    gathered anew.
    """
    from scipy.optimize import minimize as scipy_minimize

    done = int(state["step"]) if state else 0
    best: dict[str, Any] = {"fun": np.inf, "params": np.array(state["params"]) if state else params}
    history: list[float] = []

    def watched(point: Floats) -> Any:
        if not gradients and task.evaluations >= steps:
            raise _Stop("all steps done")
        task.step = task.evaluations + 1
        found = task.value_and_gradient(point) if gradients else (task.value(point), None)
        if found[0] < best["fun"]:
            best.update(fun=found[0], params=point.copy())
        if gradients:
            return found
        after_step(point)
        return found[0]

    def after_step(point: Floats) -> None:
        history.append(best["fun"])
        if callback is not None and callback(done + len(history), best["params"], best["fun"]):
            raise _Stop("stopped by the callback")

    try:
        if steps == 0:
            raise _Stop("all steps done")
        found = scipy_minimize(
            watched,
            best["params"],
            jac=gradients or None,
            method="L-BFGS-B" if gradients else "COBYLA",
            tol=task.options.get("tol"),
            callback=after_step if gradients else None,
            options=_settings(gradients, steps, len(params), task.options),
        )
        message = str(found.message)
    except _Stop as stop:
        message = str(stop)
    except KeyboardInterrupt:
        message = "interrupted"
    kept = {"step": done + len(history), "params": best["params"]}
    value = best["fun"] if np.isfinite(best["fun"]) else float("nan")
    return Result(best["params"], value, history, kept, task.evaluations, message, best["params"], value)


def _settings(gradients: bool, steps: int, n_params: int, options: dict[str, Any]) -> dict[str, Any]:
    if gradients:
        return {"maxiter": steps, "maxfun": max(15_000, 30 * steps)}
    # SciPy raises a smaller limit than its first simplex needs, with a warning; ours is kept by `watched`.
    limits: dict[str, Any] = {"maxiter": max(steps, n_params + 2)}
    return limits | ({"rhobeg": options["rhobeg"]} if "rhobeg" in options else {})


def begin_simplex(params: Floats, size: float | None = None) -> State:
    """The state of Nelder-Mead before the first step: a simplex of `params` and one more point for each parameter.

    size: how far those are away; None for SciPy's choice, 5 % of a parameter and 0.00025 where it is 0.
    """
    away = np.where(params != 0, 0.05 * params, 0.00025) if size is None else np.full(len(params), size)
    return {"step": 0, "simplex": [params.tolist(), *(params + np.diag(away)).tolist()], "values": []}


def simplex_step(task: Task, state: State, params: Floats, tol: float = 1e-4) -> tuple[Floats, State, float]:
    """One iteration of SciPy's Nelder-Mead: (best corner, new state with all corners and their values, its value).

    The state is "stopped" when neither the corners nor their values differ by more than `tol`.
    """
    from scipy.optimize import minimize as scipy_minimize

    corners = np.array(state["simplex"], float)
    known = {point.tobytes(): value for point, value in zip(corners, state["values"], strict=False)}

    def value(point: Floats) -> float:
        # SciPy asks for all corners first, of which the state knows the values
        key = np.ascontiguousarray(point).tobytes()
        if key not in known:
            known[key] = task.value(point.copy())
        return known[key]

    # SciPy counts iterations from 1, so that 2 is one of them
    options = {"initial_simplex": corners, "maxiter": 2, "maxfev": 10**9, "xatol": tol, "fatol": tol}
    found = scipy_minimize(value, corners[0], method="Nelder-Mead", options=options)
    corners, values = found.final_simplex
    after = {"step": int(state["step"]) + 1, "simplex": corners.tolist(), "values": np.asarray(values).tolist()}
    if found.success:
        after["stopped"] = "converged"
    return np.array(corners[0]), after, float(values[0])
