"""Anomalies by kernels: scikit-learn's checks and conventions, its machine on the same kernel, and what is found."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score
from sklearn.svm import OneClassSVM
from sklearn.utils.estimator_checks import parametrize_with_checks

from ketwork.models.anomaly import QuantumAnomalyDetector

RNG = np.random.default_rng(0)
USUAL = RNG.normal(0, 0.5, (80, 2)) + [2.0, -1.0]
ODD = USUAL[:20] + RNG.choice([-3.0, 3.0], (20, 2))


@parametrize_with_checks(
    [
        QuantumAnomalyDetector(encoding="angle", n_qubits=2),
        QuantumAnomalyDetector(encoding="angle", n_qubits=2, kernel="projected"),
    ]
)
def test_scikit_learns_checks(estimator, check):
    check(estimator)


@pytest.mark.parametrize("kernel", ["fidelity", "projected"])
def test_what_lies_outside_scores_lower(kernel):
    model = QuantumAnomalyDetector(encoding="angle", kernel=kernel).fit(USUAL[:60])
    scores = model.score_samples(np.vstack([USUAL[60:], ODD]))
    assert roc_auc_score(np.repeat([1, 0], 20), scores) > 0.95
    assert (model.predict(ODD) == -1).mean() > 0.9


def test_the_convention_of_scikit_learn():
    model = QuantumAnomalyDetector(encoding="angle", nu=0.2, precision="double")
    found = model.fit_predict(USUAL)
    np.testing.assert_array_equal(found, model.predict(USUAL))
    np.testing.assert_allclose(model.decision_function(USUAL), model.score_samples(USUAL) - model.offset_)
    np.testing.assert_array_equal(found == 1, model.decision_function(USUAL) >= 0)
    peer = OneClassSVM(kernel="precomputed", nu=0.2).fit(model.gram_)
    np.testing.assert_allclose(model.decision_function(USUAL), peer.decision_function(model.gram_) + 1e-3, atol=1e-9)


@pytest.mark.parametrize("nu", [0.05, 0.2, 0.5])
def test_nu_bounds_the_anomalies_and_the_support(nu):
    """Schoelkopf et al., prop. 4: the share of outliers <= nu <= the share of support vectors."""
    model = QuantumAnomalyDetector(nu, encoding="angle", precision="double").fit(USUAL)
    assert (model.predict(USUAL) == -1).mean() <= nu + 1e-9
    assert len(model.svc_.support_) / len(USUAL) >= nu - 1e-9


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"nu": 0.0}, "`nu` must lie between 0 and 1, both left out, but is 0.0"),
        ({"nu": 1}, "`nu` must lie between 0 and 1, both left out, but is 1.0"),
        ({"nu": 1.5}, r"`nu` must lie in \[0, 1\]"),
        ({"scale": "auto"}, "`scale` must be a number or None"),
        ({"regularisation": "x"}, "must be one of tikhonov, threshold"),
    ],
)
def test_doors(parameters, message):
    with pytest.raises(ValueError, match=message):
        QuantumAnomalyDetector(**parameters).fit(USUAL)
