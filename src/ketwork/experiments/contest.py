"""A comparison's set-up, checked at the door, and its rows: every contender on every fold, kept as they are done."""

import hashlib
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ketwork.checks import check_choice, check_int
from ketwork.experiments.baselines import house
from ketwork.experiments.contenders import Contender, ablations_of, contender_of, parameter_count, plain
from ketwork.experiments.data import Dataset, check, dataset_of
from ketwork.experiments.folds import Rows, outer_folds, parts
from ketwork.experiments.ledger import digest, open_ledger
from ketwork.experiments.measures import CLASSIFICATION, REGRESSION, SCORINGS, measures
from ketwork.experiments.tuning import Plan, choose, train

Row = dict[str, Any]
_INNER = 3
_LIKE = 100  # parameters of a network of like size, where the first model does not say how many it has


@dataclass(frozen=True)
class Setup:
    """Who is compared on what: contenders (models, their ablations, baselines), data sets, the seed of every repetition
    of the outer cross-validation, its folds, and how contenders are tuned."""

    contenders: tuple[Contender, ...]
    data: tuple[Dataset, ...]
    seeds: tuple[int, ...]
    folds: int
    plan: Plan

    @property
    def config(self) -> Row:
        """What decides the numbers, as plain data."""
        return {
            "contenders": [[c.name, c.kind, c.shown] for c in self.contenders],
            "data": {found.name: found.sha256 for found in self.data},
            "seeds": list(self.seeds), "folds": self.folds, "budget": self.plan.budget, "inner": self.plan.inner,
            "features": self.plan.features, "scoring": self.plan.scoring,
        }  # fmt: skip


def set_up(
    models: Any,
    baselines: Any,
    data: Any,
    budget: int,
    seeds: int | Sequence[int],
    folds: int,
    inner: int | None,
    scoring: str | None,
    features: int | None,
    ablations: bool,
) -> Setup:
    """The arguments of `compare`, checked. Raises: ValueError, TypeError, UserError."""
    check_int("budget", budget, 1)
    check_int("folds", folds, 2)
    inner = _inner(inner, budget)
    if features is not None:
        check_int("features", features, 1)
    if scoring is not None:
        check_choice("scoring", scoring, SCORINGS)
    sets = _data_sets(data, scoring)
    numbers = sets[0].continuous
    scoring = scoring or (REGRESSION if numbers else CLASSIFICATION)[0]
    for found in sets:
        _check_folds(found, folds)
    ours = _contenders("models", models, "quantum", numbers)
    added = [ablation for model in ours for ablation in ablations_of(model)] if ablations else []
    everyone = (*ours, *added, *_contenders("baselines", baselines, "baseline", numbers))
    twice = _repeated([c.name for c in everyone])
    if twice:
        raise ValueError(f"Models, ablations and baselines must have different names, but {twice!r} is there twice.")
    return Setup(everyone, sets, _seeds(seeds), folds, Plan(budget, inner, features, scoring))


def _inner(given: int | None, budget: int) -> int:
    """The inner folds: 3, or as many as let the budget pay for two settings; what is given must let it, too."""
    if given is None:
        return max(1, min(_INNER, budget // 2))
    if 1 < budget < 2 * check_int("inner", given, 1):
        raise ValueError(
            f"Argument `budget` is {budget}, which pays for one setting with {given} inner folds, so that nothing is "
            f"tuned: take {2 * given} or more, fewer inner folds, or a budget of 1 for everyone as they are."
        )
    return given


def _repeated(names: Sequence[str]) -> str | None:
    return next((name for k, name in enumerate(names) if name in names[:k]), None)


def _seeds(given: int | Sequence[int]) -> tuple[int, ...]:
    if isinstance(given, Sequence | np.ndarray) and not isinstance(given, str):
        found = tuple(check_int("seeds", seed, 0, 2**31 - 1) for seed in given)
        if not found or _repeated(list(map(str, found))):
            raise ValueError(f"Argument `seeds` must hold different seeds, at least one, but is {list(found)}.")
        return found
    return tuple(range(check_int("seeds", given, 1)))


def _data_sets(given: Any, scoring: str | None) -> tuple[Dataset, ...]:
    if isinstance(given, Mapping):
        listed = [(str(name), one) for name, one in given.items()]
    else:
        one = isinstance(given, str | Dataset) or (isinstance(given, tuple) and len(given) == 2 and _is_table(given[0]))
        many = [given] if one else list(given) if isinstance(given, list | tuple) else None
        if many is None:
            raise TypeError(
                f"Argument `data` must be a Dataset, (X, y), a name, or a list of these, but is {type(given).__name__}."
            )
        listed = [("data" if len(many) == 1 else f"data {k}", one) for k, one in enumerate(many, 1)]
    if not listed:
        raise ValueError("Argument `data` must hold at least one data set, but is empty.")
    numbers = None if scoring is None else scoring in REGRESSION
    found: list[Dataset] = []
    for name, one in listed:
        made = dataset_of(name, one, numbers)
        numbers = made.continuous if numbers is None else numbers
        if made.continuous != numbers:
            kinds = ("classes", "numbers")
            why = f"scoring {scoring!r}" if scoring else repr(found[0].name)
            raise ValueError(f"{made.name} has {kinds[made.continuous]} as targets, but {why} is for {kinds[numbers]}.")
        check(made)
        found.append(made)
    twice = _repeated([one.name for one in found])
    if twice:
        raise ValueError(f"Data sets must have different names, but {twice!r} is there twice.")
    return tuple(found)


def _is_table(value: Any) -> bool:
    return not isinstance(value, str | Dataset | tuple) and np.ndim(value) == 2


def _check_folds(found: Dataset, folds: int) -> None:
    """Refuse folds that cannot hold every class, or that leave nothing to test."""
    if found.continuous:
        if len(found.y) < 2 * folds:
            raise ValueError(f"{found.name}: {len(found.y)} rows are too few for {folds} folds of at least 2.")
        return
    classes, counts = np.unique(found.y, return_counts=True)
    if counts.min() < folds:
        raise ValueError(
            f"{found.name}: class {str(classes[counts.argmin()])!r} has {counts.min()} rows, fewer than {folds} folds; "
            "take fewer folds, or leave that class out."
        )


def _contenders(argument: str, given: Any, kind: str, numbers: bool) -> list[Contender]:
    if given is None and kind == "baseline":
        return house(numbers)
    if isinstance(given, list | tuple) and kind == "baseline" and all(isinstance(name, str) for name in given):
        twice = _repeated(given)
        if twice:
            raise ValueError(f"Argument `{argument}` must hold different names, but {twice!r} is there twice.")
        given = {check_choice(argument, name, (c.name for c in house(numbers))): None for name in given}
    if not isinstance(given, Mapping):
        raise TypeError(
            f"Argument `{argument}` must be a dict name -> estimator or (estimator, {{parameter: list or "
            f"distribution}}), but is {type(given).__name__}."
        )
    if not given:
        raise ValueError(f"Argument `{argument}` must not be empty: a comparison needs models and baselines.")
    found = []
    for name, one in given.items():
        if not isinstance(name, str) or not name.strip():
            raise TypeError(f"Names in `{argument}` must be text, but one is {name!r}.")
        if one is None and kind == "baseline":
            found.append(next(c for c in house(numbers) if c.name == name))
        elif isinstance(one, Contender):
            found.append(replace(one, name=name, kind=kind))
        else:
            found.append(contender_of(name, kind, one))
            _check_kind(name, one[0] if isinstance(one, tuple) else one, numbers)
    return found


def _check_kind(name: str, estimator: Any, numbers: bool) -> None:
    from sklearn.base import is_classifier, is_regressor

    wrong = is_classifier(estimator) if numbers else is_regressor(estimator)
    if wrong:
        kinds = ("a regressor", "classes") if not numbers else ("a classifier", "numbers")
        raise ValueError(f"{name!r} is {kinds[0]}, but the data has {kinds[1]} as targets.")


# ---------------------------------------------------------------------- the work
class _Memory:
    """The verbs of a Ledger, in memory and without a bar."""

    def __init__(self) -> None:
        self.rows: dict[str, Row] = {}

    def expect(self, count: int) -> None: ...

    def note(self, text: str) -> None: ...

    def row(self, key: str, make: Callable[[], Row]) -> Row:
        started = time.perf_counter()
        return self.rows.setdefault(key, {"key": key, **make(), "seconds": time.perf_counter() - started})


@contextmanager
def _kept(setup: Setup, out: str | Path | None, resume: bool, ledger: Any, progress: bool) -> Iterator[Any]:
    """Where rows go: the caller's ledger, a folder, memory with a bar or without."""
    if ledger is not None:
        yield ledger
    elif out is not None:
        with open_ledger(Path(out), setup.config, resume) as opened:
            yield opened
    elif progress:
        with tempfile.TemporaryDirectory() as folder, open_ledger(Path(folder), setup.config) as opened:
            yield opened
    else:
        yield _Memory()


def rows_of(setup: Setup, out: str | Path | None, resume: bool, ledger: Any, progress: bool) -> tuple[Row, ...]:
    """Do what is not done yet; every row is kept before the next begins."""
    mark = "" if ledger is None else f" #{hashlib.sha256(digest(setup.config).encode()).hexdigest()[:6]}"
    found = []
    with _kept(setup, out, resume, ledger, progress) as kept:
        kept.expect(len(setup.data) * len(setup.seeds) * setup.folds * len(setup.contenders))
        _compiled(setup, kept)
        for data in setup.data:
            for seed in setup.seeds:
                for fold, rows in enumerate(outer_folds(data.y, setup.folds, seed, data.continuous)):
                    like = _LIKE
                    for contender in setup.contenders:
                        key = f"{data.name}, seed {seed}, fold {fold + 1}, {contender.name}{mark}"
                        place = {"data": data.name, "seed": seed, "fold": fold}
                        work = (contender, data.X, data.y, rows, fold_seed(seed, fold), setup.plan, like)
                        row = kept.row(key, lambda place=place, work=work: {**place, **_named(*work, place["data"])})
                        if contender is setup.contenders[0]:
                            like = row["parameters"] or _LIKE
                        found.append(row)
    return tuple(found)


def fold_seed(seed: int, fold: int) -> int:
    """The seed of what is random in the models and settings of one fold, below 2^31.

    Every fold has its own, so that the scatter of scores over folds holds the scatter of starts: with one start for
    all folds an interval would be of that start alone.
    """
    return int(np.random.SeedSequence([seed, fold]).generate_state(1)[0]) >> 1


def _compiled(setup: Setup, kept: Any) -> None:
    """Compile the kernels before anything is timed, where a model of the house takes part."""
    if any("ketwork" in type(c.build({}, 0, (1, 2, 1))).__module__ for c in setup.contenders if c.kind == "quantum"):
        from ketwork.engine.warm import ensure_compiled

        ensure_compiled(say=kept.note)


def _named(contender: Contender, *work: Any) -> Row:
    """A row; what goes wrong in a fit is said with the contender's name."""
    try:
        return contest(contender, *work[:-1])
    except ValueError as error:
        raise ValueError(f"{contender.name} on {work[-1]}: {error}") from error


def contest(
    contender: Contender,
    X: NDArray[np.float64],
    y: NDArray[Any],
    rows: tuple[Rows, Rows],
    seed: int,
    plan: Plan,
    parameters: int,
) -> Row:
    """One contender on one fold: tuned on the training rows alone, fitted on all of them, judged on the test rows."""
    choice = choose(contender, X[rows[0]], y[rows[0]], seed, plan, parameters, lambda *_: None)
    fold = parts(X, y, rows, plan.features, seed)
    sizes = fold.X_train.shape[1], len(np.unique(fold.y_train)), parameters
    started = time.perf_counter()
    trained = train(contender.build(choice.setting, seed, sizes), fold.X_train, fold.y_train, plan.regression)
    fit_seconds = time.perf_counter() - started
    found = measures(fold.y_test, trained.predict(fold.X_test), plan.regression)
    seen = measures(fold.y_train, trained.predict(fold.X_train), plan.regression)
    return {
        "contender": contender.name,
        "kind": contender.kind,
        "setting": {name: value if _said(value) else plain(value) for name, value in choice.setting.items()},
        "settings_tried": choice.tried,
        "validation_scores": choice.scores,
        "fits": choice.fits,
        "score": found[plan.scoring],
        "train_score": seen[plan.scoring],
        **found,
        "parameters": parameter_count(trained.model),
        "fit_seconds": fit_seconds,
        "circuit_evaluations": choice.evaluations + int(getattr(trained.model, "n_circuit_evaluations_", 0)),
    }


def _said(value: Any) -> bool:
    return value is None or isinstance(value, bool | int | float | str)
