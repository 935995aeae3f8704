"""Growing circuits: gates put in where the value falls most steeply, at first doing nothing; idle ones taken out."""

from collections.abc import Generator

import numpy as np

from ketwork.checks import check_int, check_real
from ketwork.search.canonical import canonical
from ketwork.search.identity_blocks import Insertion, identity_blocks, losses, put_in, slopes, taken_out, without_idle
from ketwork.search.seek import Search
from ketwork.search.space import Architecture, draw, mutate
from ketwork.search.tasks import Score
from ketwork.search.warm_start import Floats, carried, n_angles
from ketwork.seeds import spawn

Asked = tuple[Architecture, Floats | None]
Line = Generator[Asked, Score, None]
_GAIN = 1e-2  # of the error: less is no gain
_FLAT = 1e-9  # slopes below this are rounding
_ROOM = 3  # gates that make room in a full circuit
_SHAKES = 3  # random changes where all slopes vanish


def growing(
    search: Search,
    lines: int = 4,
    candidates: int = 128,
    take: int = 2,
    prune: float = 0.01,
    patience: int = 4,
    n_gates: int | None = None,
) -> None:
    """Grow several circuits at once; one that does not get better any more begins anew from a random one.

    Every round takes out gates that do nothing or next to nothing (a change of the error below `prune` of it, each
    tried, and paid as one value), then puts in the `take` blocks with the steepest slopes among `candidates` random
    ones: blocks of `identity_blocks` anywhere in the circuit. All angles then go on from where they are, those of new
    blocks from 0. Where the circuit is full, the gates that matter least make room; where all slopes vanish, it is
    changed at random. patience: rounds without gain before a line begins anew. n_gates: of the first circuits, None for
    two a qubit.
    Notes: "grown" (circuits begun), "put in", "taken out" (gates).
    Source: Grimsley, Economou, Barnes and Mayhall, arXiv:1812.11173 (gradients choose); Bilkis, Cerezo, Verdon, Coles
    and Cincio, arXiv:2103.06712 (blocks that are the identity at first, gates that do not matter taken out).
    """
    for name, value in (("lines", lines), ("candidates", candidates), ("take", take), ("patience", patience)):
        check_int(name, value, 1)
    check_real("prune", prune, 0)
    search.notes.update({"grown": 0, "put in": 0, "taken out": 0})
    grower = _Grower(search, candidates, take, prune)
    first = 2 * search.space.n_qubits if n_gates is None else check_int("n_gates", n_gates, 1)
    running = [_line(grower, rng, patience, first) for rng in spawn(search.rng, lines)]
    asked = [next(line) for line in running]
    while True:
        scores = search.scores([architecture for architecture, _ in asked], [start for _, start in asked])
        asked = [line.send(score) for line, score in zip(running, scores, strict=True)]


def _line(grower: "_Grower", rng: np.random.Generator, patience: int, n_gates: int) -> Line:
    """One circuit after another, each grown until it does not get better: asks for scores, and is sent them."""
    while True:
        grower.count("grown", 1)
        best = yield draw(grower.space, rng, n_gates), None
        waited = 0
        while waited < patience:
            new = yield grower.grown(best, rng)
            waited = 0 if new.error < best.error - _GAIN * abs(best.error) else waited + 1
            if new.error <= best.error:
                best = new


class _Grower:
    """One round of growing."""

    def __init__(self, search: Search, candidates: int, take: int, prune: float) -> None:
        self.search, self.space, self.candidates, self.take, self.prune = search, search.space, candidates, take, prune
        blocks = identity_blocks(search.space)
        self.kinds = [kind for kind in ([b for b in blocks if len(b) == size] for size in (1, 3)) if kind]

    def count(self, name: str, number: int) -> None:
        """Add to a note."""
        self.search.notes[name] += number

    def grown(self, score: Score, rng: np.random.Generator) -> Asked:
        """A trained circuit without what does next to nothing, and with the steepest blocks put in: to be trained."""
        architecture, params, harms = self._thinned(score)
        while True:
            drawn = self._drawn(len(architecture), rng)
            steep, price = slopes(self.search.task, architecture, params, drawn) if drawn else (np.zeros(0), 0)
            self.search.pay(price)
            order = [int(k) for k in np.argsort(-steep, kind="stable") if steep[k] > _FLAT]
            if not order:
                return self._shaken(architecture, params, rng)
            chosen = self._chosen(architecture, params, [drawn[k] for k in order])
            if chosen or not len(architecture):
                break
            # The circuit is full: what matters least makes room
            least = np.argsort(harms, kind="stable")[:_ROOM]
            architecture, params = taken_out(architecture, params, least.tolist())
            harms = np.delete(harms, least)
            self.count("taken out", len(least))
        self.count("put in", sum(len(block) for _, block in chosen))
        return put_in(architecture, params, chosen)

    def _thinned(self, score: Score) -> tuple[Architecture, Floats, Floats]:
        """What is left of a circuit, its angles, and how much the error rises without each of its gates."""
        before = tuple(score.architecture)
        architecture, params = without_idle(before, score.params)
        errors, price = losses(self.search.task, architecture, params)
        self.search.pay(price)
        harms = errors - score.error
        allowed = self.prune * abs(score.error)
        numbers = [int(k) for k in np.argsort(harms, kind="stable") if harms[k] <= allowed]
        # Each of them may go alone, but perhaps not all together: half as many until they may
        while numbers:
            less = taken_out(architecture, params, numbers)
            if len(numbers) == 1 or self._error(*less) - score.error <= allowed:
                architecture, params = less
                harms = np.delete(harms, numbers)
                break
            numbers = numbers[: len(numbers) // 2]
        self.count("taken out", len(before) - len(architecture))
        return architecture, params, harms

    def _error(self, architecture: Architecture, params: Floats) -> float:
        """At these angles, paid as one value."""
        return self.search.task.goal.error(self.search.meter(architecture).value(params))

    def _drawn(self, length: int, rng: np.random.Generator) -> list[Insertion]:
        """Different blocks at random places, as many single gates as framed ones."""
        found = dict[Insertion, None]()
        for _ in range(self.candidates if self.kinds else 0):
            kind = self.kinds[rng.integers(len(self.kinds))]
            found[Insertion(int(rng.integers(length + 1)), kind[rng.integers(len(kind))])] = None
        return list(found)

    def _chosen(self, architecture: Architecture, params: Floats, steepest: list[Insertion]) -> list[Insertion]:
        """The first that fit together, and of which none is a gate again that is there."""
        chosen: list[Insertion] = []
        gates = len(canonical(architecture)[0])
        for one in steepest:
            whole = put_in(architecture, params, [*chosen, one])[0]
            if self.space.fits(whole) and len(form := canonical(whole)[0]) > gates:
                chosen.append(one)
                gates = len(form)
            if len(chosen) == self.take:
                break
        return chosen

    def _shaken(self, architecture: Architecture, params: Floats, rng: np.random.Generator) -> Asked:
        """Changed at random, where no slope says how."""
        changed = architecture
        for _ in range(_SHAKES):
            changed = mutate(self.space, changed, rng)
        spread = self.search.task.inner.spread
        return changed, carried(architecture, params, changed, rng.uniform(-spread, spread, n_angles(changed)))
