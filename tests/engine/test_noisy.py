"""Noisy evaluation as users call it: the choice of a method, readout errors, probabilities, shots, fits of noise."""

import warnings

import numpy as np
import pytest

from ketwork import Circuit, NoiseModel, PauliSum, Simulator, pauli, pauli_z, w, x
from ketwork.engine.noisy import walsh_rows
from ketwork.noise import amplitude_damping, bit_flip, depolarizing
from ketwork.noise.confusion import confuse
from noisy_twin import NoisyTwin, density
from random_circuits import random_circuit
from random_noise import random_noise

WEAK = NoiseModel().add(depolarizing(0.01))
BELL = Circuit(2).h(0).cx(0, 1)


def case(seed, n=3, batch=2):
    rng = np.random.default_rng(seed)
    circuit, noise = random_circuit(rng, n, 10), random_noise(rng, n)
    return circuit, noise, rng.normal(size=(batch, circuit.n_inputs)), rng.normal(size=circuit.n_weights)


def test_auto_says_what_it_takes_and_what_that_costs():
    simulator = Simulator(noise=WEAK)
    assert Simulator().plan(BELL).method == "statevector"
    assert Simulator(noise=NoiseModel().readout(0.1, 0.1)).plan(BELL).method == "statevector"
    assert simulator.plan(BELL, 1000).method == "paulitransfer"
    assert simulator.plan(Circuit(10).h(0), 1).method == "paulitransfer"
    many = simulator.plan(Circuit(10).h(0), 100)
    assert many.method == "trajectories"
    assert "10 qubits are too many" in str(many)
    assert "1000 trajectories" in str(many)
    small, large = simulator.plan(Circuit(4).h(0), 64), simulator.plan(Circuit(8).h(0), 64)
    assert large.bytes == 4**4 * small.bytes
    assert large.seconds > 100 * small.seconds


@pytest.mark.parametrize("qubits", [None, [1], [2, 0], [0, 1, 2]])
def test_probabilities_are_what_is_read(qubits):
    circuit, noise, inputs, weights = case(1)
    chosen = list(range(3)) if qubits is None else qubits
    noise = NoiseModel(noise.rules).readout(0.02, 0.1) if qubits else noise
    rhos = [density(circuit.bind(row, weights), noise) for row in inputs]
    diagonal = np.real([np.diag(rho) for rho in rhos]).reshape(2, 2, 2, 2)
    marginal = diagonal.transpose([0, *(1 + q for q in chosen), *(1 + q for q in range(3) if q not in chosen)])
    true = marginal.reshape(2, 2 ** len(chosen), -1).sum(axis=2)
    expected = confuse(true, noise.confusions(3), chosen)
    found, pull_back = Simulator(noise=noise).probabilities_and_pullback(circuit, inputs, weights, qubits)
    np.testing.assert_allclose(found, expected, atol=1e-12)
    cotangent, step = np.random.default_rng(0).normal(size=found.shape), 1e-6
    slopes = [
        (
            (Simulator(noise=noise).probabilities(circuit, inputs, weights + e, qubits) * cotangent).sum()
            - (Simulator(noise=noise).probabilities(circuit, inputs, weights - e, qubits) * cotangent).sum()
        )
        / (2 * step)
        for e in step * np.eye(len(weights))
    ]
    np.testing.assert_allclose(pull_back(cotangent).w, slopes, atol=1e-8)


def test_readout_alone_leaves_states_pure():
    noise = NoiseModel().readout(0.1, 0.2)
    simulator = Simulator(noise=noise)
    np.testing.assert_allclose(simulator.expectation(Circuit(1), pauli_z(0, 1)), [[0.8]])
    np.testing.assert_allclose(simulator.expectation(Circuit(1).x(0), pauli_z(0, 1)), [[-0.6]])
    np.testing.assert_allclose(simulator.expectation(Circuit(1).h(0), pauli("X", 0, 1)), [[0.8]])
    values, pull_back = simulator.probabilities_and_pullback(Circuit(1).ry(0, w[0]), w=[0.3])
    one = np.sin(0.15) ** 2
    np.testing.assert_allclose(values, [[1 - 0.1 - 0.7 * one, 0.1 + 0.7 * one]])
    np.testing.assert_allclose(pull_back([[0.0, 1.0]]).w, [0.35 * np.sin(0.3)])
    assert simulator.state(Circuit(1)).shape == (1, 2)


def test_density_matrices_and_overlaps():
    circuit, noise, inputs, weights = case(2)
    simulator = Simulator(noise=noise)
    rhos = np.array([density(circuit.bind(row, weights), noise) for row in inputs])
    np.testing.assert_allclose(simulator.density_matrix(circuit, inputs, weights), rhos, atol=1e-12)
    expected = np.einsum("aij,bji->ab", rhos, rhos).real
    np.testing.assert_allclose(simulator.overlap(circuit, inputs, w=weights), expected, atol=1e-12)
    pure = Simulator().density_matrix(circuit, inputs, weights)
    state = Simulator().state(circuit, inputs, weights)
    np.testing.assert_allclose(pure, np.einsum("bi,bj->bij", state, state.conj()), atol=1e-12)


def test_shots_converge_to_the_exact_values():
    circuit, noise, inputs, weights = case(3)
    sums = [pauli("XY", [0, 1], 3) + 0.5 * pauli_z(2, 3), pauli("ZZ", [0, 2], 3)]
    exact = Simulator(noise=noise).expectation(circuit, sums, inputs, weights)
    shots = 40_000
    found = Simulator(noise=noise, shots=shots, seed=1).expectation(circuit, sums, inputs, weights)
    assert np.abs(found - exact).max() < 5 * 1.5 / np.sqrt(shots)
    assert np.abs(found - exact).max() > 0
    again = Simulator(noise=noise, shots=shots, seed=1).expectation(circuit, sums, inputs, weights)
    np.testing.assert_array_equal(found, again)
    ideal = Simulator().expectation(circuit, sums, inputs, weights)
    assert np.abs(ideal - exact).max() > 0.02  # or this test would say nothing about the noise


def test_shots_are_drawn_from_what_is_read():
    circuit, noise, inputs, weights = case(4)
    simulator = Simulator(noise=noise, seed=3)
    bits = simulator.sample(circuit, inputs[:1], weights, shots=50_000)
    found = np.bincount(bits[0] @ [4, 2, 1], minlength=8)
    expected = 50_000 * simulator.probabilities(circuit, inputs[:1], weights)[0]
    assert ((found - expected) ** 2 / expected).sum() < 30  # chi-square, 7 degrees of freedom
    measured = simulator.sample(Circuit(3).h(0).measure(1, 0), shots=10)
    assert measured.shape == (1, 10, 1)


def test_a_noise_model_is_fitted_to_data():
    circuit = Circuit(2).ry(0, x[0]).cx(0, 1).ry(1, x[1]).cx(0, 1).rx(0, x[0])
    truth = (
        NoiseModel()
        .add(depolarizing(0.04), gates="cx")
        .add(amplitude_damping(0.1), gates=["rx", "ry"])
        .readout(0.03, 0.07)
    )
    rng = np.random.default_rng(0)
    inputs, sums = rng.normal(size=(40, 2)), [pauli_z(0, 2), pauli_z(1, 2), pauli("XX", [0, 1], 2)]
    data = Simulator(noise=truth).expectation(circuit, sums, inputs)
    from scipy.optimize import minimize

    def loss(strengths):
        model = truth.with_strengths(strengths)
        values, pull_back = Simulator(noise=model).value_and_pullback(circuit, sums, inputs, by_strength=True)
        return float(((values - data) ** 2).sum()), pull_back(2 * (values - data)).noise

    start = np.full(len(truth.strengths), 0.02)
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=[(0, 0.5)] * len(start), tol=1e-14)
    np.testing.assert_allclose(found.x, truth.strengths, atol=1e-4)


def test_it_agrees_with_the_twin_as_a_backend():
    circuit, noise, inputs, weights = case(5)
    sums = [pauli("XZ", [0, 2], 3), pauli("Y", 1, 3)]
    twin = NoisyTwin(noise).expectation(circuit, sums, inputs, weights)
    np.testing.assert_allclose(Simulator(noise=noise).expectation(circuit, sums, inputs, weights), twin, atol=1e-12)


def test_auto_says_aloud_when_values_are_estimates():
    circuit, observable = Circuit(10).h(0), pauli_z(0, 10)
    with pytest.warns(UserWarning, match="Values are estimates by trajectories: 10 qubits are too many"):
        Simulator(noise=WEAK, trajectories=4).expectation(circuit, observable, np.zeros((6, 0)))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        Simulator(noise=WEAK, trajectories=4, method="trajectories").expectation(circuit, observable, np.zeros((6, 0)))


def test_a_wanted_error_may_stop_at_a_number_of_trajectories():
    simulator = Simulator(noise=WEAK, method="trajectories", standard_error=1e-6, trajectories=300, seed=0)
    with pytest.warns(UserWarning, match="300"):
        found = simulator.estimate(BELL, pauli("ZZ", [0, 1], 2))
    assert found.trajectories == 300
    assert not found.reached
    easy = Simulator(noise=WEAK, standard_error=0.5, seed=0).estimate(BELL, pauli("ZZ", [0, 1], 2))
    assert easy.reached and easy.standard_errors.max() <= 0.5


def test_every_method_finds_the_same():
    noise = NoiseModel().add(depolarizing(0.05)).add(depolarizing(0.1, 2)).readout(0.05, 0.02)
    circuit = Circuit(3).h(0).cx(0, 1).s(1).cx(1, 2).ry(2, np.pi / 2)
    sums = [pauli("XYX", [0, 1, 2], 3), pauli("ZZ", [0, 1], 3)]
    exact = Simulator(noise=noise).expectation(circuit, sums)
    stabilizer = Simulator(noise=noise, method="stabilizer", seed=1)
    np.testing.assert_allclose(stabilizer.expectation(circuit, sums), exact, atol=1e-12)
    estimate = Simulator(noise=noise, trajectories=4000, seed=1).estimate(circuit, sums)
    assert (np.abs(estimate.values - exact) < 4 * estimate.standard_errors + 1e-12).all()
    shots = 20_000
    bits = stabilizer.sample(circuit, shots=shots)
    paths = Simulator(noise=noise, method="trajectories", seed=1).sample(circuit, shots=shots)
    expected = shots * Simulator(noise=noise).probabilities(circuit)[0]
    for drawn in (bits, paths):
        found = np.bincount(drawn[0] @ [4, 2, 1], minlength=8)
        assert ((found - expected) ** 2 / expected).sum() < 30  # chi-square, 7 degrees of freedom
    some = stabilizer.sample(circuit, shots=50, qubits=[2, 0])
    assert some.shape == (1, 50, 2)
    sampled = Simulator(noise=noise, method="stabilizer", shots=20_000, seed=2).expectation(circuit, sums)
    assert np.abs(sampled - exact).max() < 0.04


def test_a_clifford_circuit_may_measure_on_its_way_under_noise():
    noise = NoiseModel().add(bit_flip(0.2), gates="x")
    bits = Simulator(noise=noise, method="stabilizer", seed=0).sample(
        Circuit(1).x(0).measure(0, 0).reset(0), shots=5000
    )
    assert abs(bits.mean() - 0.8) < 0.03


@pytest.mark.parametrize("channels", [True, False])
def test_part_of_a_correlated_readout_is_what_a_look_at_part_of_all_shots_shows(channels):
    rng = np.random.default_rng(3)
    raw = rng.random((4, 4)) + np.eye(4)
    noise = (WEAK if channels else NoiseModel()).confusion(raw / raw.sum(axis=0), [2, 0]).readout(0.1, 0.05)
    circuit, weights = Circuit(3).ry(0, w[0]).ry(1, w[1]).cx(0, 2).cx(1, 0).ry(2, w[2]), rng.normal(size=3)
    simulator = Simulator(noise=noise, seed=0)
    everything = simulator.probabilities(circuit, w=weights).reshape(2, 2, 2)
    for qubits, expected in (([0], everything.sum(axis=(1, 2))), ([1, 2], everything.sum(axis=0).ravel())):
        found, pull_back = simulator.probabilities_and_pullback(circuit, w=weights, qubits=qubits)
        np.testing.assert_allclose(found[0], expected, atol=1e-14)
        cotangent, step = rng.normal(size=found.shape), 1e-6
        ends = [[simulator.probabilities(circuit, w=weights + s * e, qubits=qubits) for s in (step, -step)]
                for e in np.eye(3)]  # fmt: skip
        slopes = [((up - down) * cotangent).sum() / (2 * step) for up, down in ends]
        np.testing.assert_allclose(pull_back(cotangent).w, slopes, atol=1e-8)
    one = simulator.probabilities(circuit, w=weights, qubits=0)[0]
    assert one[0] - one[1] == pytest.approx(simulator.expectation(circuit, pauli_z(0, 3), w=weights)[0, 0], abs=1e-12)
    assert simulator.sample(circuit, w=weights, shots=4000, qubits=[0]).mean() == pytest.approx(one[1], abs=0.04)


@pytest.mark.parametrize("method", ["paulitransfer", "trajectories", "stabilizer", "statevector"])
def test_states_are_prepared_before_anything_acts(method):
    simulator = Simulator(noise=None if method == "statevector" else WEAK, method=method)
    with pytest.raises(ValueError, match=r"Gate 1 prepares a state on qubits \(0,\), but an earlier gate acts there"):
        simulator.expectation(Circuit(1).h(0).prepare([0], [0, 1]), pauli_z(0, 1))
    with pytest.raises(ValueError, match=r"Gate 2 \(measure\) needs a classical bit"):
        simulator.expectation(Circuit(2).h(0).prepare([1], [0, 1]).measure(0, 0), pauli_z(0, 2))


@pytest.mark.parametrize("options", [{}, {"shots": 20}, {"noise": WEAK}, {"noise": WEAK, "method": "trajectories"}])
def test_an_observable_without_terms_is_worth_nothing(options):
    values = Simulator(seed=0, **options).expectation(BELL, [PauliSum(2, ()), PauliSum(2, ())])
    np.testing.assert_array_equal(values, [[0.0, 0.0]])


@pytest.mark.parametrize("method", ["paulitransfer", "trajectories", "stabilizer"])
def test_single_precision_gives_single_precision(method):
    simulator = Simulator("single", noise=WEAK, method=method, seed=0, trajectories=4)
    assert simulator.expectation(BELL, pauli_z(0, 2)).dtype == np.float32
    if simulator.differentiable:
        assert simulator.value_and_pullback(BELL, pauli_z(0, 2))[0].dtype == np.float32


def test_gradients_by_strengths_are_exact_and_not_called_estimates(monkeypatch):
    monkeypatch.setattr("ketwork.engine.noisy.EXACT_QUBITS", 1)
    monkeypatch.setattr("ketwork.engine.noisy.EXACT_QUBITS_ALONE", 1)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        _, pull_back = Simulator(noise=WEAK).value_and_pullback(BELL, pauli("ZZ", [0, 1], 2), by_strength=True)
    # h: one qubit once, cx: both; every depolarisation multiplies ZZ by 1 - p, but the one before the cx only Z of 0
    assert pull_back(np.ones((1, 1))).noise == pytest.approx([-2 * 0.99], abs=1e-12)


def test_a_warning_about_a_wanted_error_points_to_the_call():
    simulator = Simulator(noise=WEAK, method="trajectories", standard_error=1e-6, trajectories=4, seed=0)
    for call in (simulator.expectation, simulator.estimate, simulator.value_and_pullback):
        with pytest.warns(UserWarning, match="After 4 trajectories") as caught:
            call(BELL, pauli_z(0, 2))
        assert [item.filename for item in caught] == [__file__]


def test_walsh():
    rows = np.random.default_rng(0).normal(size=(2, 8))
    hadamard = np.array([[(-1) ** bin(i & j).count("1") for j in range(8)] for i in range(8)])
    np.testing.assert_allclose(walsh_rows(rows), rows @ hadamard, atol=1e-12)


NOISY, FAR = Simulator(noise=WEAK), NoiseModel().readout(0.1, 0.1, 5)
BAD = [
    (lambda: NOISY.state(BELL), "There is no state of a noisy circuit. Use `density_matrix`"),
    (lambda: NOISY.metric(BELL), "There is no metric of a noisy circuit"),
    (lambda: Simulator(noise=WEAK, method="statevector").expectation(BELL, pauli_z(0, 2)), "must not be 'statevector'"),
    (lambda: Simulator(method="density"), "Argument `method` must be one of"),
    (lambda: Simulator(shots=0), "Argument `shots` must be at least 1"),
    (lambda: Simulator(shots=-3), "Argument `shots` must be at least 1"),
    (lambda: Simulator(standard_error=0.0), "must be above 0"),
    (lambda: Simulator(trajectories=1), "Argument `trajectories` must be at least 2"),
    (lambda: NOISY.expectation(BELL.measure(0, 0), pauli_z(0, 2)), r"Gate 2 \(measure\) needs a classical bit"),
    (lambda: NOISY.sample(Circuit(1).measure(0, 0).x(0, condition=(0, 1))), "run by method='stabilizer' alone"),
    (lambda: Simulator(shots=10).value_and_pullback(BELL, pauli_z(0, 2)), "takes the parameter-shift rule"),
    (lambda: Simulator(noise=NoiseModel(n_qubits=1).add(bit_flip(0.1))).expectation(BELL, pauli_z(0, 2)), "for 1"),
    (lambda: NOISY.value_and_pullback(BELL, pauli_z(0, 2))[1](np.ones((2, 1))), r"must have shape \(1, 1\)"),
    (lambda: Simulator(noise=WEAK, method="trajectories").probabilities(BELL), "need an exact method"),
    (lambda: NOISY.sample(BELL, shots=0), "Argument `shots` must be at least 1"),
    (lambda: Simulator(shots=9, method="stabilizer").expectation(BELL.measure(0, 0), pauli_z(0, 2)), r"Gate 2 \(meas"),
    (lambda: Simulator(noise=FAR).probabilities(BELL), "places readout on qubit 5, but the circuit has 2 qubits"),
    (lambda: Simulator(noise=FAR).sample(BELL), "places readout on qubit 5"),
    (lambda: Simulator(noise=FAR).expectation(BELL, pauli_z(0, 2)), "places readout on qubit 5"),
    (lambda: Simulator(noise=FAR.restricted([0, 5])).sample(Circuit(3)), "has 3 qubits, but the noise model is for 2"),
]  # fmt: skip


@pytest.mark.parametrize(("call", "message"), BAD)
def test_what_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_a_plan_is_for_a_circuit():
    with pytest.raises(TypeError, match="Argument `circuit` must be a Circuit, but is str"):
        Simulator().plan("a")


def test_noise_is_a_noise_model():
    with pytest.raises(TypeError, match="Argument `noise` must be a NoiseModel or None, but is Channel"):
        Simulator(noise=depolarizing(0.1))


def test_observables_as_read_follow_the_observables_and_the_noise():
    """What is kept with a circuit is that of the last call, and only for the same observables and readout errors."""
    circuit, z, both = Circuit(2).h(0).cx(0, 1), [pauli_z(0, 2)], [pauli("ZZ", [0, 1], 2)]
    channel = NoiseModel().add(depolarizing(0.1), gates="h")
    for _ in range(2):
        for p in (0.1, 0.2):
            noise = channel.readout(p, p)
            assert Simulator(noise=noise).expectation(circuit, both)[0, 0] == pytest.approx((1 - 2 * p) ** 2)
            assert Simulator(noise=noise).expectation(circuit, z)[0, 0] == pytest.approx(0, abs=1e-12)
        assert Simulator(noise=channel).expectation(circuit, both)[0, 0] == pytest.approx(1)
