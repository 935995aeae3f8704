"""The kernel classifier: scikit-learn's own checks, and that its kernel is the overlap of states."""

import numpy as np
from sklearn.datasets import load_iris
from sklearn.model_selection import train_test_split
from sklearn.utils.estimator_checks import parametrize_with_checks

import twin
from ketwork.models import KernelClassifier


@parametrize_with_checks([KernelClassifier(encoding="angle", n_qubits=2)])
def test_scikit_learns_checks(estimator, check):
    check(estimator)


def test_learns_iris():
    X, y = load_iris(return_X_y=True)
    parts = train_test_split(X, y, stratify=y, random_state=0)
    assert KernelClassifier(C=10, scale=0.3).fit(parts[0], parts[2]).score(parts[1], parts[3]) > 0.9


def test_kernel_is_the_overlap_of_states():
    X, y = load_iris(return_X_y=True)
    model = KernelClassifier(precision="double").fit(X[::10], y[::10])
    psi = twin.state(model.circuit_, model.anchors_, np.zeros(0))
    np.testing.assert_allclose(model._gram(model.anchors_, None), np.abs(psi.conj() @ psi.T) ** 2, atol=1e-12)
