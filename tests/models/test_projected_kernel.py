"""Projected kernels against reduced density matrices, made from whole states."""

from itertools import combinations

import numpy as np
import pytest

import twin
from ketwork import Simulator
from ketwork.models import data_reuploading
from ketwork.models.kernels import with_weights
from ketwork.models.projected_kernel import ProjectedKernel, paulis_up_to, squared_distances

RNG = np.random.default_rng(0)
CIRCUIT = data_reuploading(3, 3, 2)
WEIGHTS = RNG.normal(size=CIRCUIT.n_weights)
X, Z = RNG.normal(size=(9, 3)), RNG.normal(size=(5, 3))


def reduced(points, kept):
    """(A, 2^k, 2^k) reduced states of the kept qubits."""
    psi = twin.state(CIRCUIT, points, WEIGHTS).reshape(len(points), 2, 2, 2)
    others = [q for q in range(3) if q not in kept]
    rows = np.transpose(psi, (0, *(1 + q for q in kept), *(1 + q for q in others)))
    rows = rows.reshape(len(points), 2 ** len(kept), -1)
    return np.einsum("aij,akj->aik", rows, rows.conj())


@pytest.mark.parametrize("locality", [1, 2, 3])
def test_distances_and_products_of_reduced_states(locality):
    distance, product = np.zeros((9, 5)), np.zeros((9, 5))
    for kept in combinations(range(3), locality):
        a, b = reduced(X, kept), reduced(Z, kept)
        distance += (np.abs(a[:, None] - b[None]) ** 2).sum(axis=(2, 3))
        product += np.einsum("aij,bji->ab", a, b).real
    gaussian = ProjectedKernel(CIRCUIT, WEIGHTS, 0.7, locality)
    np.testing.assert_allclose(gaussian.gram(X, Z), np.exp(-0.7 * distance), atol=1e-13)
    np.testing.assert_allclose(ProjectedKernel(CIRCUIT, WEIGHTS, 1, locality, True).gram(X, Z), product, atol=1e-13)


def test_all_qubits_at_once_are_the_fidelity():
    """Tr rho(a) rho(b) of the whole register is |<a|b>|^2."""
    psi = twin.state(CIRCUIT, X, WEIGHTS)
    found = ProjectedKernel(CIRCUIT, WEIGHTS, 1, 3, True).gram(X)
    np.testing.assert_allclose(found, np.abs(psi.conj() @ psi.T) ** 2, atol=1e-13)


@pytest.mark.parametrize("linear", [True, False])
def test_it_is_positive_and_tiles_equal_the_whole(linear):
    kernel = ProjectedKernel(CIRCUIT, WEIGHTS, 0.7, 1, linear)
    points = RNG.normal(size=(30, 3))
    whole = kernel.gram(points)
    assert np.linalg.eigvalsh(whole)[0] > -1e-12
    np.testing.assert_allclose(kernel.gram(points, memory=500), whole, atol=1e-14)


@pytest.mark.parametrize("linear", [True, False])
@pytest.mark.parametrize("locality", [1, 2])
def test_gradient_by_finite_differences(linear, locality):
    kernel = ProjectedKernel(CIRCUIT, WEIGHTS, 0.7, locality, linear)
    cotangent, step = RNG.normal(size=(9, 9)), 1e-5
    found = kernel.value_and_pullback(X)[1](cotangent)

    def value(weights, inputs):
        return (cotangent * with_weights(kernel, weights).gram(inputs)).sum()

    for k in range(0, CIRCUIT.n_weights, 3):
        e = step * np.eye(CIRCUIT.n_weights)[k]
        slope = (value(WEIGHTS + e, X) - value(WEIGHTS - e, X)) / (2 * step)
        assert found.w[k] == pytest.approx(slope, abs=1e-7)
    e = np.zeros_like(X)
    e[4, 1] = step
    assert found.x[4, 1] == pytest.approx((value(WEIGHTS, X + e) - value(WEIGHTS, X - e)) / (2 * step), abs=1e-7)


class ValuesOnly:
    """A backend without gradients."""

    def expectation(self, circuit, observables, x=None, w=None):
        return Simulator().expectation(circuit, observables, x, w)

    def sample(self, *_, **__):
        raise AssertionError("expectation values do")


def test_any_backend_will_do_and_the_shift_rule_gives_the_gradient():
    plain, other = ProjectedKernel(CIRCUIT, WEIGHTS), ProjectedKernel(CIRCUIT, WEIGHTS, backend=ValuesOnly())
    np.testing.assert_allclose(other.gram(X), plain.gram(X), atol=1e-13)
    cotangent = RNG.normal(size=(9, 9))
    expected = plain.value_and_pullback(X)[1](cotangent).w
    np.testing.assert_allclose(other.value_and_pullback(X)[1](cotangent).w, expected, atol=1e-10)


def test_strings_and_distances():
    assert paulis_up_to(2, 2) == ("XI", "YI", "ZI", "IX", "IY", "IZ",
                                  "XX", "XY", "XZ", "YX", "YY", "YZ", "ZX", "ZY", "ZZ")  # fmt: skip
    a, b = RNG.normal(size=(4, 6)), RNG.normal(size=(3, 6))
    np.testing.assert_allclose(squared_distances(a, b), ((a[:, None] - b[None]) ** 2).sum(axis=2), atol=1e-12)
    assert (np.diag(squared_distances(a, a)) == 0).all()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: ProjectedKernel(CIRCUIT, WEIGHTS, -0.1), "`gamma` must be at least 0"),
        (lambda: ProjectedKernel(CIRCUIT, WEIGHTS, 1, 4), r"`locality` must lie in \[1, 3\]"),
        (lambda: ProjectedKernel(CIRCUIT), "`weights` is missing"),
        (lambda: ProjectedKernel(data_reuploading(12, 1, 1), np.zeros(1), 1, 8), "more than 100,000|shape"),
        (lambda: ProjectedKernel(CIRCUIT, WEIGHTS).gram(X[:, :1]), "`a` must have 3 columns"),
        (
            lambda: ProjectedKernel(CIRCUIT, WEIGHTS, backend=Simulator(shots=9), max_circuits=20).gram(X),
            "takes 27 circuits, but `max_circuits` is 20",
        ),
    ],
)
def test_doors(call, message):
    with pytest.raises((ValueError, TypeError), match=message):
        call()
