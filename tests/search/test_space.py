"""What may be built: draws, changes and children lie in the space; illegal gates are those that change nothing."""

from itertools import pairwise

import numpy as np
import pytest

from ketwork import Circuit, w
from ketwork.search.canonical import Place, canonical, flat
from ketwork.search.space import Space, cross, draw, levels, mutate, size_of

SPACES = [
    Space(4),
    Space(3, ("rx", "ry", "rz", "cz"), ((0, 1), (1, 2)), max_gates=12, max_depth=4),
    Space(5, ("u3", "cnot", "rzz"), max_gates=20, max_two_qubit=3),
    Space(1, ("rx", "h", "cx"), max_gates=6),
    Space(4, ("rx", "rz", "cx", "cz"), layers=("linear", "ring", "matchings"), max_gates=30, max_depth=12),
    Space(3, ("u3", "cz"), ((0, 1), (1, 2)), layers=("full",), max_gates=14, max_two_qubit=5),
]


def test_places_of_the_papers_space():
    assert len(Space(4).places) == 4 * (4 + 2)  # arXiv:2402.03500: N (N - 1) CNOTs and 3 N rotations
    chain = Space(4, ("cx", "cz"), ((1, 0), (1, 2), (2, 3)))
    assert len(chain.places) == 2 * 3 + 3
    assert chain.couplings == ((0, 1), (1, 2), (2, 3))


@pytest.mark.parametrize("space", SPACES)
def test_draws_changes_and_children_lie_in_the_space(space):
    rng = np.random.default_rng(0)
    drawn = [draw(space, rng) for _ in range(60)]
    assert all(space.fits(a) and len(a) > 0 for a in drawn)
    for a, b in pairwise(drawn):
        changed, child = mutate(space, a, rng), cross(space, a, b, rng)
        assert space.fits(changed) and space.fits(child) and len(child) > 0
        assert changed == a or canonical(changed)[0] != canonical(a)[0]
        assert {*child} <= {*a, *b}


def test_a_mutation_reaches_every_place():
    space, rng = Space(2, max_gates=2), np.random.default_rng(1)
    start = (Place("rx", (0,)),)
    seen = {place for _ in range(400) for place in mutate(space, start, rng)}
    assert seen == set(space.places)


def test_the_same_seed_draws_the_same():
    one, other = (draw(Space(4), np.random.default_rng(7), 20) for _ in range(2))
    assert one == other and len(one) == 20


@pytest.mark.parametrize("space", SPACES)
def test_legal_gates_make_the_circuit_longer(space):
    rng = np.random.default_rng(2)
    for _ in range(20):
        architecture = ()
        while True:
            allowed = space.legal(architecture)
            if not allowed.any():
                break
            longer = (*architecture, space.places[rng.choice(np.flatnonzero(allowed))])
            assert space.fits(longer)
            architecture = longer
        assert len(architecture) <= space.max_places


def test_places_of_a_layered_space():
    space = Space(4, ("ry", "cx", "cz"), layers=("linear", "matchings"))
    assert space.places[0] == Place("ry", (0, 1, 2, 3))
    assert Place("cx", (0, 1, 1, 2, 2, 3)) in space.number and Place("cx", (0, 1, 2, 3)) in space.number
    assert space.max_places == 40 // 2
    chain = Space(4, ("ry", "cx"), ((0, 1), (1, 2), (2, 3)), layers=("linear", "matchings"))
    assert [place.qubits for place in chain.places[1:]] == [(0, 1, 1, 2, 2, 3), (0, 1, 2, 3), (1, 2)]


def test_a_layered_space_makes_the_circuits_of_hand():
    space = Space(3, ("ry", "cx"), layers=("linear",), max_gates=11)
    ry, chain = space.places
    circuit = space.circuit((ry, chain, ry, chain))
    by_hand = Circuit(3)
    for layer in range(2):
        for q in range(3):
            by_hand = by_hand.ry(q, w[3 * layer + q])
        by_hand = by_hand.cx(0, 1).cx(1, 2)
    assert circuit == by_hand
    assert size_of((ry, chain, ry, chain)) == (10, circuit.depth(), 4)
    assert space.fits((ry, chain, ry, chain)) and not space.fits((ry, chain, ry, chain, chain))


def test_only_layers_whose_repetition_is_idle_are_illegal():
    space = Space(3, ("ry", "cx", "cz"), layers=("linear",))
    ry, cx, cz = space.places
    assert not space.legal((ry,))[0] and not space.legal((cz,))[2]
    assert space.legal((cx,))[1]  # two chains of CX are not the identity
    assert canonical((cz, cz))[0] == () and canonical((cx, cx))[0] != ()
    assert len(canonical((ry, ry))[0]) == 3


def test_layers_and_gates_have_one_canonical_form_where_the_circuit_is_one():
    layered = (Place("rx", (0, 1, 2)), Place("cz", (0, 1, 1, 2)))
    assert canonical(layered)[0] == canonical(flat(layered))[0]
    assert len(canonical(layered)[1]) == 5


def test_a_repetition_is_illegal_until_another_gate_comes_between():
    space = Space(3)
    legal = space.legal((Place("cx", (0, 1)), Place("rx", (2,))))
    assert not legal[space.number[Place("cx", (0, 1))]] and not legal[space.number[Place("rx", (2,))]]
    assert legal[space.number[Place("cx", (1, 0))]]
    later = space.legal((Place("cx", (0, 1)), Place("rx", (1,))))
    assert later[space.number[Place("cx", (0, 1))]]


def test_circuits_come_back_as_architectures():
    space, rng = Space(4, ("rx", "u3", "cx", "cz")), np.random.default_rng(3)
    for _ in range(20):
        architecture = draw(space, rng)
        circuit = space.circuit(architecture)
        assert space.architecture(circuit) == architecture
        layered = Space(4, space.gates, layers=("ring", "linear"))
        layers = draw(layered, rng)
        assert layered.architecture(layered.circuit(layers)) == layers
        assert circuit.n_weights == sum({"rx": 1, "u3": 3}.get(gate, 0) for gate, _ in architecture)
        assert circuit.depth() == size_of(architecture).depth == max(levels(architecture, 4))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: Space(3, ("rx", "cy9")), "`gates` must be one of"),
        (lambda: Space(3, ("ccx",)), "`gates` must be one of"),
        (lambda: Space(3, ()), "at least one"),
        (lambda: Space(3, "rx"), "must be names of gates"),
        (lambda: Space(1, ("cx",)), "The space is empty"),
        (lambda: Space(3, ("cx",), ()), "The space is empty"),
        (lambda: Space(3, couplings=((0, 3),)), r"`couplings` must lie in \[0, 2\], but is 3"),
        (lambda: Space(3, couplings=((1, 1),)), "pairs of two qubits"),
        (lambda: Space(0), "must lie in"),
        (lambda: Space(3, layers=("linear", "lineal")), "`layers` must be one of"),
        (lambda: Space(3, ("cx",), max_two_qubit=0), "limits are below every gate"),
        (lambda: Space(4, layers=("linear",), max_gates=2), "limits are below every gate or layer"),
        (lambda: Space(3, ("ry",), layers=("ring",)).architecture(Circuit(3).ry(0, w[0])), "not whole layers"),
        (lambda: Space(3, max_gates=0), "`max_gates` must be at least 1"),
        (lambda: Space(3).architecture(Circuit(3).h(0)), "has no gate 'h'"),
        (lambda: Space(3).architecture(Circuit(2)), "3 qubits, but the circuit has 2"),
        (lambda: draw(Space(3), np.random.default_rng(0), 0), "`n_gates`"),
    ],
)
def test_doors(call, message):
    with pytest.raises((ValueError, TypeError), match=message):
        call()


def test_a_gate_may_be_told_its_places():
    ring = tuple(Place("cx", (q, (q + 1) % 3)) for q in range(3))
    space = Space(3, ("h", "cx", "cz"), only=ring)
    assert [p for p in space.places if p.gate == "cx"] == sorted(ring)
    assert len(space.places) == 3 + 3 + 3
    with pytest.raises(ValueError, match="`only` must hold places of the space"):
        Space(3, ("h", "cz"), only=ring)


def test_legal_is_what_its_words_say():
    """Against the definition, place by place, within all limits."""
    space, rng = (
        Space(4, ("rx", "h", "cx", "cz", "u3"), max_gates=9, max_depth=4, max_two_qubit=3),
        np.random.default_rng(5),
    )
    for _ in range(60):
        before = draw(space, rng)
        last = {q: place for place in before for q in place.qubits}
        for place, found in zip(space.places, space.legal(before), strict=True):
            repeats = all(last.get(q) == place for q in place.qubits)
            assert found == (space.fits((*before, place)) and not repeats)
