"""Boolean functions of the atlas entry: exact when written down, learned to no error, invisible when they are wide."""

import numpy as np
import pytest

from ketwork.atlas.farhi_neven import (
    LABELS,
    classical_errors,
    descend,
    eliminated,
    labels_of,
    learn_boolean,
    parity_slopes,
    represent,
    subset_of,
)
from ketwork.models.boolean_circuits import all_bits


def test_two_hundred_functions_are_exact():
    """The CHECK of the entry."""
    found = represent(200, 0)
    assert found["functions"] == len(found["monomials"]) == 200
    assert found["worst"] < 1e-12
    assert 10 < np.mean(found["monomials"]) < 30  # half of 16, 32 and 64


@pytest.mark.parametrize("label", LABELS)
@pytest.mark.parametrize("seed", range(2))
def test_learned_without_error(label, seed):
    """The CHECK of the entry: 6 bits."""
    row = learn_boolean(label, 6, seed)
    assert row["error"] == 0 and row["samples"] == 50 * (len(row["errors"]) - 1)
    assert row["errors"][0] > 0  # not right by luck before the first sample
    assert row == learn_boolean(label, 6, seed)


def test_what_cannot_be_learned_says_so():
    row = learn_boolean("parity", 10, 0, most=50)
    assert row["samples"] == 50 and row["error"] > 0.2


def test_labels():
    bits = all_bits(4)
    assert labels_of("parity", bits, [0, 3]).tolist() == [(-1) ** int(b[0] + b[3]) for b in bits]
    assert labels_of("majority", bits, [0, 1, 2]).tolist() == [1 if b[:3].sum() < 2 else -1 for b in bits]
    sizes = {label: {len(subset_of(label, 6, np.random.default_rng(k))) for k in range(60)} for label in LABELS}
    assert sizes == {"parity": {2, 3, 4, 5, 6}, "majority": {3, 5}}


def test_a_line_cannot_say_a_parity():
    bits = all_bits(4)
    errors = classical_errors(bits, labels_of("parity", bits, [0, 1]), 0)
    assert errors["logistic regression"] >= 0.25
    assert classical_errors(bits, labels_of("majority", bits, [0, 1, 2]), 0)["logistic regression"] == 0


@pytest.mark.parametrize("n", [2, 6, 9])
def test_elimination_finds_every_parity(n):
    """From n samples at least, and about 1.6 more, which is what random bits take to be of full rank."""
    bits, counts = all_bits(n), []
    for seed in range(40):
        rng = np.random.default_rng(seed)
        labels = labels_of("parity", bits, subset_of("parity", n, rng))
        found = eliminated(bits, labels, rng)
        assert found["error"] == 0 and found["samples"] >= n
        counts.append(found["samples"])
    assert n + 0.7 < np.mean(counts) < n + 2.7


def test_elimination_of_what_is_no_parity_errs():
    bits = all_bits(5)
    labels = labels_of("majority", bits, [0, 1, 2])
    assert eliminated(bits, labels, np.random.default_rng(0))["error"] > 0.1


def test_what_is_seen_of_a_parity_halves_every_two_bits():
    found = parity_slopes((2, 4), 400, 0)
    assert np.allclose(found["measured"], found["closed"], rtol=0.25)
    assert found["closed"][0] == 2 * found["closed"][1]


def test_a_step_of_rate_one_ends_the_loss_of_a_linear_model():
    def linear(weights, row):
        return float(weights @ row), row

    rows, labels = np.array([[0.5, 1.0]]), np.array([-1.0])
    weights, losses = descend(linear, rows, labels, np.zeros(2), np.array([0]), 1.0)
    assert losses == [1.0]
    assert np.isclose(weights @ rows[0], -1.0)
    slow, _ = descend(linear, rows, labels, np.zeros(2), np.array([0]), 0.25)
    assert np.isclose(slow @ rows[0], -0.25)
