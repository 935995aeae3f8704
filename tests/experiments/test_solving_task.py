"""What `ketwork solve` was asked: ranges, chosen methods, and the command that repeats it."""

import shlex

import pytest

from ketwork.experiments.solving_task import SolveTask
from ketwork.experiments.task import UserError


def chosen(problem, *methods, **options):
    task = SolveTask(problem, methods or None, **options)
    return task.chosen(task.posed())


def test_methods():
    assert chosen("LiH") == ("vqe",) and chosen("maxcut:ring:6") == ("qaoa",)
    assert chosen("LiH", "adapt", "vqe", "adapt") == ("adapt", "vqe")
    assert chosen("LiH", "all") == ("vqe", "uccsd", "adapt", "symmetry", "tensor")
    assert chosen("tfim:ring:4", "all") == ("vqe", "adapt", "tensor")
    assert "xy-qaoa" not in chosen("maxcut:ring:6", "all") and "pce" not in chosen("labs:6", "all")


@pytest.mark.parametrize(
    ("problem", "methods", "words"),
    [
        ("maxcut:ring:6", ("uccsd",), "is not for an optimisation problem"),
        ("heisenberg:ring:4", ("qaoa",), "is not for a Hamiltonian"),
        ("heisenberg:ring:4", ("uccsd",), "for molecules"),
        ("maxcut:ring:6", ("xy-qaoa",), "exactly one variable"),
        ("maxcut:ring:6", ("qaoaa",), "Did you mean 'qaoa'"),
        ("heisenberg:chain:45", (), "needs 2,251,799,813,685,248 bytes"),
        ("maxcut:ring:60", ("qaoa",), "Method pce takes far fewer"),
    ],
)
def test_methods_that_do_not_fit(problem, methods, words):
    with pytest.raises(UserError) as error:
        chosen(problem, *methods)
    assert words in str(error.value) and "\n" not in str(error.value)


@pytest.mark.parametrize("options", [{"seeds": 0}, {"shots": 0}, {"layers": 0}, {"steps": -1}, {"seed": -1},
                                     {"reference_seconds": 0.0}, {"local_search": -1}])  # fmt: skip
def test_ranges(options):
    with pytest.raises(UserError, match=next(iter(options))):
        SolveTask("LiH", **options)


def test_optimisers():
    with pytest.raises(UserError, match="Did you mean 'spsa'"):
        chosen("LiH", optimizer="spas")


def test_devices():
    assert SolveTask("LiH").place() is None and SolveTask("LiH", device="lima").place().n_qubits == 5
    with pytest.raises(UserError, match="Did you mean 'lima'"):
        SolveTask("LiH", device="limo").place()


def test_the_command_repeats_the_task():
    task = SolveTask("a b.xyz", ("vqe", "adapt"), "spsa", shots=100, active="4,4", seeds=5)
    words = shlex.split(task.command())
    assert words[:3] == ["ketwork", "solve", "a b.xyz"]
    assert words[3:] == ["--method", "vqe,adapt", "--optimizer", "spsa", "--shots", "100", "--seeds", "5",
                         "--active", "4,4"]  # fmt: skip
    assert SolveTask("LiH").command() == "ketwork solve LiH"


def test_all_with_others():
    names = chosen("maxcut:ring:4", "pce", "all", "pce")
    assert names[0] == "pce" and "all" not in names and len(set(names)) == len(names) > 3
