"""Tasks: an id that says what decides the numbers, and a command that repeats them."""

import shlex
from dataclasses import fields, replace

import pytest

from ketwork.experiments.task import FitTask, UserError

OTHER = {
    "data": "wine", "target": "kind", "model": "kernel", "encoding": "zz", "layers": 2, "qubits": 5, "features": 3,
    "seeds": 7, "fits": 2, "epochs": 9, "test_fraction": 0.5, "samples": 99, "seed": 4,
}  # fmt: skip


def test_every_setting_changes_the_id():
    task = FitTask("iris")
    assert set(OTHER) == {field.name for field in fields(FitTask)}
    ids = {replace(task, **{name: value}).digest for name, value in OTHER.items()}
    assert len(ids | {task.digest}) == len(OTHER) + 1
    assert FitTask("iris").digest == task.digest


def test_the_command_says_what_differs_from_the_defaults():
    assert FitTask("digits").command() == "ketwork fit digits"
    command = FitTask("my data.csv", target="the kind", layers=2).command()
    assert shlex.split(command) == ["ketwork", "fit", "my data.csv", "--target", "the kind", "--layers", "2"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"model": "variatonal"}, "Did you mean 'variational'"),
        ({"encoding": "iqb"}, "Did you mean 'iqp'"),
        ({"model": "kernel", "encoding": "reuploading"}, "`encoding` must be one of angle, iqp, zz"),
        ({"seeds": 0}, r"`seeds` must lie in \[1, 1000\], but is 0"),
        ({"test_fraction": 1.5}, "`test_fraction` must lie in"),
        ({"qubits": 2.5}, "`qubits` must be an integer"),
    ],
)
def test_the_door(changes, message):
    with pytest.raises(UserError, match=message):
        FitTask("iris", **changes)
