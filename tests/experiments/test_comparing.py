"""`ketwork compare` as a task: what it takes, builds and leaves behind."""

import shlex

import numpy as np
import pytest

from ketwork.experiments.comparing import MODELS, CompareTask, comparing, models_of
from ketwork.experiments.task import UserError

QUICK = {"models": ("kernel",), "baselines": ("logistic regression",), "budget": 2, "folds": 2, "inner": 1}


def test_a_task_leaves_a_folder_that_resumes(tmp_path):
    task = CompareTask(("moons", "linearly-separable:features=3"), **QUICK, samples=60)
    first = comparing(task, tmp_path / "run")
    assert first.found.data == task.data
    assert first.found.names() == ("quantum kernel", "quantum kernel, no entangling gates", "logistic regression")
    assert {len(one.y) for one in first.found.setup.data} == {60}
    assert {row["fits"] for row in first.found.rows} == {2}
    again = comparing(task, tmp_path / "run", resume=True)
    assert again.found.rows == first.found.rows
    with pytest.raises(UserError, match="already holds another run"):
        comparing(CompareTask(task.data, **QUICK, samples=50), tmp_path / "run", resume=True)


def test_numbers_of_a_file_are_predicted(tmp_path):
    rng = np.random.default_rng(0)
    x = rng.uniform(-1, 1, (40, 2))
    lines = [f"{a},{b},{a - b + 0.01 * e}" for (a, b), e in zip(x, rng.normal(size=40), strict=True)]
    (tmp_path / "t.csv").write_text("\n".join(["a,b,height", *lines]))
    task = CompareTask((str(tmp_path / "t.csv"),), ("variational",), ("ridge regression",), 1, folds=2, scoring="r2",
                       target="height", layers=1, epochs=3, ablations=False)  # fmt: skip
    found = comparing(task, tmp_path / "run").found
    assert found.score("t.csv", "ridge regression").mean > 0.99
    assert found.names() == ("variational circuit", "ridge regression")
    (tmp_path / "u.csv").write_text("a,b\n1,x\n2,y\n3,x\n4,y\n")
    with pytest.raises(UserError, match="is not numeric"):
        comparing(CompareTask((str(tmp_path / "u.csv"),), scoring="r2"), tmp_path / "other")


@pytest.mark.parametrize("regression", [False, True])
def test_every_random_setting_builds_a_model_that_fits(regression):
    X = np.random.default_rng(0).normal(size=(20, 2))
    y = X[:, 0] if regression else (X[:, 0] > 0).astype(int)
    for contender in models_of(CompareTask(("iris",), epochs=2, layers=1, qubits=2), regression).values():
        for setting in contender.tried(3, seed=1):
            assert np.isfinite(contender.build(setting, 0, (2, 2, 10)).fit(X, y).predict(X)).all()


def test_the_command_repeats_the_task():
    task = CompareTask(("iris", "hyperplanes:features=4,planes=2"), ("kernel",), budget=5, ablations=False)
    assert shlex.split(task.command()) == [
        *("ketwork", "compare", "iris", "hyperplanes:features=4,planes=2", "--models", "kernel", "--budget", "5"),
        "--no-ablations",
    ]
    assert CompareTask(("iris",)).digest != CompareTask(("wine",)).digest


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"data": ()}, "Name at least one data set"),
        ({"models": ("kernal",)}, "Did you mean 'kernel'"),
        ({"baselines": ("rigde regression",)}, "Did you mean 'ridge regression'"),
        ({"budget": 0}, r"`budget` must lie in \[1, 10000\], but is 0"),
        ({"folds": 1}, "`folds` must lie in"),
        ({"scoring": "auc"}, "`scoring` must be one of"),
    ],
)
def test_the_door(arguments, message):
    with pytest.raises(UserError, match=message):
        CompareTask(**{"data": ("iris",), **arguments})


@pytest.mark.parametrize(
    ("task", "message"),
    [
        (CompareTask(("iris",), baselines=("ridge regression",)), "`baselines` must be one of logistic regression"),
        (CompareTask(("iris", "diabetes")), "diabetes has numbers as targets"),
        (CompareTask(("iris", "iris")), "is there twice"),
        (CompareTask(("iris",), target="species"), "--target is for files"),
        (CompareTask(("digits",), samples=20, folds=3), "has 2 rows, fewer than 3 folds"),
    ],
)
def test_what_is_found_out_later_leaves_no_folder(task, message, tmp_path):
    with pytest.raises(UserError, match=message):
        comparing(task, tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_models_have_a_title_each():
    assert len(models_of(CompareTask(("iris",), tuple(MODELS)), False)) == len(MODELS)
