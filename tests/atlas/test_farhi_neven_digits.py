"""The digits of the atlas entry, on made-up bits and, where MNIST is, on the real ones."""

import numpy as np
import pytest

from ketwork import Circuit, Simulator
from ketwork.atlas import farhi_neven_digits as entry
from ketwork.atlas.farhi_neven_digits import (
    LAYERS,
    READOUTS,
    by_engine,
    by_product,
    codes,
    learn_digits,
    load_digits,
    marked,
    on_engine,
    split,
    superposed,
    superpositions,
)
from ketwork.experiments.task import UserError
from ketwork.models.readout_qubit import layer_terms, product_values, readout_circuit, readout_observable


@pytest.fixture
def made_up(monkeypatch):
    """A few hundred strings of 16 bits whose label is the sign of a weighted sum, one in twenty turned around."""
    rng = np.random.default_rng(5)
    few = rng.integers(0, 2, (80, 16)).astype(float)
    bits = few[rng.integers(0, 80, 500)]
    weights = rng.normal(size=16)
    labels = np.where((1 - 2 * bits) @ weights > 0, 1.0, -1.0)
    turned = rng.random(500) < 0.02
    digits = marked(bits, np.where(turned, -labels, labels))
    monkeypatch.setattr(entry, "load_digits", lambda preparation: digits)
    return digits


def test_marked():
    bits = np.array([[0, 1], [0, 1], [1, 1], [1, 1], [0, 0]], float)
    digits = marked(bits, np.array([1.0, -1, 1, 1, -1]))
    assert digits.clear.tolist() == [False, False, True, True, True]
    assert digits.patterns == 3


def test_split_parts(made_up):
    learn, clear, every = split(made_up, np.random.default_rng(0))
    assert made_up.clear[learn].all() and made_up.clear[clear].all()
    assert set(clear) == {k for k in every if made_up.clear[k]}
    assert not set(learn) & set(every) and len(every) == 100


def test_engine_and_formula_are_one_model():
    rng = np.random.default_rng(1)
    weights, row = rng.normal(size=12), np.array([0.0, 1, 1])
    value, slope = by_engine("ZXZX", 3)(weights, row)
    again, other = by_product("ZXZX")(weights, row)
    assert np.isclose(value, again) and np.allclose(slope, other)


def test_superposed():
    bits = np.array([[0, 1], [0, 1], [1, 1], [0, 1]], float)
    state = superposed(bits)
    assert np.isclose(np.linalg.norm(state), 1) and len(state) == 8
    assert np.flatnonzero(state).tolist() == [0b011, 0b111]
    assert np.allclose(abs(state[[3, 7]]) ** 2, [0.75, 0.25])
    prepared = Simulator().state(Circuit(3).prepare(range(3), state))[0]
    assert np.allclose(prepared, state)
    assert codes(bits).tolist() == [1, 1, 3, 1]


def test_learning(made_up):
    row = learn_digits("box", 0)
    assert set(row["errors"]) == set(row["parameters"]) and len(row["errors"]) == 6
    assert [row["parameters"][name] for name in READOUTS] == [96, 16]
    best, chance = row["errors"][next(iter(READOUTS))][0], row["errors"]["random angles, untrained"][0]
    assert best < 0.2 < chance
    assert row["training"] + row["test"] == row["clear"]
    assert row == learn_digits("box", 0)


def test_the_parameters_are_counted_as_they_are(made_up):
    for size, model in entry.classical_models(0).values():
        model.fit(made_up.bits, made_up.labels)
        if hasattr(model, "coefs_"):
            assert size == sum(a.size for a in (*model.coefs_, *model.intercepts_))
        elif hasattr(model, "coef_"):
            assert size == model.coef_.size + model.intercept_.size


def test_seventeen_qubits_learn_the_same(made_up):
    row = on_engine("box", 0, 4)
    assert row["steps"] == 4 and row["weights"] < 1e-10 and row["values"] < 1e-10


def test_two_states_are_the_mean_loss_without_xx(made_up):
    found = superpositions("box", 0, 6)
    plain = found[list(READOUTS)[1]]
    assert np.isclose(plain["loss"], plain["image_loss"], atol=1e-9)
    assert plain["loss"] < 0.9 and plain["error"] < 0.3


def test_strings_of_a_superposition_interfere_by_xx_alone():
    """The state of two strings says their mean with ZX gates, and something else with XX gates."""
    rng, bits = np.random.default_rng(0), np.array([[0.0, 0.0], [0.0, 1.0]])
    gaps = {}
    for letters in ("Z", "ZX"):
        angles = rng.uniform(-1, 1, (len(letters), 2))
        body = readout_circuit(2, layer_terms(2, letters), from_bits=False)
        circuit = Circuit(3).prepare(range(3), superposed(bits)) + body
        value = Simulator().expectation(circuit, readout_observable(2), None, angles.ravel())[0, 0]
        gaps[letters] = abs(value - product_values(bits, angles, letters)[0].mean())
    assert gaps["Z"] < 1e-12 and gaps["ZX"] > 1e-2


def test_doors(monkeypatch, tmp_path):
    with pytest.raises(ValueError, match="`preparation` must be one of box, sampled"):
        load_digits("boxes")
    monkeypatch.setenv("KETWORK_DATA", str(tmp_path))
    with pytest.raises(UserError, match="mnist needs"):
        load_digits()


@pytest.mark.slow
def test_the_real_digits(data_folder, monkeypatch):
    """The CHECK of the entry, on one split: under 4 % on clear images, the small network better."""
    monkeypatch.setenv("KETWORK_DATA", str(data_folder))
    digits = load_digits("sampled")
    assert len(digits.labels) == 12049 and digits.patterns == 193  # as others count 3 and 6 in 4 x 4 bits
    row = learn_digits("box", 0)
    assert row["clear"] == 9873
    assert row["errors"][next(iter(READOUTS))][0] < 0.04
    assert row["errors"]["network with 5 hidden units"][0] < row["errors"][next(iter(READOUTS))][0]
    assert len(LAYERS) * 16 == 96
