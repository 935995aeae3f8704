"""What methods are given by an objective, and what objectives cannot give."""

import numpy as np
import pytest

from ketwork import PauliSum, Simulator
from ketwork.models.ansatz import kandala
from ketwork.operators import load_molecule
from ketwork.optimize import METHODS
from ketwork.solve import deflate
from ketwork.solve.landscape import layer_blocks
from ketwork.solve.method_needs import function_and_options
from ketwork.solve.objective import Objective
from ketwork.solve.vqe import vqe

ENERGY = PauliSum.from_dict({"XX": 0.5, "ZI": 0.3, "IZ": 0.3})
CIRCUIT = kandala(2, 1)
POINT = np.linspace(-1, 1, CIRCUIT.n_weights)


@pytest.mark.parametrize("method", METHODS)
def test_every_need_is_met(method):
    row = METHODS[method]
    fun, given = function_and_options(Objective(CIRCUIT, ENERGY, Simulator(seed=0)), method, row.needs, {})
    assert set(row.needs[1:]) <= set(given)
    more = {"axes": (given.get("axes"),), "estimate": (np.full(len(POINT), 2), np.random.default_rng(0))}
    found = fun(POINT, *next((more[need] for need in row.needs if need in more), ()))
    assert len(np.atleast_1d(np.asarray(found, object))) == {"value": 1, "gradient": 2, "estimate": 3}[row.needs[0]]


def test_what_is_given_by_hand_stays():
    objective = Objective(CIRCUIT, ENERGY)
    given = function_and_options(objective, "icans", METHODS["icans"].needs, {"lipschitz": 9.0})[1]
    assert given["lipschitz"] == 9.0
    named = function_and_options(
        objective, "natural-gradient", METHODS["natural-gradient"].needs, {"blocks": "layers"}
    )[1]
    assert named["blocks"].tolist() == layer_blocks(CIRCUIT).tolist()


def test_blocks_of_layers_cost_a_circuit_a_layer():
    costs = {}
    for method in ("natural-gradient", "block-natural-gradient"):
        found = vqe(ENERGY, CIRCUIT, method=method, steps=10, seed=0)
        costs[method] = found.circuits
    gradients, layers = 10 * (1 + 2 * CIRCUIT.n_weights), len(set(layer_blocks(CIRCUIT).tolist()))
    assert costs["block-natural-gradient"] == gradients + 10 * layers
    assert costs["natural-gradient"] > 2 * costs["block-natural-gradient"]


def test_the_block_diagonal_metric_is_used():
    """One step by hand: the full metric with zeros between layers."""
    objective, rate = Objective(CIRCUIT, ENERGY), 0.1
    blocks, metric = layer_blocks(CIRCUIT), objective.metric(POINT)
    masked = np.where(np.equal.outer(blocks, blocks), metric, 0)
    gradient = objective.value_and_gradient(POINT)[1]
    change = np.linalg.solve(masked + 1e-3 * np.eye(len(POINT)), gradient)
    found = vqe(ENERGY, CIRCUIT, method="block-natural-gradient", steps=1, start=POINT, learning_rate=rate)
    np.testing.assert_allclose(np.asarray(found.state["params"]), POINT - rate * change, atol=1e-9)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: vqe(ENERGY, CIRCUIT, method="natural-gradient", blocks="rows"), "`blocks` must be one of layers"),
        (lambda: vqe(PauliSum.from_dict({"ZZ": 1.0}), CIRCUIT, method="icans", alpha=0.5), "Icans needs expectation"),
        (
            lambda: deflate(load_molecule("H2").hamiltonian, CIRCUIT, 2, method="rotoselect"),
            "energy of a circuit alone",
        ),
        (lambda: deflate(load_molecule("H2").hamiltonian, CIRCUIT, 2, method="rosalin"), "energy of a circuit alone"),
    ],
)
def test_what_objectives_cannot_give(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_a_torch_optimiser_solves_and_goes_on():
    torch = pytest.importorskip("torch")
    setting = {"method": torch.optim.NAdam, "lr": 0.1, "seed": 1}
    whole = vqe(ENERGY, CIRCUIT, steps=8, **setting)
    half = vqe(ENERGY, CIRCUIT, steps=4, **setting)
    rest = vqe(ENERGY, CIRCUIT, steps=4, state=half.state, **setting)
    np.testing.assert_allclose(rest.params, whole.params, atol=1e-12)
    assert whole.method == "vqe" and half.history + rest.history == pytest.approx(whole.history)
