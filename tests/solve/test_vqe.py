"""The eigensolver: known ground energies, every optimiser, shots, noise, devices, going on, and doors."""

import inspect
from functools import cache

import numpy as np
import pytest

from ketwork import Circuit, PauliSum, Simulator, w
from ketwork.models.ansatz import kandala, real_amplitudes
from ketwork.noise import NoiseModel, depolarizing
from ketwork.operators import ground_energy, load_molecule
from ketwork.operators.spins import heisenberg, ring
from ketwork.optimize import METHODS
from ketwork.solve.objective import Objective
from ketwork.solve.vqe import best_of_starts, draws, random_start, train, vqe

COST = PauliSum.from_dict({"ZZI": 1.0, "IZZ": 0.7, "ZII": -0.3, "IIZ": 0.2})


@cache
def hydrogen():
    return load_molecule("H2")


def small():
    return Circuit(2).ry(0, w[0]).ry(1, w[1]).cx(0, 1).ry(0, w[2]).ry(1, w[3])


def test_lithium_hydride_to_chemical_accuracy():
    molecule = load_molecule("LiH_1.595")
    found = vqe(molecule.hamiltonian, kandala(4, 2), seed=0)
    assert 0 <= found.value - molecule.exact_energy() < 1.6e-3
    assert found.seconds < 10
    assert found.value == pytest.approx(Objective(kandala(4, 2), molecule.hamiltonian).value(found.params), abs=1e-10)


def test_the_magnet_of_the_paper():
    """Four spins on a square: E = -8 J at B = J."""
    hamiltonian = heisenberg(ring(4), 1.0, 1.0)
    assert ground_energy(hamiltonian) == pytest.approx(-8, abs=1e-9)
    found = vqe(hamiltonian, kandala(4, 3), seed=0)
    assert found.value == pytest.approx(-8, rel=0.01)


@pytest.mark.parametrize(("method", "steps", "close"), [
    ("l-bfgs", 200, 1e-6), ("adam", 400, 1e-4), ("natural-gradient", 200, 1e-4), ("rotosolve", 30, 1e-6),
    ("cobyla", 400, 1e-3), ("spsa", 400, 5e-3), ("adam-spsa", 400, 5e-3), ("qn-spsa", 300, 5e-3),
])  # fmt: skip
def test_every_method_finds_hydrogen(method, steps, close):
    assert method in METHODS
    found = vqe(hydrogen().hamiltonian, small(), method=method, steps=steps, seed=3)
    exact = hydrogen().exact_energy()
    assert -1e-9 <= found.value - exact < close
    assert found.value == pytest.approx(Objective(small(), hydrogen().hamiltonian).value(found.params), abs=1e-9)
    assert found.method == "vqe" and len(found.history) <= steps
    assert found.circuits >= found.n_evaluations > 0 and found.shots == 0


@pytest.mark.parametrize("method", [name for name in METHODS if name not in ("l-bfgs", "cobyla")])
@pytest.mark.parametrize("shots", [None, 200])
def test_going_on_equals_not_stopping(method, shots):
    problem = hydrogen().hamiltonian, small()
    setting = {"method": method, "backend": Simulator("double", seed=5, shots=shots), "seed": 1}
    if "spsa" in method:
        setting["average"] = 3
    whole = vqe(*problem, steps=8, **setting)
    half = vqe(*problem, steps=4, **setting)
    rest = vqe(*problem, steps=4, state=half.state, **setting)
    np.testing.assert_allclose(rest.params, whole.params, atol=1e-12)
    assert half.history + rest.history == pytest.approx(whole.history)


def test_spsa_with_shots_as_in_the_experiment():
    errors = []
    for seed in range(3):
        backend = Simulator("double", seed=seed, shots=1000)
        found = vqe(
            hydrogen().hamiltonian, kandala(2, 1), method="spsa", steps=150, backend=backend, seed=seed, average=25
        )
        assert found.shots == found.circuits * 1000
        assert found.n_evaluations == 50 + 300 + 1  # calibration, two a step, and the last word
        errors.append(Objective(kandala(2, 1), hydrogen().hamiltonian).value(found.params) - hydrogen().exact_energy())
    assert np.median(errors) < 0.03


def test_noise_raises_the_energy_and_the_gradient_goes_through_it():
    noise = NoiseModel().add(depolarizing(0.02, 2), gates="cx")
    exact = hydrogen().exact_energy()
    noisy = vqe(hydrogen().hamiltonian, small(), backend=Simulator("double", noise=noise), seed=0)
    ideal = Objective(small(), hydrogen().hamiltonian).value(noisy.params)
    assert noisy.value > exact + 1e-3
    assert ideal - exact < 1e-2


def test_a_simulated_device():
    pytest.importorskip("qiskit")
    from ketwork.backends import DeviceBackend

    backend = DeviceBackend("manila", shots=500, seed=1)
    found = vqe(hydrogen().hamiltonian, small(), method="spsa", steps=5, backend=backend, seed=0, a=0.2)
    assert np.isfinite(found.value)
    assert found.shots == found.circuits * 500


def test_a_mitigated_backend():
    from ketwork.mitigate import zne

    noise = NoiseModel().add(depolarizing(0.02, 2), gates="cx")
    bare = Simulator("double", noise=noise)
    mitigated = vqe(hydrogen().hamiltonian, small(), backend=zne(bare), steps=30, seed=0)
    raw = vqe(hydrogen().hamiltonian, small(), backend=bare, steps=30, seed=0)
    exact = hydrogen().exact_energy()
    assert abs(mitigated.value - exact) < 0.5 * abs(raw.value - exact)


def test_risk_and_samples_of_a_diagonal_hamiltonian():
    found = vqe(COST, real_amplitudes(3, 1), method="cobyla", steps=150, alpha=0.25, seed=2, samples=200)
    lowest = np.diag(COST.matrix()).real.min()
    assert found.value == pytest.approx(lowest, abs=1e-2)
    values = np.diag(COST.matrix()).real[found.samples @ [4, 2, 1]]
    assert np.mean(values < lowest + 1e-9) > 0.2
    by_gradient = vqe(COST, real_amplitudes(3, 1), alpha=0.25, seed=2)
    assert by_gradient.value == pytest.approx(lowest, abs=1e-6)


def test_several_starts_are_never_worse_and_are_all_paid():
    problem = hydrogen().hamiltonian, small()
    calls = []
    many = vqe(*problem, starts=3, steps=4, seed=1, callback=lambda step, p, value: calls.append(value))
    assert many.value <= min(calls) + 1e-12
    alone = [train(Objective(small(), problem[0]), steps=4, rng=rng) for rng in np.random.default_rng(1).spawn(3)]
    assert many.n_evaluations == sum(run.n_evaluations for run in alone)
    assert many.value == min(run.value for run in alone)
    stopped = vqe(*problem, starts=3, steps=4, seed=1, callback=lambda step, p, value: True)
    assert stopped.message == "stopped by the callback" and len(stopped.history) == 1
    again = best_of_starts(Objective(small(), problem[0]), 1, np.random.default_rng(0), "adam", 2, None, None, None)
    assert len(again.history) == 2


@pytest.mark.parametrize("method", METHODS)
def test_no_option_of_a_method_has_the_name_of_an_argument(method):
    assert not set(METHODS[method].options) & set(inspect.signature(vqe).parameters)


def test_random_starts_are_near_the_identity():
    weights = random_start(1000, np.random.default_rng(0))
    assert np.abs(weights).max() <= np.pi / 10
    assert weights.std() == pytest.approx(np.pi / 10 / np.sqrt(3), rel=0.1)


def test_a_circuit_without_weights_is_only_read():
    circuit = Circuit(2)
    for q, digit in enumerate(hydrogen().reference):
        circuit = circuit.x(q) if digit == "1" else circuit
    found = vqe(hydrogen().hamiltonian, circuit)
    assert found.value == pytest.approx(hydrogen().hf_energy, abs=1e-6)
    assert (found.n_evaluations, len(found.params)) == (1, 0)


def test_draws():
    assert draws(Simulator(shots=3)) and draws(Simulator(method="trajectories")) and not draws(Simulator())


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: vqe(hydrogen().hamiltonian, small(), method="newton"), "method"),
        (lambda: vqe(hydrogen().hamiltonian, small(), start=[0.0]), "4 weights"),
        (lambda: vqe(hydrogen().hamiltonian, small(), alpha=0.5), "diagonal"),
        (lambda: vqe(hydrogen().hamiltonian, small(), samples=5), "diagonal"),
        (lambda: vqe(hydrogen().hamiltonian, small(), state={"a": 1}), "state"),
        (lambda: vqe(hydrogen().hamiltonian, small(), starts=2, start=np.zeros(4)), "starts"),
        (
            lambda: vqe(hydrogen().hamiltonian, small(), learning_rate=1.0),
            "Method 'l-bfgs' has no option `learning_rate`",
        ),
        (lambda: vqe(COST, small()), "2 qubits"),
        (lambda: vqe(COST, real_amplitudes(3, 1), method="rotosolve", alpha=0.5), "CVaR"),
        (lambda: vqe(COST, real_amplitudes(3, 1), alpha=0.5, backend=Simulator(shots=9)), "values alone"),
    ],
)
def test_doors(call, message):
    with pytest.raises((ValueError, TypeError), match=message):
        call()


@pytest.mark.parametrize("other", [{"ZZI": 1.0, "III": 100.0}, {"IZZ": 1.0}, {"ZZI": -1.0}])
def test_a_state_goes_on_with_its_own_hamiltonian_only(other):
    """The best value in the state would else be returned as the energy of the other one."""
    state = vqe(PauliSum.from_dict({"ZZI": 1.0}), real_amplitudes(3, 1), method="adam", steps=2, seed=0).state
    with pytest.raises(ValueError, match="`state` must come from a run with the same Hamiltonian"):
        vqe(PauliSum.from_dict(other), real_amplitudes(3, 1), method="adam", steps=2, state=state)


@pytest.mark.parametrize(
    "call, error, message",
    [
        (lambda: vqe(hydrogen(), small()), TypeError, "`hamiltonian` must be a PauliSum, but is Molecule. Pass its"),
        (lambda: vqe(COST, small()), ValueError, "`hamiltonian` must act on the 2 qubits of `ansatz`, but acts on 3"),
        (lambda: vqe(COST, None), TypeError, "`ansatz` must be a Circuit"),
        (
            lambda: vqe(COST, real_amplitudes(3), state=vqe(COST, real_amplitudes(3, 1), steps=1).state),
            ValueError,
            "`state` must hold 12 weights",
        ),
    ],
)
def test_arguments_are_called_by_their_names(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_a_circuit_without_weights_goes_on():
    first = vqe(COST, Circuit(3).x(0))
    assert vqe(COST, Circuit(3).x(0), state=first.state).value == first.value
