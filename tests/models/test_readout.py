"""Readout: what observables read off bit strings, counted by hand."""

from itertools import product

import numpy as np
import pytest

from ketwork import Circuit, PauliSum, Simulator
from ketwork.models.readout import (
    class_observables,
    class_projectors,
    classes_of_bits,
    own_observables,
    parity_projectors,
    qubits_to_tell,
    z_observables,
)


def prepared(bits):
    circuit = Circuit(len(bits))
    for qubit in np.flatnonzero(bits):
        circuit = circuit.x(int(qubit))
    return circuit


def strings(observables):
    return [next(iter(o.terms))[0] for o in observables]


def test_observables_are_z_and_neighbouring_zz():
    assert strings(z_observables(3)) == ["ZII", "IZI", "IIZ", "ZZI", "IZZ", "ZIZ"]
    assert strings(z_observables(2)) == ["ZI", "IZ", "ZZ"]
    assert len(z_observables(1)) == 1
    assert strings(z_observables(4, (1, 3))) == ["IZII", "IIIZ", "IZIZ"]


@pytest.mark.parametrize("bits", [(0, 0, 0, 0), (1, 0, 0, 1), (0, 1, 1, 1)])
def test_observables_read_signs_and_their_products(bits):
    signs = 1 - 2 * np.array(bits)
    found = Simulator().expectation(prepared(bits), z_observables(4))[0]
    np.testing.assert_allclose(found, np.concatenate([signs, signs * np.roll(signs, -1)]), atol=1e-15)


def test_class_observables_are_different_strings_few_qubits_first():
    assert strings(class_observables(3, 7)) == ["ZII", "IZI", "IIZ", "ZZI", "ZIZ", "IZZ", "ZZZ"]
    with pytest.raises(ValueError, match="8 classes need 8 observables, but 3 qubits have 7"):
        class_observables(3, 8)


@pytest.mark.parametrize(("classes", "qubits"), [(1, 1), (2, 1), (3, 2), (4, 2), (5, 3), (8, 3), (9, 4)])
def test_so_many_qubits_tell_the_classes(classes, qubits):
    assert qubits_to_tell(classes) == qubits


@pytest.mark.parametrize("classes", [2, 3, 4])
def test_projectors_tell_the_class_of_every_outcome(classes):
    places = (2, 0)
    projectors = class_projectors(3, places, classes)
    for bits in product((0, 1), repeat=3):
        label = (2 * bits[2] + bits[0]) % classes
        found = Simulator().expectation(prepared(bits), projectors)[0]
        np.testing.assert_allclose(found, np.eye(classes)[label], atol=1e-15)
        assert classes_of_bits(np.array([bits])[:, places], classes) == [label]


def test_parity():
    for bits in product((0, 1), repeat=3):
        found = Simulator().expectation(prepared(bits), parity_projectors(3, (0, 1, 2)))[0]
        np.testing.assert_allclose(found, np.eye(2)[sum(bits) % 2], atol=1e-15)
        assert classes_of_bits(np.array([[bits]]), 2, parity=True) == [[sum(bits) % 2]]


def test_own_observables_must_fit():
    z = PauliSum.from_dict({"ZI": 1})
    assert own_observables(z, 2) == [z]
    with pytest.raises(ValueError, match="act on the circuit's 3 qubits, but item 0 acts on 2"):
        own_observables([z], 3)
    with pytest.raises(ValueError, match="must hold 3 observables"):
        own_observables([z], 2, 3)
    with pytest.raises(ValueError, match="Hermitian"):
        own_observables([PauliSum.from_dict({"ZI": 1j})], 2)
