"""Reviews by a variational classifier: the circuit, its training and the features, beside Qiskit and scikit-learn."""

import numpy as np
import pytest
from qiskit.circuit.library import efficient_su2, zz_feature_map
from qiskit.quantum_info import Statevector
from sklearn.linear_model import LogisticRegression
from sklearn.svm import SVC

from ketwork.atlas import vqc_optimizers as entry
from ketwork.atlas.vqc_optimizers import (
    MEASURES,
    OPTIMIZERS,
    REPRESENTATIONS,
    TEST_SHARE,
    circuit_classifier,
    classical_classifier,
    features_row,
    gradient_row,
    represent,
    scale_row,
    scores,
    split,
    table_row,
)
from ketwork.experiments.task import UserError

GOOD, BAD = ("tasty", "friendly", "great", "loved"), ("bland", "slow", "rude", "awful")
PLAIN = ("table", "waiter", "soup", "menu", "visit", "dinner", "plate", "fries", "evening", "corner")


@pytest.fixture
def made_up(monkeypatch):
    """160 reviews that say what they think in one word of eight, among words that say nothing."""
    rng = np.random.default_rng(3)
    liked = np.arange(160) % 2
    texts = [
        " ".join([*rng.choice(PLAIN, 5), rng.choice(GOOD if like else BAD), *rng.choice(PLAIN, 2)]) for like in liked
    ]
    monkeypatch.setattr(entry, "_reviews", lambda: (np.array(texts, object), liked))


def blobs(count=40):
    rng = np.random.default_rng(0)
    y = np.arange(count) % 2
    return rng.normal(0, 0.05, (count, 5)) + 0.1 * y[:, None], y


def test_the_circuit_is_qiskits():
    """Chances of odd parity for some weights. Qiskit's map is ours conjugated; so it is with its RZ turned around."""
    X, y = blobs(4)
    model = circuit_classifier("adam", 1, 0).fit(X, y)
    found = model.predict_proba(X)[:, list(model.classes_).index(1)]
    mirrored = model.weights_.reshape(4, 2, 5) * np.array([1, -1])[:, None]
    body = efficient_su2(5, reps=3, entanglement="full")
    odd = np.array([f"{k:b}".count("1") % 2 for k in range(32)])
    for row, chance in zip(X, found, strict=True):
        circuit = zz_feature_map(5, reps=2, entanglement="full").assign_parameters(row)
        circuit = circuit.compose(body.assign_parameters(mirrored.ravel()))
        wanted = Statevector(circuit).probabilities() @ odd
        assert chance == pytest.approx(wanted, abs=2e-6)


def test_gradients_are_those_of_shifts():
    row = gradient_row(1)
    assert row["weights"] == 40 and row["difference"] < 1e-12


@pytest.mark.parametrize("method", ["aqgd", "cobyla", "adam", "l-bfgs"])
def test_every_optimiser_lowers_the_loss(method):
    X, y = blobs()
    model = circuit_classifier(method, 60, 0).fit(X, y)
    losses = [one["loss"] for one in model.history_]
    assert min(losses) < losses[0] - 0.03


def test_more_steps_go_on_where_fewer_ended():
    X, y = blobs()
    few, more = (circuit_classifier("aqgd", steps, 0).fit(X, y).history_ for steps in (10, 15))
    np.testing.assert_allclose([one["loss"] for one in more[:10]], [one["loss"] for one in few], rtol=1e-6)


def test_circuits_are_counted():
    """A loss a sample for COBYLA; with the gradient of 40 weights by shifts, 81."""
    X, y = blobs()
    assert circuit_classifier("aqgd", 7, 0).fit(X, y).n_circuit_evaluations_ == 7 * 40 * 81
    assert circuit_classifier("adam", 3, 0).fit(X, y).n_circuit_evaluations_ == 3 * 40 * 81
    seen = []
    model = circuit_classifier("cobyla", 50, 0)
    model.callbacks = [lambda state: seen.append(state["loss"])]
    assert model.fit(X, y).n_circuit_evaluations_ == len(seen) * 40


def test_scores_by_hand():
    X = np.array([[0.0], [0.0], [1.0], [1.0], [1.0]])
    model = LogisticRegression(C=1e6).fit([[0.0], [1.0]], [0, 1])
    assert scores(model, X, np.array([0, 1, 1, 1, 0])) == pytest.approx([3 / 5, 2 / 3, 2 / 3, 2 / 3])
    assert isinstance(classical_classifier("support vector machine", 0), SVC)


def test_splits(made_up):
    train, test = split(0, 1)
    assert not set(train) & set(test) and len(test) == round(160 * TEST_SHARE) == 32
    assert entry._reviews()[1][test].sum() == 16
    assert set(split(0, 2)[1]) != set(test) and split(0, 1)[1].tolist() == test.tolist()


def test_representations(made_up):
    """Words that say most are found, and components made with labels hold them; principal ones hold what is varied."""
    for name in REPRESENTATIONS:
        part = represent(name, 0, 0)
        assert part.X.shape == (128, 5) and part.X_test.shape == (32, 5)
    apart = represent("least squares", 0, 0)
    assert LogisticRegression(C=1e4).fit(apart.X, apart.y).score(apart.X_test, apart.y_test) > 0.95
    assert represent("TF-IDF", 0, 0).explained < 0.8
    with pytest.raises(ValueError, match="Did you mean 'counts'"):
        represent("count", 0, 0)


def test_only_the_leak_sees_the_test_part(made_up, monkeypatch):
    seen = {}
    plain = entry.TextFeatures.fit

    def watched(self, X, y=None):
        seen["texts"] = len(X)
        return plain(self, X, y)

    monkeypatch.setattr(entry.TextFeatures, "fit", watched)
    for name, how in REPRESENTATIONS.items():
        represent(name, 0, 0)
        assert seen["texts"] == (160 if how.leaks else 128), name


def test_rows(made_up, monkeypatch):
    few = {name: (method, 2) for name, (method, _) in OPTIMIZERS.items()}
    monkeypatch.setattr(entry, "OPTIMIZERS", few)
    monkeypatch.setattr(entry, "BESIDE", {"VQC, Adam, 60 epochs": ("adam", 1), "VQC, L-BFGS": ("l-bfgs", 1)})
    row = table_row(0, 0)
    assert len(row["models"]) == 4 + 2 + 3 + 3 and row["words"] == len({*GOOD, *BAD, *PLAIN}) == 18
    assert all(len(one["scores"]) == len(MEASURES) for one in row["models"].values())
    assert row["models"]["random forest, all words"]["scores"][0] > 0.9
    again = table_row(0, 0)["models"]
    assert {k: v["scores"] for k, v in again.items()} == {k: v["scores"] for k, v in row["models"].items()}
    assert set(features_row("counts", 0, 0)["models"]) <= set(row["models"])
    assert scale_row(0.1, 0, 0)["loss"] != row["models"][next(iter(few))]["loss"]


def test_missing_reviews(monkeypatch, tmp_path):
    entry._reviews.cache_clear()
    monkeypatch.setenv("KETWORK_DATA", str(tmp_path))
    with pytest.raises(UserError, match=r"needs .*Restaurant_Reviews\.tsv"):
        table_row(0, 0)
