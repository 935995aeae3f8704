"""Learning: the loss is that of softmax regression on exact expectation values, angles never see validation data."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import log_loss

from ketwork import Circuit, Simulator, w, x
from ketwork.models.training import Samples
from ketwork.search.budget import Budget
from ketwork.search.inner import Inner, train
from ketwork.search.learning_goal import Classification
from ketwork.search.log import Log
from ketwork.search.seek import Search
from ketwork.search.space import Space, draw
from ketwork.search.tasks import Task

ENCODING = Circuit(2).ry(0, x[0]).ry(1, x[1])
CIRCUIT = Circuit(2).ry(0, w[0]).cx(0, 1).rx(1, w[1])


def samples(count: int, seed: int, classes: int = 2) -> Samples:
    rng = np.random.default_rng(seed)
    inputs = rng.uniform(-1.5, 1.5, (count, 2))
    return Samples(inputs, (inputs[:, 0] > 0).astype(int) + (classes == 3) * (inputs[:, 1] > 0.5))


def goal(**more) -> Classification:
    return Classification(ENCODING, samples(12, 0), samples(9, 1), 2, **more)


def z_values(inputs, angles) -> np.ndarray:
    """<Z_0>, <Z_1> of the circuit by its matrix."""
    signs = np.array([[1, 1, -1, -1], [1, -1, 1, -1]])
    states = [(ENCODING.bind(x=row) + CIRCUIT.bind(w=angles)).matrix()[:, 0] for row in inputs]
    return np.abs(states) ** 2 @ signs.T


def test_loss_is_softmax_cross_entropy_of_z_values():
    one = goal()
    angles = np.array([0.3, -1.1])
    logits = 4.0 * z_values(one.train.inputs, angles)
    chances = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    meter = one.meter(CIRCUIT, None)
    assert meter.value(angles) == pytest.approx(log_loss(one.train.targets, chances))
    logits = 4.0 * z_values(one.validation.inputs, angles)
    chances = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    assert meter.final(angles) == pytest.approx(log_loss(one.validation.targets, chances))
    wrong = replace(one, measure="error").meter(CIRCUIT, None).final(angles)
    assert wrong == pytest.approx(np.mean(chances.argmax(1) != one.validation.targets))


def test_single_shot_reads_the_chances_of_classes():
    three = Classification(ENCODING, samples(6, 0, 3), samples(6, 1, 3), 3, readout="single_shot")
    angles = np.array([0.4, 0.9])
    chances = np.exp(three.outputs(CIRCUIT, None, angles, three.train.inputs))
    for row, found in zip(three.train.inputs, chances, strict=True):
        state = np.abs((ENCODING.bind(x=row) + CIRCUIT.bind(w=angles)).matrix()[:, 0]) ** 2
        assert found == pytest.approx([state[0] + state[3], state[1], state[2]], abs=1e-5)  # 3 modulo 3 is 0


def test_gradient_and_what_it_costs():
    one = goal(uploads=2)
    meter = one.meter(CIRCUIT, None)
    angles, step = np.array([0.3, -1.1]), 1e-5
    value, gradient = meter.value_and_gradient(angles)
    # Two weights, each in both uploads, two shifts an angle, a circuit a sample
    assert meter.evaluations == meter.price[1] == 12 * (1 + 8)
    slopes = [(meter.value(angles + d) - meter.value(angles - d)) / (2 * step) for d in step * np.eye(2)]
    assert gradient == pytest.approx(slopes, abs=1e-7)
    assert meter.value(angles) == pytest.approx(value)
    assert meter.evaluations == 12 * 9 + 5 * 12


def test_uploads_repeat_data_and_circuit_with_the_same_angles():
    once = ENCODING + CIRCUIT
    assert goal(uploads=3).whole(CIRCUIT) == once + once + once


def test_angles_are_found_without_the_validation_data():
    one = goal()
    other = replace(one, validation=samples(30, 7))
    inner, rng = Inner("l-bfgs", steps=20), np.random.default_rng
    found, again = (train(g.meter(CIRCUIT, None), inner, rng(3)) for g in (one, other))
    assert np.array_equal(found.params, again.params)
    assert found.value != again.value
    assert found.value == pytest.approx(one.judge(CIRCUIT, None, found.params, one.validation)[0])
    assert again.value == pytest.approx(other.judge(CIRCUIT, None, found.params, other.validation)[0])


@pytest.mark.parametrize("backend", [None, Simulator(shots=20, seed=1)])
@pytest.mark.parametrize(("batch", "method"), [(None, "l-bfgs"), (4, "adam"), (4, "adam-spsa")])
def test_the_price_is_never_exceeded(backend, batch, method):
    task = Task("data", goal(batch=batch), Space(2, max_gates=6), backend, Inner(method, steps=6, starts=2))
    rng = np.random.default_rng(0)
    for _ in range(4):
        architecture = draw(task.space, rng)
        price = task.price(architecture)
        assert 0 < task.evaluate(architecture, price).evaluations <= price


def test_training_learns_what_can_be_learned():
    one = Classification(Circuit(2).ry(0, x[0]).ry(1, 1e-9 * x[1]), samples(40, 0), samples(30, 1), 2, measure="error")
    task = Task("data", one, Space(2, ("ry", "x", "cx")), None, Inner("l-bfgs", 30, starts=2))
    # With an angle of pi/2: <Z_0> = -sin(x_0) = -<Z_1>, and the classes go by the sign of x_0
    assert task.evaluate(Circuit(2).ry(0, w[0]).cx(0, 1).x(1)).error <= 1 / 30


def test_batches_are_drawn_anew_and_the_same_for_every_circuit():
    one = goal(batch=4)
    angles = np.array([0.3, -1.1])
    values = [one.meter(CIRCUIT, None).value(angles) for _ in range(2)]
    meter = one.meter(CIRCUIT, None)
    assert not meter.exact
    assert values[0] == values[1] == meter.value(angles) != meter.value(angles)


def test_shots_are_drawn_anew():
    meter = goal().meter(CIRCUIT, Simulator(shots=50, seed=3))
    assert not meter.exact
    assert len({meter.value(np.array([0.3, -1.1])) for _ in range(4)}) > 1


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"n_classes": 1}, "n_classes"),
        ({"n_classes": 4}, "more than there are|4 classes need 4 observables"),
        ({"readout": "guess"}, "readout"),
        ({"measure": "time"}, "measure"),
        ({"batch": 13}, "batch"),
        ({"sharpness": 0.0}, "sharpness"),
        ({"encoding": ENCODING + CIRCUIT}, "inputs only"),
        ({"train": Samples(np.full((3, 2), np.nan), np.array([0, 1, 0]))}, "finite"),
        ({"validation": samples(0, 0)}, "holds none"),
        ({"test": Samples(np.zeros((2, 2)), np.array([0, 2]))}, "classes from 0 to 1"),
    ],
)
def test_bad_input(change, message):
    with pytest.raises(ValueError, match=message):
        replace(goal(), **change)


def test_meters_of_a_search_draw_batches_of_their_own():
    """A method that asks a new meter for every step sees all samples, not one batch again and again; and by its seed
    the same."""
    samples = Samples(np.random.default_rng(0).normal(size=(40, 2)), np.arange(40) % 2)
    task = Task("data", Classification(ENCODING, samples, samples, 2, batch=2), Space(2, max_gates=4))
    place = Space(2, max_gates=4).places[:1]
    values = []
    for _ in range(2):
        search = Search(task, Budget(10_000), 3, Log(None))
        values.append([search.meter(place).value(np.array([0.4])) for _ in range(12)])
    assert len(set(values[0])) == 12
    assert values[0] == values[1]
