"""CMA-ES in the house's calling form: the package `cma`, asked and told.

Source: Hansen, arXiv:1604.00772.
"""

from typing import Any

import numpy as np

from ketwork.checks import need_extra
from ketwork.optimize.stepping import Floats, Result, State, Task

SIGMA = 0.3


def run_cma(task: Task, params: Floats, steps: int, callback: Any, state: State | None) -> Result:
    """Run `steps` generations, or until `cma` finds that it is done.

    Options: sigma0 (0.3), the first spread of the points; population, how many points a generation has (default
    4 + 3 log P). The parameters of the result are the mean of the distribution, its best ones the best point seen. The
    state is data: the values of all generations, which are told again to a new strategy with the same seed.
    Raises: ImportError without `cma`.
    """
    need_extra("cma", "cma")
    kept: State = dict(state) if state else {
        "step": 0, "start": params.tolist(), "sigma0": task.options.get("sigma0", SIGMA),
        "population": task.options.get("population"), "values": [], "seed": int(task.rng.integers(2**62)),
    }  # fmt: skip
    strategy = _replayed(kept)
    kept["values"] = list(kept["values"])
    history: list[float] = []
    message = "all steps done"
    try:
        for _ in range(steps):
            if kept["values"] and strategy.stop():
                message = f"converged ({', '.join(strategy.stop())})"
                break
            task.step = int(kept["step"])
            points = strategy.ask()
            values = [task.value(np.asarray(point, float)) for point in points]
            strategy.tell(points, values)
            kept["values"].append(values)
            kept["step"] += 1
            history.append(min(values))
            if callback is not None and callback(kept["step"], np.array(strategy.mean), history[-1]):
                message = "stopped by the callback"
                break
    except KeyboardInterrupt:
        message = "interrupted"
    last = history[-1] if history else float("nan")
    found = strategy.best
    seen = found.x is not None
    mean = np.array(strategy.mean, float)
    best, lowest = (np.array(found.x, float), float(found.f)) if seen else (mean, last)
    return Result(mean, last, history, kept, task.evaluations, message, best, lowest)


def _replayed(kept: State) -> Any:
    """A strategy with all generations of a state; it draws from a generator of its own, never from NumPy's global."""
    import cma

    rng = np.random.default_rng(int(kept["seed"]))
    options = {"randn": lambda *shape: rng.standard_normal(shape), "seed": np.nan, "verbose": -9}
    if kept["population"] is not None:
        options["popsize"] = kept["population"]
    strategy = cma.CMAEvolutionStrategy(list(kept["start"]), float(kept["sigma0"]), options)
    for values in kept["values"]:
        strategy.tell(strategy.ask(), list(values))
    return strategy
