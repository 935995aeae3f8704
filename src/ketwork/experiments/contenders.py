"""Who takes part in a comparison: a model with the settings that tuning may try."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

Setting = dict[str, Any]
Sizes = tuple[int, int, int]
Space = Mapping[str, Any]
_DRAWS = 20  # tries for a setting that was not tried before, in spaces of few


@dataclass(frozen=True)
class Contender:
    """A model that takes part. kind: "quantum", "baseline" or "ablation"; of: which model an ablation belongs to.

    build: (setting, seed, sizes) to an unfitted estimator; sizes: (features, classes, parameters of the first model).
    space: what tuning may draw for each parameter: a list, or a distribution of scipy.stats. shown: what identifies the
    model in a run's config.
    """

    name: str
    kind: str
    build: Callable[[Setting, int, Sizes], Any]
    space: Space = field(default_factory=dict)
    of: str = ""
    shown: str = ""

    def tried(self, settings: int, seed: int) -> list[Setting]:
        """The settings that tuning tries: the defaults, then random ones, none twice; fewer where there are no more."""
        rng = np.random.default_rng([seed, sum(map(ord, self.name))])
        found: list[Setting] = [{}]
        while self.space and len(found) < settings:
            new = next((s for s in (self._draw(rng) for _ in range(_DRAWS)) if s not in found), None)
            if new is None:
                break
            found.append(new)
        return found

    def _draw(self, rng: np.random.Generator) -> Setting:
        return {name: _drawn(choices, rng) for name, choices in self.space.items()}


def _drawn(choices: Any, rng: np.random.Generator) -> Any:
    found = choices.rvs(random_state=rng) if hasattr(choices, "rvs") else choices[rng.integers(len(choices))]
    return found.item() if isinstance(found, np.generic) else found


def contender_of(name: str, kind: str, given: Any) -> Contender:
    """A contender from an estimator or (estimator, space). Raises: TypeError, ValueError for anything else."""
    estimator, space = given if isinstance(given, tuple) and len(given) == 2 else (given, {})
    if isinstance(estimator, type) or not all(callable(getattr(estimator, m, None)) for m in _ESTIMATOR):
        raise TypeError(
            f"{name!r} must be an estimator with fit, predict and get_params, or (estimator, {{parameter: list or "
            f"distribution}}), but is {plain(given)!r}."
        )
    _check_space(name, estimator, space)

    def build(setting: Setting, seed: int, sizes: Sizes) -> Any:
        from sklearn.base import clone

        made = clone(estimator).set_params(**setting)
        seeded = {k: seed for k, v in made.get_params().items() if k.endswith("random_state") and v is None}
        return made.set_params(**seeded)

    return Contender(name, kind, build, dict(space), shown=plain(estimator) + " " + plain(space))


_ESTIMATOR = ("fit", "predict", "get_params", "set_params")


def _check_space(name: str, estimator: Any, space: Any) -> None:
    if not isinstance(space, Mapping):
        raise TypeError(
            f"The settings of {name!r} must be a dict parameter -> list or distribution, but are {space!r}."
        )
    known = estimator.get_params()
    for parameter, choices in space.items():
        if parameter not in known:
            from difflib import get_close_matches

            near = get_close_matches(str(parameter), known, n=2)
            hint = f" Did you mean {' or '.join(map(repr, near))}?" if near else ""
            raise ValueError(f"{name!r} has no parameter {parameter!r}.{hint}")
        listed = isinstance(choices, Sequence | np.ndarray) and not isinstance(choices, str)
        if not hasattr(choices, "rvs") and not (listed and len(choices)):
            raise TypeError(
                f"{name!r}: what tuning may try for {parameter!r} must be a list that is not empty, or a distribution "
                f"of scipy.stats, but is {choices!r}."
            )


def ablations_of(model: Contender) -> list[Contender]:
    """The model with its circuit left at random weights, and without entangling gates, as far as it has these options.

    Found by the names of an estimator's parameters, those of its parts too: `train_circuit`, `entangler`,
    `entanglement`.
    """
    known = model.build({}, 0, (1, 2, 1)).get_params()
    found = []
    for title, leaves, off in _TAKEN_AWAY:
        changes = {k: off for k, v in known.items() if k.rpartition("__")[2] in leaves and _matters(k, v, off, known)}
        if changes:
            found.append(_changed(model, title, changes))
    return found


_TAKEN_AWAY: tuple[tuple[str, tuple[str, ...], Any], ...] = (
    ("frozen random circuit", ("train_circuit",), False),
    ("no entangling gates", ("entangler", "entanglement"), "none"),
)


def _matters(key: str, value: Any, off: Any, known: Mapping[str, Any]) -> bool:
    """Whether an option changes the model: it is not off yet, and the circuit has what it turns off."""
    from ketwork.models.encodings import ENCODINGS

    path, _, leaf = key.rpartition("__")
    where = f"{path}__" if path else ""
    encoding = known.get(f"{where}encoding")
    row = ENCODINGS.get(encoding) if isinstance(encoding, str) else None
    fixed = leaf == "entanglement" and encoding is not None and (row is None or leaf not in row.takes)
    return value is not None and not (isinstance(value, type(off)) and value == off) and not fixed


def _changed(model: Contender, title: str, changes: Setting) -> Contender:
    def build(setting: Setting, seed: int, sizes: Sizes) -> Any:
        return model.build(setting, seed, sizes).set_params(**changes)

    space = {k: v for k, v in model.space.items() if k not in changes}
    return Contender(f"{model.name}, {title}", "ablation", build, space, model.name, f"{model.shown} {changes}")


def parameter_count(model: Any) -> int | None:
    """How many numbers a fitted model learned (for trees: their nodes); None where it does not say."""
    if isinstance(getattr(model, "steps", None), list):
        return parameter_count(model.steps[-1][1])
    if hasattr(model, "n_parameters_"):
        return int(model.n_parameters_)
    if hasattr(model, "coefs_"):
        return int(sum(a.size for a in (*model.coefs_, *model.intercepts_)))
    for learned in ("dual_coef_", "coef_"):
        if hasattr(model, learned):
            return int(np.size(getattr(model, learned)) + np.size(getattr(model, "intercept_", ())))
    if hasattr(model, "_predictors"):
        return int(sum(len(tree.nodes) for trees in model._predictors for tree in trees))
    if hasattr(model, "tree_"):
        return int(model.tree_.node_count)
    if hasattr(model, "estimators_"):
        counts = [parameter_count(part) for part in np.ravel(model.estimators_)]
        return None if None in counts else sum(c for c in counts if c is not None)
    return None


def plain(value: Any) -> str:
    """A value as text that is the same in every process: estimators with all their parameters, no addresses."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{k}: {plain(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(plain, value)) + "]"
    if hasattr(value, "rvs") and hasattr(value, "dist"):
        return f"{value.dist.name}{value.args}{value.kwds}"
    if hasattr(value, "get_params") and not isinstance(value, type):
        return f"{type(value).__name__}({plain(value.get_params(deep=False))})"
    return re.sub(r" at 0x[0-9a-f]+", "", repr(value))
