"""A learned predictor of the error: it looks at many circuits, and those that it puts first are trained."""

from collections.abc import Sequence
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata, spearmanr

from ketwork.checks import check_int, check_real
from ketwork.search.canonical import Place, canonical, flat
from ketwork.search.seek import Search
from ketwork.search.space import Architecture, Space, draw, mutate, oriented, size_of

Floats = NDArray[np.floating[Any]]
_BARREN = 10  # rounds in a row in which all circuits that come up were trained before


def predictor(
    search: Search,
    first: int = 48,
    batch: int = 16,
    screened: int = 300,
    parents: int = 10,
    explore: float = 0.25,
    n_gates: int | None = None,
) -> None:
    """Train `first` random circuits, learn their errors' ranks from `features`, and then, again and again, look at
    `screened` new circuits, train those predicted to be best, and learn anew.

    batch: circuits trained a round, a share `explore` of them drawn at random, which is what the predictor's rank
    correlation is measured on before it sees them (notes: "rank correlation", by round; nan where all errors are
    equal). Half of those screened are random, half differ by a gate or two from one of the `parents` best so far.
    n_gates: of random circuits, None for any number up to the limit.
    Source: Zhang et al., Neural predictor based quantum architecture search, arXiv:2103.06524, which learns once, with
    a recurrent network; here a forest (Breiman, Machine Learning 45 (2001) 5), and again after every round.
    """
    for name, value in (("first", first), ("batch", batch), ("screened", screened), ("parents", parents)):
        check_int(name, value, 2)
    share = check_real("explore", explore, 0, 1)
    seen: dict[Architecture, float] = {}
    known: dict[Architecture, Architecture] = {}

    def train(architectures: Sequence[Architecture]) -> Floats:
        scores = search.scores(architectures)
        for architecture, score in zip(architectures, scores, strict=True):
            form = canonical(architecture)[0]
            known[form], seen[form] = architecture, score.error
        return np.array([score.error for score in scores])

    train([draw(search.space, search.rng, n_gates) for _ in range(first)])
    told = search.notes.setdefault("rank correlation", [])
    barren = 0
    while barren < _BARREN:  # with no circuit left that was not trained, nothing is left to do
        model = _fitted(search, list(known.values()), list(seen.values()))
        best = [known[form] for form in sorted(seen, key=lambda form: seen[form])[:parents]]
        candidates = _fresh(search, best, screened, n_gates, set(seen))
        if not candidates:
            count = len(seen)
            train([draw(search.space, search.rng, n_gates) for _ in range(batch)])
            barren = 0 if len(seen) > count else barren + 1
            continue
        barren = 0
        guess = model.predict(features(search.space, candidates))
        chosen = [candidates[k] for k in np.argsort(guess, kind="stable")[: batch - round(share * batch)]]
        blind = [draw(search.space, search.rng, n_gates) for _ in range(round(share * batch))]
        before = model.predict(features(search.space, blind)) if blind else np.zeros(0)
        found = train([*chosen, *blind])[len(chosen) :]
        told.append(_correlation(before, found))


def features(space: Space, architectures: Sequence[Sequence[Place]]) -> Floats:
    """What the predictor sees of circuits, (K, F): how often each gate occurs on each qubit or pair; on every wire, of
    which kind its first gate is and its last, and how many there are; how often one kind of gate follows another on a
    wire; gates, depth and two-qubit gates."""
    gates = {gate: k for k, gate in enumerate(dict.fromkeys(map(oriented, flat(space.places))))}
    kinds = {name: k for k, name in enumerate(space.gates)}
    n, t = space.n_qubits, len(kinds)
    counts = np.zeros((len(architectures), len(gates)))
    ends = np.zeros((len(architectures), n, 2, t))
    follows = np.zeros((len(architectures), t, t))
    for k, architecture in enumerate(architectures):
        last: dict[int, int] = {}
        for gate in map(oriented, flat(architecture)):
            counts[k, gates[gate]] += 1
            kind = kinds[gate.gate]
            for q in gate.qubits:
                if q in last:
                    follows[k, last[q], kind] += 1
                else:
                    ends[k, q, 0, kind] = 1
                last[q] = kind
        for q, kind in last.items():
            ends[k, q, 1, kind] = 1
    on = np.array([[q in gate.qubits for q in range(n)] for gate in gates], float)
    sizes = np.array([size_of(architecture) for architecture in architectures], float).reshape(-1, 3)
    parts = (counts, counts @ on, ends.reshape(len(architectures), -1), follows.reshape(len(architectures), -1), sizes)
    return np.concatenate(parts, axis=1)


def _fitted(search: Search, architectures: Sequence[Architecture], errors: Sequence[float]) -> Any:
    """A forest that predicts ranks of errors, which no outlier bends."""
    from sklearn.ensemble import ExtraTreesRegressor

    forest = ExtraTreesRegressor(
        n_estimators=100, min_samples_leaf=2, max_features=0.3, random_state=int(search.rng.integers(2**31))
    )
    return forest.fit(features(search.space, architectures), rankdata(errors) / len(errors))


def _fresh(
    search: Search, parents: Sequence[Architecture], count: int, n_gates: int | None, seen: set[Architecture]
) -> list[Architecture]:
    """Different circuits that were not trained yet: random ones, and some like the parents; at most `count`."""
    rng, space = search.rng, search.space
    random = (draw(space, rng, n_gates) for _ in range(count // 2))
    children = (_changed(space, parents[int(rng.integers(len(parents)))], rng) for _ in range(count - count // 2))
    found = {canonical(architecture)[0]: architecture for architecture in chain(random, children)}
    return [architecture for form, architecture in found.items() if form not in seen]


def _changed(space: Space, architecture: Architecture, rng: np.random.Generator) -> Architecture:
    """Changed once or twice."""
    for _ in range(int(rng.integers(1, 3))):
        architecture = mutate(space, architecture, rng)
    return architecture


def _correlation(guess: Floats, errors: Floats) -> float:
    """Spearman's; nan where it is not defined."""
    if len(guess) < 2 or np.ptp(guess) == 0 or np.ptp(errors) == 0:
        return float("nan")
    return float(spearmanr(guess, errors).statistic)
