"""The fast path of a task: the same answers, prices and counts as training each circuit by itself."""

import numpy as np
import pytest

from ketwork import Circuit, NoiseModel, PauliSum, Simulator
from ketwork.noise import depolarizing, load_device
from ketwork.search import Budget, Energy, Inner, Place, Space, Task, canonical, draw
from ketwork.search.fast_path import fast_path
from ketwork.search.placed_backend import PlacedBackend
from ketwork.search.setting import Setting
from ketwork.search.tasks import Job, answers, measure, measure_all, measure_alone

SUM = PauliSum.from_dict({"ZZI": 1.0, "IXX": 0.7, "YIY": -0.4, "ZII": 0.3})
GATES = ("rx", "ry", "rz", "u3", "cx", "cz", "crx", "rzz", "h", "xx_plus_yy")
SPACE = Space(3, GATES, max_gates=14)
DEVICE = load_device("lima").restricted((0, 1, 3))
NOISE = NoiseModel().add(depolarizing(0.02)).add(depolarizing(0.05, 2)).readout(0.02, 0.04)


def jobs_of(space, count, starts=False):
    rng = np.random.default_rng(5)
    found = []
    for k in range(count):
        form = canonical(draw(space, rng))[0]
        size = space.circuit(form).n_weights
        found.append(Job(f"{k + 1:032x}", form, rng.normal(size=size) if starts and k % 2 else None))
    return found


@pytest.mark.parametrize("noise", [None, NOISE])
@pytest.mark.parametrize(
    "inner", [Inner(steps=6, starts=2), Inner("adam", 12, options={"learning_rate": 0.1}), Inner(steps=9, warm=3)]
)
def test_answers_are_those_of_training_each_alone(noise, inner):
    task = Task("t", Energy(SUM, -2.0, prefix=Circuit(3).x(0).ry(1, 0.3)), SPACE, Simulator(noise=noise), inner)
    jobs = [*jobs_of(SPACE, 12, True), Job("1", (), None), Job("2", (Place("cx", (0, 1)),), None)]
    assert fast_path(task) is not None
    for job, found in zip(jobs, measure_all(task, jobs), strict=True):
        expected = measure_alone(task, job)
        assert found.evaluations == expected.evaluations
        assert found.value == pytest.approx(expected.value, abs=1e-7)
        np.testing.assert_allclose(found.params, expected.params, atol=1e-4)
        assert task.price(job.architecture) == inner.price(task.meter(job.architecture)) >= found.evaluations


@pytest.mark.parametrize(
    ("device", "changed"),
    [
        ("lima", {}),
        ("lima", {"idle": False, "inner": Inner(steps=5, starts=2)}),
        ("torino", {"gates": ("rx", "u3", "crx", "rzz", "swap", "xx_plus_yy"), "inner": Inner("adam", 6)}),
        ("brisbane", {"gates": "native"}),
        ("lima", {"noise": False}),
        ("lima", {"noise": NoiseModel().readout(0.02, 0.05)}),
        ("lima", {"noise": NOISE.idle(3e-5, 2e-5, {"rz": 0.0, "sx": 3e-8, "x": 3e-8, "cx": 4e-7})}),
    ],
)
def test_answers_on_devices_are_those_of_training_each_alone(device, changed):
    setting = Setting(device=device, max_gates=12, **{"inner": Inner(steps=5), **changed})
    task = setting.task("t", Energy(SUM, -2.0, prefix=Circuit(3).x(0).ry(1, 0.3)))
    path = fast_path(task)
    assert path is not None and (path.native is not None) == path.many.noisy
    for job in [*jobs_of(task.space, 8, True), Job("1", (), None)]:
        found, expected = measure(task, job), measure_alone(task, job)
        assert found.evaluations == expected.evaluations
        assert found.value == pytest.approx(expected.value, abs=1e-7)
        np.testing.assert_allclose(found.params, expected.params, atol=1e-4)
        assert task.price(job.architecture) == task.inner.price(task.meter(job.architecture)) >= found.evaluations


def test_waiting_in_the_simulator_and_behind_a_prefix():
    noise = NOISE.idle(3.0, 2.0, {"x": 0.1, "ry": 0.1, "cx": 0.4})
    goal = Energy(SUM, -2.0, prefix=Circuit(3).x(0).ry(1, 0.3).cx(0, 1))
    task = Task("t", goal, Space(3, ("ry", "cx"), max_gates=9), Simulator(noise=noise), Inner(steps=4))
    assert fast_path(task) is not None
    for job in jobs_of(task.space, 5):
        found, expected = measure(task, job), measure_alone(task, job)
        assert (found.value, found.evaluations) == (pytest.approx(expected.value, abs=1e-8), expected.evaluations)


def test_an_answer_does_not_depend_on_the_batch():
    task = Task("t", Energy(SUM, -2.0), SPACE)
    jobs = jobs_of(SPACE, 6)
    for job, found in zip(jobs, measure_all(task, jobs), strict=True):
        alone = measure(task, job)
        assert (alone.value, alone.evaluations) == (found.value, found.evaluations)
        assert np.array_equal(alone.params, found.params)


@pytest.mark.parametrize("noise", [None, NOISE])
def test_a_long_training_ends_as_low(noise):
    task = Task("t", Energy(SUM, -2.0), SPACE, Simulator(noise=noise), Inner(steps=60))
    jobs = jobs_of(SPACE, 16)
    gaps = [a.value - measure_alone(task, job).value for job, a in zip(jobs, measure_all(task, jobs), strict=True)]
    assert np.mean(np.abs(gaps) < 1e-5) >= 0.8  # where rounding turns a line search round, another minimum may be found
    assert abs(np.mean(gaps)) < 0.1


def test_layers_references_and_symmetric_pairs():
    layered = Space(3, ("ry", "cx"), layers="linear", max_gates=15)
    task = Task("t", Energy(SUM, -2.0), layered)
    assert fast_path(task) is not None and task.evaluate(layered.places[:2]).evaluations > 0
    wide = Energy(PauliSum.from_dict({"ZZZZ": 1.0, "XXXX": 0.5}), -2.0, prefix=Circuit(4).h(3).cx(3, 0), reference=1)
    task = Task("t", wide, Space(3, ("ry", "cz"), max_gates=4))
    job = Job("7", (Place("ry", (0,)), Place("cz", (1, 0)), Place("ry", (1,))), None)
    assert measure(task, job).value == pytest.approx(measure_alone(task, job).value, abs=1e-8)


def test_a_start_of_the_wrong_length_is_refused():
    task = Task("t", Energy(SUM, -2.0), SPACE)
    with pytest.raises(ValueError, match="must hold 1 angles, but holds 2"):
        measure(task, Job("1", (Place("rx", (0,)),), np.zeros(2)))


@pytest.mark.parametrize(
    "changed",
    [
        {"backend": Simulator(shots=100)},
        {"backend": Simulator("single")},
        {"backend": Simulator(noise=NOISE, method="trajectories")},
        {"backend": PlacedBackend(DEVICE, shots=100)},
        {"backend": PlacedBackend(DEVICE, precision="single")},
        {"backend": PlacedBackend(DEVICE, joins=False)},
        {"backend": PlacedBackend(DEVICE)},  # it does not couple all the pairs of the space
        {"inner": Inner("cobyla")},
        {"inner": Inner("adam", options={"schedule": "cosine"})},
    ],
)
def test_what_has_no_kernels_goes_the_ordinary_road(changed):
    assert fast_path(Task("t", Energy(SUM, -2.0), SPACE, **changed)) is None


def test_budgets_are_spent_as_they_were_charged():
    task, budget = Task("t", Energy(SUM, -2.0), SPACE), Budget(3_000)
    rng = np.random.default_rng(1)
    scores = answers(task, [draw(SPACE, rng) for _ in range(20)], budget)
    assert 0 < budget.spent == sum(score.evaluations for score in scores) <= 3_000
