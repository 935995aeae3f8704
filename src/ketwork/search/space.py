"""What circuits a search may build, and how it goes from one to another.

An architecture is a sequence of gates on qubits without angles: every angle of every gate becomes a weight of its own.
In a layered space it is a sequence of whole layers.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ketwork.checks import check_choice, check_int
from ketwork.circuit import Circuit, w
from ketwork.circuit.gates import ALIASES, GATES
from ketwork.models.couplings import connected_pairs
from ketwork.search.canonical import Place, canonical, commute, flat, is_symmetric
from ketwork.search.layer_patterns import PATTERNS, as_layers, pairs_of

Architecture = tuple[Place, ...]


class Size(NamedTuple):
    """What limits are about: gates, depth and gates on two qubits."""

    gates: int
    depth: int
    two_qubit: int


@dataclass(frozen=True)
class Space:
    """The circuits of `n_qubits` qubits made of `gates`, those on two qubits on `couplings` alone.

    gates: names of one- and two-qubit gates of the gate table. couplings: pairs of qubits, in both directions for gates
    that have one; None for all pairs. max_gates, max_depth, max_two_qubit: limits, None for none. layers: patterns of
    `PATTERNS` for a layered space, which is built of whole layers: a one-qubit gate on all qubits, a two-qubit gate on
    the couplings of a pattern. Limits count its gates. only: of gates that are named here, all the places they have.
    Raises: ValueError for gates that are not in the table or act on more than two qubits, pairs that do not exist,
    unknown patterns, and for a space in which nothing can be built.
    """

    n_qubits: int
    gates: tuple[str, ...] = ("rx", "ry", "rz", "cx")
    couplings: tuple[tuple[int, int], ...] | None = None
    max_gates: int = 40
    max_depth: int | None = None
    max_two_qubit: int | None = None
    layers: tuple[str, ...] = ()
    only: tuple[Place, ...] = ()

    def __post_init__(self) -> None:
        n = check_int("n_qubits", self.n_qubits, 1, 60)
        if isinstance(self.gates, str) or not len(self.gates):
            raise ValueError(f"Argument `gates` must be names of gates, at least one, but is {self.gates!r}.")
        names = [ALIASES.get(name, name) for name in self.gates]
        known = [name for name, row in GATES.items() if row.n_qubits <= 2]
        for name in names:
            check_choice("gates", name, known)
        object.__setattr__(self, "gates", tuple(dict.fromkeys(names)))
        if self.couplings is not None:
            object.__setattr__(self, "couplings", _checked_pairs(n, self.couplings))
        check_int("max_gates", self.max_gates, 1)
        for name, low in (("max_depth", 1), ("max_two_qubit", 0)):
            if getattr(self, name) is not None:
                check_int(name, getattr(self, name), low)
        patterns = (self.layers,) if isinstance(self.layers, str) else tuple(self.layers)
        object.__setattr__(self, "layers", tuple(check_choice("layers", name, PATTERNS) for name in patterns))
        object.__setattr__(self, "only", tuple(oriented(Place(gate, tuple(qubits))) for gate, qubits in self.only))
        for place in self.only:
            if place not in self.places:
                raise ValueError(f"Argument `only` must hold places of the space, but holds {place}.")
        if not self.places:
            raise ValueError(
                f"The space is empty: none of the gates {', '.join(self.gates)} fits {n} qubits and the couplings "
                f"{self.couplings}."
            )
        if not self.legal(()).any():
            raise ValueError("The space is empty: its limits are below every gate or layer that it has.")

    @cached_property
    def places(self) -> tuple[Place, ...]:
        """Every gate on all qubits or pairs that it can act on, or every layer: what may be added to a circuit, in a
        fixed order."""
        n = self.n_qubits
        pairs = connected_pairs(n, "full") if self.couplings is None else list(self.couplings)
        found: list[Place] = []
        for name in self.gates:
            if GATES[name].n_qubits == 1:
                found += [Place(name, tuple(range(n)))] if self.layers else [Place(name, (q,)) for q in range(n)]
            elif self.layers:
                rows = [row for pattern in self.layers for row in pairs_of(n, pattern, pairs)]
                groups = [[oriented(Place(name, pair)).qubits for pair in row] for row in rows]
                found += dict.fromkeys(Place(name, tuple(q for pair in row for q in pair)) for row in groups)
            else:
                both = [] if is_symmetric(name) else [Place(name, (b, a)) for a, b in pairs]
                found += sorted([Place(name, pair) for pair in pairs] + both)
        named = {place.gate for place in self.only}
        return tuple(place for place in found if place.gate not in named or place in self.only)

    @cached_property
    def number(self) -> dict[Place, int]:
        """The number of every place."""
        return {place: k for k, place in enumerate(self.places)}

    @cached_property
    def max_places(self) -> int:
        """How many gates an architecture may have, or layers where the space has these."""
        return self.max_gates // min(len(gates) for gates in self._gates)

    @cached_property
    def _gates(self) -> tuple[Architecture, ...]:
        """Of every place."""
        return tuple(flat((place,)) for place in self.places)

    @cached_property
    def _shapes(self) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
        """Of every place: gates (P,), those on two qubits (P,), and the qubits it is on (P, n)."""
        touched = np.zeros((len(self.places), self.n_qubits), bool)
        for k, place in enumerate(self.places):
            touched[k, list(place.qubits)] = True
        two = [sum(len(gate.qubits) == 2 for gate in gates) for gates in self._gates]
        return np.array([len(gates) for gates in self._gates]), np.array(two), touched

    @cached_property
    def _repeats(self) -> list[bool]:
        """Whether every place, when it is repeated, is no more than it was once, or nothing."""
        return [all(commute(a, b) for a in gates for b in gates if a != b) for gates in self._gates]

    @cached_property
    def _by_name(self) -> list[tuple[int, int]]:
        """The first place and one past the last of every gate, the gates sorted by name."""
        names = [place.gate for place in self.places]
        return [(names.index(name), names.index(name) + names.count(name)) for name in sorted(set(names))]

    def circuit(self, architecture: Sequence[Place]) -> Circuit:
        """The circuit of an architecture; weights are numbered in the order of the gates."""
        circuit, k = Circuit(self.n_qubits), 0
        for name, qubits in flat(architecture):
            count = GATES[name].n_params
            circuit = circuit.append(name, qubits, tuple(w[k + j] for j in range(count)))
            k += count
        return circuit

    def architecture(self, circuit: Circuit) -> Architecture:
        """The gates of a circuit without their angles, in a layered space as the fewest layers that it can be read as.

        Raises: ValueError for a gate that the space does not have, or gates that are not whole layers.
        """
        if circuit.n_qubits != self.n_qubits:
            raise ValueError(f"The space has {self.n_qubits} qubits, but the circuit has {circuit.n_qubits}.")
        gates = tuple(oriented(Place(gate.name, gate.qubits)) for gate in circuit)
        known = {gate for whole in self._gates for gate in whole}
        for gate, place in zip(circuit, gates, strict=True):
            if place not in known or gate.condition is not None:
                when = " under a condition" if gate.condition is not None else ""
                raise ValueError(f"The space has no gate {place.gate!r} on qubits {place.qubits}{when}.")
        return as_layers(gates, self.places) if self.layers else gates

    def fits(self, architecture: Sequence[Place]) -> bool:
        """Whether an architecture is made of the space's gates or layers and within its limits."""
        if not all(place.gate in GATES and oriented(place) in self.number for place in architecture):
            return False
        return self.holds(size_of(architecture))

    def holds(self, size: Size) -> bool:
        """Whether circuits of a size are within the limits."""
        limits = (self.max_gates, self.max_depth, self.max_two_qubit)
        return all(limit is None or value <= limit for value, limit in zip(size, limits, strict=True))

    def legal(self, architecture: Sequence[Place]) -> NDArray[np.bool_]:
        """Which places (len(places),) may come next: within the limits, and not undoing or repeating a gate that is
        still at the end of its qubits (of layers, those whose gates all commute).

        Source: Patel et al., arXiv:2402.03500, section 3 (illegal actions).
        """
        growth = Growth(self)
        for place in architecture:
            growth.add(place)
        return growth.legal()


class Growth:
    """An architecture as it grows: what may come next, kept up to date as places are added."""

    def __init__(self, space: Space) -> None:
        self.space = space
        self._gates = self._two = 0
        self._ends = [0] * space.n_qubits
        self._last: dict[int, Place] = {}

    def add(self, place: Place) -> None:
        """One more place at the end."""
        gates, ends = flat((place,)), self._ends
        self._gates += len(gates)
        for gate in gates:
            self._two += len(gate.qubits) == 2
            level = 1 + max(ends[q] for q in gate.qubits)
            for q in gate.qubits:
                ends[q] = level
        for q in place.qubits:
            self._last[q] = oriented(place)

    def legal(self) -> NDArray[np.bool_]:
        """Which places (len(places),) may come next: see `Space.legal`."""
        space, last = self.space, self._last
        if self._gates >= space.max_gates:
            return np.zeros(len(space.places), bool)
        counts, two, touched = space._shapes
        allowed = np.asarray(self._gates + counts <= space.max_gates)
        if space.max_two_qubit is not None:
            allowed &= (two == 0) | (self._two + two <= space.max_two_qubit)
        if space.max_depth is not None:
            ends = np.array(self._ends)
            allowed &= ends.max() <= space.max_depth
            for k in np.flatnonzero((touched & (ends + counts[:, None] > space.max_depth)).any(axis=1) & allowed):
                allowed[k] = max(levels(space._gates[k], space.n_qubits, self._ends)) <= space.max_depth
        for place in set(last.values()):
            k = space.number.get(place, -1)
            if k >= 0 and space._repeats[k] and all(last[q] == place for q in place.qubits):
                allowed[k] = False
        return allowed


def _checked_pairs(n: int, couplings: Any) -> tuple[tuple[int, int], ...]:
    """Different pairs in ascending order."""
    found = set()
    for pair in couplings:
        if not hasattr(pair, "__len__") or len(pair) != 2 or pair[0] == pair[1]:
            raise ValueError(f"Argument `couplings` must hold pairs of two qubits, such as (0, 1), but holds {pair}.")
        a, b = (check_int("couplings", q, 0, n - 1) for q in pair)
        found.add((min(a, b), max(a, b)))
    return tuple(sorted(found))


def oriented(place: Place) -> Place:
    """The place with its qubits in ascending order where the gate does not know one from the other."""
    alike = len(place.qubits) == 2 and is_symmetric(place.gate)
    return Place(place.gate, tuple(sorted(place.qubits))) if alike else place


def levels(architecture: Sequence[Place], n_qubits: int, before: Sequence[int] = ()) -> list[int]:
    """How many moments of time each qubit (n_qubits,) has used when every gate comes as early as it can, after those
    that were used before."""
    ends = list(before) or [0] * n_qubits
    for place in flat(architecture):
        level = 1 + max(ends[q] for q in place.qubits)
        for q in place.qubits:
            ends[q] = level
    return ends


def size_of(architecture: Sequence[Place]) -> Size:
    """The gates, depth and two-qubit gates of an architecture, those of its layers counted one by one."""
    gates = flat(architecture)
    n = 1 + max((q for place in gates for q in place.qubits), default=0)
    two = sum(len(place.qubits) == 2 for place in gates)
    return Size(len(gates), max(levels(gates, n)), two)


def draw(space: Space, rng: np.random.Generator, n_gates: int | None = None) -> Architecture:
    """A random architecture of `n_gates` legal gates (in a layered space, layers); None for any number up to the limit.
    Fewer where none is legal.

    A gate's name is drawn first, evenly, and then where it goes: otherwise gates on pairs would crowd out the others.
    """
    count = int(rng.integers(1, space.max_places + 1)) if n_gates is None else check_int("n_gates", n_gates, 1)
    growth, found = Growth(space), list[Place]()
    for _ in range(min(count, space.max_places)):
        place = _next(space, growth, rng)
        if place is None:
            break
        found.append(place)
        growth.add(place)
    return tuple(found)


def _next(space: Space, growth: Growth, rng: np.random.Generator) -> Place | None:
    """A random legal place, or None."""
    legal = growth.legal().tolist()
    choices = [open_ for first, last in space._by_name if (open_ := [k for k in range(first, last) if legal[k]])]
    if not choices:
        return None
    of_gate = choices[rng.integers(len(choices))]
    return space.places[of_gate[rng.integers(len(of_gate))]]


def mutate(space: Space, architecture: Architecture, rng: np.random.Generator) -> Architecture:
    """An architecture of the space that differs by one gate or layer: put in, taken out, exchanged or moved.

    Changes that only rewrite the same circuit are drawn again, some fifty times; after that what there was comes back.
    """
    before = canonical(architecture)[0]
    for _ in range(50):
        changed = _CHANGES[rng.integers(len(_CHANGES))](space, list(architecture), rng)
        if changed and space.fits(changed) and canonical(changed)[0] != before:
            return tuple(changed)
    return architecture


def _any_place(space: Space, rng: np.random.Generator) -> Place:
    name = space.gates[rng.integers(len(space.gates))]
    choices = [place for place in space.places if place.gate == name] or list(space.places)
    return choices[rng.integers(len(choices))]


def _put_in(space: Space, gates: list[Place], rng: np.random.Generator) -> list[Place]:
    gates.insert(int(rng.integers(len(gates) + 1)), _any_place(space, rng))
    return gates


def _take_out(space: Space, gates: list[Place], rng: np.random.Generator) -> list[Place]:
    if len(gates) > 1:
        gates.pop(int(rng.integers(len(gates))))
    return gates


def _exchange(space: Space, gates: list[Place], rng: np.random.Generator) -> list[Place]:
    if gates:
        gates[int(rng.integers(len(gates)))] = _any_place(space, rng)
    return gates


def _move(space: Space, gates: list[Place], rng: np.random.Generator) -> list[Place]:
    if len(gates) > 1:
        gate = gates.pop(int(rng.integers(len(gates))))
        gates.insert(int(rng.integers(len(gates) + 1)), gate)
    return gates


_CHANGES = (_put_in, _take_out, _exchange, _move)


def cross(space: Space, a: Architecture, b: Architecture, rng: np.random.Generator) -> Architecture:
    """The beginning of one architecture and the end of another, cut where both are as far through; at least one gate.

    The child is shortened at its end to fit the space's limits.
    """
    share = rng.random()
    child = list(a[: round(share * len(a))] + b[round(share * len(b)) :]) or list(a or b)
    while child and not space.fits(child):
        child.pop()
    return tuple(child)
