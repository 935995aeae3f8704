"""Tasks: an id that says what decides the numbers, and a command that repeats them."""

import json
import os
import re
import shlex
import subprocess
import sys
from dataclasses import FrozenInstanceError, asdict, fields, replace

import pytest

from ketwork.experiments.task import FitTask, UserError

OTHER = {
    "data": "wine", "target": "kind", "model": "kernel", "encoding": "zz", "layers": 2, "qubits": 5, "features": 3,
    "seeds": 7, "fits": 2, "epochs": 9, "test_fraction": 0.5, "samples": 99, "seed": 4, "device": "manila", "shots": 64,
    "train_on": "ideal", "mitigation": "none",
}  # fmt: skip


def test_every_setting_changes_the_id():
    task = FitTask("iris", device="lima")
    assert set(OTHER) == {field.name for field in fields(FitTask)}
    ids = {replace(task, **{name: value}).digest for name, value in OTHER.items()}
    assert len(ids | {task.digest}) == len(OTHER) + 1
    assert FitTask("iris", device="lima").digest == task.digest


def test_tasks_without_a_device_keep_their_ids():
    assert FitTask("iris").digest == "2dd7927e7d8a7698"
    assert FitTask("iris", seeds=5).digest == "74b28b8cf7196eb9"
    assert FitTask("iris", model="kernel").digest == "66d38083c95ad69e"


def test_mitigation_has_one_spelling():
    task = FitTask("iris", device="lima")
    assert FitTask("iris", device="lima", mitigation="zne, readout") == task
    assert task.mitigations == ("readout", "zne")
    assert FitTask("iris", device="lima", mitigation="twirl,zne").mitigations == ("zne", "twirl")
    assert FitTask("iris", device="lima", mitigation="none").mitigations == ()
    assert FitTask("iris", device="lima", model="kernel").mitigations == ("readout",)
    assert FitTask("iris", shots=10).mitigations == ()


def test_the_command_says_what_differs_from_the_defaults():
    assert FitTask("digits").command() == "ketwork fit digits"
    command = FitTask("my data.csv", target="the kind", layers=2).command()
    assert shlex.split(command) == ["ketwork", "fit", "my data.csv", "--target", "the kind", "--layers", "2"]
    command = FitTask("iris", device="lima", shots=100, train_on="ideal", mitigation="zne").command()
    assert command == "ketwork fit iris --device lima --shots 100 --train-on ideal --mitigation zne"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"model": "variatonal"}, "Did you mean 'variational'"),
        ({"encoding": "iqb"}, "Did you mean 'iqp'"),
        ({"model": "kernel", "encoding": "reuploading"}, "`encoding` must be one of angle, iqp, zz"),
        ({"seeds": 0}, r"`seeds` must lie in \[1, 1000\], but is 0"),
        ({"test_fraction": 1.5}, "`test_fraction` must lie in"),
        ({"qubits": 2.5}, "`qubits` must be an integer"),
        ({"shots": 0}, r"`shots` must lie in \[1, 1000000\], but is 0"),
        ({"device": "lima", "train_on": "devic"}, "Did you mean 'device'"),
        ({"device": "lima", "mitigation": "zn"}, "Did you mean 'zne'"),
        ({"device": "lima", "mitigation": "none,zne"}, "is both"),
        ({"device": "lima", "model": "kernel", "mitigation": "zne"}, "must be one of readout, none, but is 'zne'"),
        ({"mitigation": "zne"}, "`mitigation` is for runs on a device"),
        ({"train_on": "ideal"}, "`train_on` is for runs on a device"),
    ],
)
def test_the_door(changes, message):
    with pytest.raises(UserError, match=message):
        FitTask("iris", **changes)


def test_what_decides_nothing_leaves_the_id_alone():
    task = FitTask("iris", seeds=5, layers=2)
    assert FitTask(layers=2, seeds=5, data="iris").digest == task.digest
    assert FitTask(**json.loads(json.dumps(asdict(task)))).digest == task.digest
    assert FitTask("iris", None, "variational", seeds=5, layers=2, fits=3, seed=0).digest == task.digest
    assert re.fullmatch("[0-9a-f]{16}", task.digest)


def test_the_id_is_the_same_in_another_process():
    code = "from ketwork.experiments.task import FitTask; print(FitTask('iris', seeds=5).digest)"
    env = {**os.environ, "PYTHONHASHSEED": "77"}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=env)
    assert done.stdout.strip() == FitTask("iris", seeds=5).digest


def test_a_task_is_frozen():
    with pytest.raises(FrozenInstanceError):
        FitTask("iris").seeds = 9


def test_numpy_numbers_are_numbers():
    import numpy as np

    task = FitTask("iris", seeds=np.int64(4), test_fraction=np.float32(0.5))
    assert task.digest == FitTask("iris", seeds=4, test_fraction=0.5).digest
