"""The layers of a layered space: which pairs a two-qubit gate is put on at once, and gates read as layers."""

from collections.abc import Sequence

from ketwork.models.couplings import connected_pairs
from ketwork.search.canonical import Place, flat

PATTERNS = ("linear", "ring", "full", "star", "pairwise", "reverse_linear", "matchings")
"""Names of patterns: topologies of `ketwork.models.couplings`, of which only coupled pairs are kept; and "matchings",
the couplings split into as many layers as it takes for no qubit to be in two pairs of one layer."""

Pair = tuple[int, int]


def pairs_of(n_qubits: int, pattern: str, couplings: Sequence[Pair]) -> list[list[Pair]]:
    """The layers of a pattern: each a list of pairs in order, none of them empty."""
    if pattern == "matchings":
        return _matchings(couplings)
    known = {frozenset(pair) for pair in couplings}
    found = [pair for pair in connected_pairs(n_qubits, pattern) if frozenset(pair) in known]
    return [found] if found else []


def _matchings(couplings: Sequence[Pair]) -> list[list[Pair]]:
    """Every pair goes to the first layer that has room for it."""
    layers: list[list[Pair]] = []
    for pair in couplings:
        room = (layer for layer in layers if not {q for other in layer for q in other} & set(pair))
        layer = next(room, None)
        if layer is None:
            layers.append([pair])
        else:
            layer.append(pair)
    return layers


def as_layers(gates: Sequence[Place], layers: Sequence[Place]) -> tuple[Place, ...]:
    """A sequence of gates as the fewest layers that give just these. Raises: ValueError where there are none."""
    wanted = tuple(gates)
    parts = [(layer, flat((layer,))) for layer in layers]
    # From the end: the fewest layers for what begins at gate k, and the first of them
    best: dict[int, tuple[int, Place | None]] = {len(wanted): (0, None)}
    for k in reversed(range(len(wanted))):
        ways = [
            (1 + best[k + len(part)][0], layer)
            for layer, part in parts
            if k + len(part) in best and wanted[k : k + len(part)] == part
        ]
        if ways:
            best[k] = min(ways, key=lambda way: way[0])
    if 0 not in best:
        raise ValueError("The gates of the circuit are not whole layers of the space.")
    found, k = [], 0
    while (layer := best[k][1]) is not None:
        found.append(layer)
        k += len(flat((layer,)))
    return tuple(found)
