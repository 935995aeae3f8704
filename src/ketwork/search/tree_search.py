"""Search in the tree of circuits, gate after gate: best first with a learned cost to go, or Monte Carlo (UCT)."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ketwork.checks import check_choice, check_int, check_real
from ketwork.search.canonical import canonical
from ketwork.search.seek import Search
from ketwork.search.space import Architecture, levels, size_of
from ketwork.search.tasks import Score
from ketwork.search.warm_start import carried, n_angles

Floats = NDArray[np.floating[Any]]
KINDS = ("best-first", "uct")
_FLOOR = 1e-12  # errors below it are rounding
_FRONTIER = 5000  # moves that are kept in mind
_TREES = 40
_BARREN = 50  # times that no move from the empty circuit is new: then all are known


def tree_search(
    search: Search,
    kind: str = "best-first",
    batch: int = 16,
    stride: int = 8,
    moves: int = 32,
    gate_cost: float = 0.0,
    curious: float = 1.0,
    chance: float = 0.25,
    warm: bool = True,
    n_gates: int | None = None,
) -> None:
    """Search in the tree of circuits, from the empty one on, by legal gates (or layers).

    kind: "best-first": of all moves from circuits that were trained, those are trained next whose priority, the lower
    the better, comes first: the order (log10) of the error reached, what is predicted to come off it further down the
    tree, and `gate_cost` for every two-qubit gate (0: on a plateau even a small cost would keep out the gates that lead
    off it). Predictions are of a forest of random trees that learns from the search's own circuits and is fitted again
    as it goes; `curious` times their spread is taken off the priority. A share `chance` of the moves is taken at random
    instead. moves: how many are drawn from every circuit, each of 1 to `stride` gates. warm: circuits go on from the
    angles of the one they continue.
    "uct": a walk down the tree by upper confidence bounds, a new circuit at its end, filled up with random legal gates
    to `n_gates` (None: the limit) and trained; what it reached is told to all on the way. `curious` weighs the bound.
    batch: how many circuits are trained at a time.
    Notes: "circuits" in the tree, "refits", "fit" (correlation of what was predicted with what came, by batch).
    Source: Wang, Usman, Parampalli, Hollenberg and Myers, arXiv:2207.00132 (circuits by Monte Carlo tree search);
    Kocsis and Szepesvari, ECML 2006 (UCT); Agostinelli, Shmakov, McAleer, Fox and Baldi, arXiv:2102.04518 (learned cost
    to go of moves not yet made); Lipardi, Dibenedetto, Stamoulis and Winands, arXiv:2502.03962 (drawn moves).
    """
    check_choice("kind", kind, KINDS)
    for name, value in (("batch", batch), ("stride", stride), ("moves", moves)):
        check_int(name, value, 1)
    check_real("gate_cost", gate_cost, 0)
    check_real("curious", curious, 0)
    check_real("chance", chance, 0, 1)
    search.notes.update(circuits=0, refits=0, fit=[])
    if kind == "uct":
        _uct(search, batch, curious, n_gates)
        return
    tree = _Tree(search, stride, moves, (gate_cost, curious, chance), warm)
    barren = 0
    while barren < _BARREN:  # with no circuit left that was not met, nothing is left to do
        tree.plant()
        barren = 0 if tree.frontier else barren + 1
        while tree.frontier:
            tree.grow(batch)


# ---------------------------------------------------------------------- best first
@dataclass(eq=False)
class _Node:
    """A trained circuit. reached: order of its error. best: of the least error in its branch. counts: of places."""

    architecture: Architecture
    score: Score
    parent: "_Node | None"
    counts: Floats
    features: Floats
    reached: float
    best: float


@dataclass(eq=False)
class _Move:
    """A circuit that is not trained yet. rest: predicted change of the error's order; spread: of the prediction."""

    node: _Node
    architecture: Architecture
    counts: Floats
    features: Floats
    two_qubit: int
    rest: float = 0.0
    spread: float = 0.0


class _Tree:
    """Best-first search."""

    def __init__(
        self, search: Search, stride: int, moves: int, weights: tuple[float, float, float], warm: bool
    ) -> None:
        self.search, self.stride, self.moves, self.warm = search, stride, moves, warm
        self.gate_cost, self.curious, self.chance = weights
        self.nodes: list[_Node] = []
        self.frontier: list[_Move] = []
        self.met: set[Architecture] = set()
        self.two = np.array([size_of((place,)).two_qubit for place in search.space.places])
        self.forest: Any = None
        self.fitted_at = 0

    def plant(self) -> None:
        """The empty circuit, and moves from it."""
        counts = np.zeros(len(self.search.space.places))
        score = self.search.score(())
        reached = _order(score.error)
        root = _Node((), score, None, counts, self._features((), counts, reached), reached, reached)
        self._open(root)

    def grow(self, batch: int) -> None:
        """Train the moves of the highest priority, and learn from them."""
        self._predict()
        self.frontier.sort(key=self._priority)
        chosen, self.frontier = self._split(batch)
        starts = [self._start(move) for move in chosen]
        scores = self.search.scores([move.architecture for move in chosen], starts)
        new = []
        for move, score in zip(chosen, scores, strict=True):
            reached = _order(score.error)
            node = _Node(move.architecture, score, move.node, move.counts, move.features, reached, reached)
            above: _Node | None = move.node
            while above is not None:
                above.best = min(above.best, reached)
                above = above.parent
            new.append(node)
        if self.forest is not None and len(chosen) > 2:
            predicted = np.array([move.node.reached + move.rest for move in chosen])
            self.search.notes["fit"].append(_correlation(predicted, np.array([node.best for node in new])))
        for node in new:
            self._open(node)
        self.search.notes["circuits"] = len(self.nodes)
        self.search.say(f"{len(self.nodes)} circuits in the tree")

    def _split(self, batch: int) -> tuple[list[_Move], list[_Move]]:
        """The next moves, most by their order and some at random, and those that stay."""
        first = batch - int(self.search.rng.binomial(batch, self.chance))
        chosen, others = self.frontier[:first], self.frontier[first:]
        lucky = set(self.search.rng.choice(len(others), min(batch - first, len(others)), replace=False).tolist())
        chosen = [*chosen, *(others[k] for k in sorted(lucky))]
        return chosen, [move for k, move in enumerate(others[:_FRONTIER]) if k not in lucky]

    def _open(self, node: _Node) -> None:
        """Take a circuit into the tree, and draw moves from it that lead to circuits not met before."""
        self.nodes.append(node)
        for _ in range(self.moves):
            architecture, counts = node.architecture, node.counts.copy()
            for _ in range(int(self.search.rng.integers(1, self.stride + 1))):
                legal = np.flatnonzero(self.search.space.legal(architecture))
                if not len(legal):
                    break
                number = self._drawn(legal)
                architecture = (*architecture, self.search.space.places[number])
                counts[number] += 1
            form = canonical(architecture)[0]
            if form not in self.met and len(architecture) > len(node.architecture):
                self.met.add(form)
                features = self._features(architecture, counts, node.reached)
                self.frontier.append(_Move(node, architecture, counts, features, int(counts @ self.two)))

    def _drawn(self, legal: NDArray[np.intp]) -> int:
        """One of the legal places, its gate first: otherwise those on pairs would crowd out the others."""
        places, rng = self.search.space.places, self.search.rng
        names = sorted({places[k].gate for k in legal})
        name = names[rng.integers(len(names))]
        among = [int(k) for k in legal if places[k].gate == name]
        return among[rng.integers(len(among))]

    def _features(self, architecture: Architecture, counts: Floats, reached: float) -> Floats:
        """What the forest sees of a move: the order reached before it, the circuit's size, how often each place."""
        size = size_of(architecture)
        ends = levels(architecture, self.search.space.n_qubits)
        return np.array([reached, size.gates, size.depth, size.two_qubit, min(ends), *counts])

    def _predict(self) -> None:
        """Fit the forest again where the tree has grown by a third, and predict all moves."""
        known = [node for node in self.nodes if node.parent is not None]
        if len(known) >= max(16, 4 * self.fitted_at // 3):
            from sklearn.ensemble import ExtraTreesRegressor

            rest = [node.best - node.parent.reached for node in known if node.parent is not None]
            seed = int(self.search.rng.integers(2**31))
            self.forest = ExtraTreesRegressor(_TREES, min_samples_leaf=3, random_state=seed)
            self.forest.fit(np.array([node.features for node in known]), rest)
            self.fitted_at = len(known)
            self.search.notes["refits"] += 1
        if self.forest is not None and self.frontier:
            table = np.array([move.features for move in self.frontier], np.float32)
            each = np.array([tree.predict(table) for tree in self.forest.estimators_])
            for move, rest, spread in zip(self.frontier, each.mean(axis=0), each.std(axis=0), strict=True):
                move.rest, move.spread = float(rest), float(spread)

    def _priority(self, move: _Move) -> float:
        """The lower, the sooner."""
        return move.node.reached + move.rest + self.gate_cost * move.two_qubit - self.curious * move.spread

    def _start(self, move: _Move) -> Floats | None:
        if not self.warm:
            return None
        spread = self.search.task.inner.spread
        fresh = self.search.rng.uniform(-spread, spread, n_angles(move.architecture))
        return carried(move.node.architecture, move.node.score.params, move.architecture, fresh)


def _order(error: float) -> float:
    """log10, of rounding where the error is none."""
    return float(np.log10(max(error, _FLOOR)))


def _correlation(a: Floats, b: Floats) -> float:
    """Pearson's, 0 where one of the two does not change."""
    if a.std() == 0 or b.std() == 0:
        return 0.0
    return float(np.corrcoef(a, b)[0, 1])


# ---------------------------------------------------------------------- Monte Carlo
@dataclass(eq=False)
class _Branch:
    """A circuit on the way. total: of the orders reached through it, less is better."""

    architecture: Architecture
    untried: list[int]
    children: list["_Branch"] = field(default_factory=list)
    visits: int = 0
    total: float = 0.0


def _uct(search: Search, batch: int, curious: float, n_gates: int | None) -> None:
    """Monte Carlo tree search by upper confidence bounds, `batch` walks at a time."""
    length = search.space.max_places if n_gates is None else check_int("n_gates", n_gates, 1)
    root = _branch(search, ())
    low, high = np.inf, -np.inf
    while True:
        ways = []
        for _ in range(batch):
            way = _way(search, root, curious, low, high)
            for branch in way:
                branch.visits += 1
                # Until the answer is there it counts as the worst, so that the walks of a batch part
                branch.total += high if np.isfinite(high) else 0.0
            ways.append(way)
        scores = search.scores([_filled(search, way[-1].architecture, length) for way in ways])
        worst = high if np.isfinite(high) else 0.0
        for way, score in zip(ways, scores, strict=True):
            order = _order(score.error)
            low, high = min(low, order), max(high, order)
            for branch in way:
                branch.total += order - worst
        search.notes["circuits"] = search.notes["circuits"] + batch


def _branch(search: Search, architecture: Architecture) -> _Branch:
    untried = np.flatnonzero(search.space.legal(architecture))
    return _Branch(architecture, search.rng.permutation(untried).tolist())


def _way(search: Search, root: _Branch, curious: float, low: float, high: float) -> list[_Branch]:
    """From the root to a new branch, or to one that nothing may follow."""
    way = [root]
    while True:
        here = way[-1]
        # As many children as the root of the visits: with every legal gate tried first the tree would stay flat
        if here.untried and len(here.children) <= np.sqrt(here.visits):
            place = search.space.places[here.untried.pop()]
            here.children.append(_branch(search, (*here.architecture, place)))
            return [*way, here.children[-1]]
        if not here.children:
            return way
        width = high - low if high > low else 1.0

        def bound(child: _Branch, above: int = here.visits, width: float = width) -> float:
            mean = (child.total / child.visits - low) / width if np.isfinite(low) else 0.0
            return mean - curious * float(np.sqrt(np.log(above + 1) / child.visits))

        way.append(min(here.children, key=bound))


def _filled(search: Search, architecture: Architecture, length: int) -> Architecture:
    """With random legal gates up to a length."""
    while len(architecture) < length:
        legal = np.flatnonzero(search.space.legal(architecture))
        if not len(legal):
            break
        architecture = (*architecture, search.space.places[search.rng.choice(legal)])
    return architecture
