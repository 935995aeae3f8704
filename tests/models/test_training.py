"""Training: gradients, every optimiser, and that a training which was cut goes on as if it had not been."""

import numpy as np
import pytest

from ketwork import Circuit, Simulator, w, x
from ketwork.models.heads import Affine
from ketwork.models.losses import cross_entropy, squared
from ketwork.models.model_circuit import Design, model_circuit
from ketwork.models.readout import z_observables
from ketwork.models.training import OPTIMIZERS, Plan, Progress, Samples, Trainee, train
from ketwork.optimize import GRADIENT_STEPS, METHODS

RNG = np.random.default_rng(0)
INPUTS = RNG.uniform(-2, 2, (24, 2))
LABELS = (INPUTS[:, 0] * INPUTS[:, 1] > 0).astype(int)
CIRCUIT = model_circuit(Design(layers=1), 2).circuit
SAMPLES = Samples(INPUTS, LABELS, RNG.uniform(0.5, 1.5, 24))


def trainee(loss=cross_entropy, frozen=False, circuit=CIRCUIT):
    sums = z_observables(circuit.n_qubits)
    return Trainee(circuit, sums, Affine(len(sums), 2, 0.1), loss, Simulator(), frozen)


def begin(model, seed=0):
    rng = np.random.default_rng(seed)
    progress = Progress.begin(model.start(rng), rng)
    progress.parts = np.arange(20), np.arange(20, 24)
    return progress


def plan(optimizer="adam", epochs=6, **changes):
    return Plan(optimizer, 0.05, epochs, 8, 100, **changes)


@pytest.mark.parametrize("loss", [cross_entropy, squared])
@pytest.mark.parametrize("frozen", [False, True])
def test_gradient_of_the_loss_is_a_finite_difference(loss, frozen):
    model = trainee(loss, frozen)
    samples = SAMPLES if loss is cross_entropy else Samples(INPUTS, RNG.normal(size=(24, 2)))
    params = model.start(RNG)
    value, gradient = model.value_and_gradient(params, samples)
    assert value == pytest.approx(model.value(params, samples))
    assert gradient.shape == (model.n_free,)
    for k in range(model.n_free):
        step = 1e-6 * np.eye(len(params))[model.first_free + k]
        slope = (model.value(params + step, samples) - model.value(params - step, samples)) / 2e-6
        assert gradient[k] == pytest.approx(slope, abs=1e-8)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_every_optimiser_lowers_the_loss_and_leaves_a_frozen_circuit_alone(optimizer):
    for frozen in (False, True):
        model = trainee(frozen=frozen)
        progress = begin(model)
        progress.parts = None
        before = progress.params.copy()
        train(model, plan(optimizer, 40), SAMPLES, progress)
        gain = model.value(before, SAMPLES) - model.value(progress.best_params, SAMPLES)
        assert gain > (0 if frozen else 5e-3)
        assert progress.history
        assert progress.evaluations > 0
        if frozen:
            np.testing.assert_array_equal(progress.best_params[: CIRCUIT.n_weights], before[: CIRCUIT.n_weights])


def test_what_can_train_a_model():
    assert set(GRADIENT_STEPS) <= set(OPTIMIZERS) <= set(METHODS)
    assert {"l-bfgs", "natural-gradient", "qn-spsa", "nelder-mead", "cma-es", "aqgd"} <= set(OPTIMIZERS)
    assert not {"rotosolve", "icans"} & set(OPTIMIZERS)  # a loss is no trigonometric polynomial, and no observable


@pytest.mark.parametrize("optimizer", ["adam", "rmsprop", "spsa", "adam-spsa", "natural-gradient"])
@pytest.mark.parametrize("cut", ["callback", "ctrl-c", "amid an epoch"])
def test_a_training_that_was_cut_ends_as_if_it_had_not_been(optimizer, cut):
    model = trainee()
    whole = begin(model)
    train(model, plan(optimizer), SAMPLES, whole)

    def stop(entry):
        if entry["epoch"] == 3 and cut == "ctrl-c":
            raise KeyboardInterrupt
        return entry["epoch"] == 3

    parted = begin(model)
    if cut == "amid an epoch":
        if optimizer not in GRADIENT_STEPS:
            pytest.skip("those steps are whole")
        calls = []

        def break_in(outputs, targets, weights):
            calls.append(1)
            if len(calls) == 11:
                raise KeyboardInterrupt
            return cross_entropy(outputs, targets, weights)

        with pytest.warns(UserWarning, match="interrupted"):
            train(trainee(break_in), plan(optimizer), SAMPLES, parted)
        assert parted.ended == "interrupted"
    elif cut == "ctrl-c":
        with pytest.warns(UserWarning, match="interrupted"):
            train(model, plan(optimizer, callbacks=[stop]), SAMPLES, parted)
    else:
        train(model, plan(optimizer, callbacks=[stop]), SAMPLES, parted)
        assert parted.ended == "stopped by a callback"
    assert len(parted.history) in (2, 3)
    train(model, plan(optimizer), SAMPLES, parted)
    assert parted.ended == "all epochs done"
    np.testing.assert_allclose(parted.params, whole.params, atol=1e-12)
    np.testing.assert_allclose(parted.best_params, whole.best_params, atol=1e-12)
    assert [e["epoch"] for e in parted.history] == [1, 2, 3, 4, 5, 6]


def test_it_stops_when_nothing_gets_better():
    model = trainee()
    progress = begin(model)
    patient = Plan("sgd", 0.0, 50, 8, 4)
    train(model, patient, SAMPLES, progress)
    assert progress.ended == "no better for long"
    assert progress.epoch == 5


def test_the_learning_rate_falls_along_a_cosine():
    falling = plan(epochs=10)
    assert falling.rate(0) == 0.05
    assert falling.rate(5) == pytest.approx(0.025)
    assert falling.rate(9) < 0.002
    assert plan(epochs=10, falling=False).rate(9) == 0.05


def test_options_reach_the_optimiser():
    model = trainee()
    plain, heavy = begin(model), begin(model)
    train(model, plan("sgd"), SAMPLES, plain)
    train(model, plan("sgd", options={"momentum": 0.9}), SAMPLES, heavy)
    assert np.abs(plain.params - heavy.params).max() > 1e-3


def test_the_metric_is_the_curvature_of_the_fidelity():
    """F(p, p + d) = 1 - d^T G d + O(d^4) for both the circuit's part, where G is the Fubini-Study metric for one
    sample, and the head's."""
    model, one = trainee(), INPUTS[:1]
    params = model.start(RNG)
    metric, h = model.metric(params, one), 1e-3
    for k in (0, 3, len(params) - 1):
        step = h * np.eye(len(params))[k]
        curvature = (2 - model.fidelity(params, params + step, one) - model.fidelity(params, params - step, one)) / 2
        assert metric[k, k] == pytest.approx(curvature / h**2, abs=1e-4)


def test_blocks_are_the_layers_of_the_weights():
    circuit = Circuit(2).ry(0, w[0]).ry(1, w[1]).cx(0, 1).rz(0, w[2]).rx(1, w[3] * x[0])
    found = trainee(circuit=circuit).blocks
    assert found[0] == found[1]
    assert found[2] == found[3]
    assert len({found[0], found[2], found[-1]}) == 3


def test_states_are_asked_of_an_ideal_simulator_only():
    sums = z_observables(2)
    model = Trainee(CIRCUIT, sums, Affine(3, 2), cross_entropy, Simulator(shots=100, seed=0))
    with pytest.raises(ValueError, match="states of an ideal simulator"):
        train(model, plan("natural-gradient"), SAMPLES, begin(model))
