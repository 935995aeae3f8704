"""The report of search by learned representations: the autoencoder, and candidates found beside random search."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from functools import cache, partial
from typing import Any

import numpy as np

from ketwork.atlas.qas_arch2vec import (
    GOOD,
    METHODS,
    RANDOM,
    TASKS,
    Arch2vecTask,
    Autoencoded,
    Searched,
    autoencoded,
    circuits_of,
    searched,
)
from ketwork.experiments.compare import Interval, interval, paired_p_value
from ketwork.experiments.ledger import Ledger
from ketwork.experiments.ranks import holm
from ketwork.report import plots
from ketwork.report.page import Section, Table
from ketwork.report.run_page import Check, Claim, Finding, measured
from ketwork.search.autoencoder_quality import Quality
from ketwork.search.latent_space import LatentSpace, points_of

_DECODERS = ("wires", "inner product")
_NOTED = {"energy": 0.24, "MaxCut": 0.40, "state preparation": 0.12}
"""Shares of candidates among 250 random circuits of four qubits, by a simulation of our own before this one."""

_PER = 100


def qas_arch2vec_system(ledger: Ledger, seed: int, quick: bool) -> Finding:
    """The four-qubit tasks of the paper."""
    setting = Arch2vecTask(seed=seed)
    if quick:
        setting = replace(setting, pool=1000, epochs=12, samples=300, circuits=40, seeds=2)
    return run(ledger, setting)


def qas_arch2vec_8_system(ledger: Ledger, seed: int, quick: bool) -> Finding:
    """The eight-qubit tasks of the paper."""
    setting = Arch2vecTask(8, circuits=1000, seeds=5, seed=seed)
    if quick:
        setting = replace(setting, pool=500, epochs=3, samples=100, circuits=25, seeds=2)
    return run(ledger, setting)


def run(ledger: Ledger, setting: Arch2vecTask) -> Finding:
    """Both autoencoders, then every method on every task, seed by seed, each a row."""

    @cache
    def circuits() -> list[Any]:
        ledger.tell("drawing circuits")
        return circuits_of(setting)

    @cache
    def trained(edges: str) -> tuple[Autoencoded, Any]:
        return autoencoded(setting, circuits(), edges)

    @cache
    def learned() -> LatentSpace:
        found, network = trained(_DECODERS[0])
        return LatentSpace(tuple(circuits()), points_of(network, circuits()), found.seconds)

    def found(task: str, seed: int) -> dict[str, Any]:
        return {"found": [asdict(searched(setting, learned(), task, method, seed)) for method in METHODS]}

    ledger.expect(len(_DECODERS) + setting.seeds * len(TASKS))
    decoders = [
        ledger.row(f"autoencoder, {edges}", partial(lambda e: asdict(trained(e)[0]), edges)) for edges in _DECODERS
    ]
    pairs = [(task, seed) for seed in range(setting.seeds) for task in TASKS]
    rows = [ledger.row(f"{task}, seed {seed}", partial(found, task, seed)) for task, seed in pairs]
    return finding(
        setting, [decoder(row) for row in decoders], [one_search(one) for row in rows for one in row["found"]]
    )


def decoder(row: dict[str, Any]) -> Autoencoded:
    """From a row of the ledger."""
    return Autoencoded(row["edges"], Quality(**row["quality"]), row["seconds"])


def one_search(row: dict[str, Any]) -> Searched:
    """From a row of the ledger."""
    return Searched(**row | {"rewards": tuple(row["rewards"]), "correlations": tuple(row["correlations"])})


# ---------------------------------------------------------------------- what was found
class Counts:
    """Candidates by task and method, seed by seed."""

    def __init__(self, setting: Arch2vecTask, found: Sequence[Searched]) -> None:
        self.setting, self.found = setting, found
        self.good = dict(zip(TASKS, GOOD[setting.n_qubits], strict=True))

    def of(self, task: str, method: str) -> list[Searched]:
        """The searches, by seed."""
        return sorted((f for f in self.found if (f.task, f.method) == (task, method)), key=lambda f: f.seed)

    def candidates(self, task: str, method: str) -> list[int]:
        """How many each search found."""
        return [f.candidates(self.good[task]) for f in self.of(task, method)]

    def mean(self, task: str, method: str) -> Interval:
        """With the interval over seeds."""
        return interval(self.candidates(task, method))

    def ratio(self, task: str, method: str) -> float:
        """To random's; nan where random found none."""
        base = self.mean(task, RANDOM).mean
        return self.mean(task, method).mean / base if base else float("nan")

    def p_values(self, task: str) -> dict[str, float]:
        """Of paired tests against random, with Holm's correction over the methods."""
        others = METHODS[1:]
        base = self.candidates(task, RANDOM)
        found = [paired_p_value(self.candidates(task, method), base, 0.0) for method in others]
        return dict(zip(others, map(float, holm(found)), strict=True))

    def claim(self, task: str, method: str) -> str:
        """What may be said of a method against random."""
        p = self.p_values(task)[method]
        if not p < 0.05:
            return f"no difference shown (p = {p:.2g})"
        return f"{'more' if self.ratio(task, method) > 1 else 'fewer'} (p = {p:.2g})"

    def share(self, task: str) -> Interval:
        """Of candidates among random circuits."""
        return interval(np.array(self.candidates(task, RANDOM)) / self.setting.circuits)

    def doubled(self, methods: Sequence[str]) -> list[str]:
        """Tasks in which one of the methods finds at least twice as many as random."""
        return [task for task in TASKS if any(self.ratio(task, method) >= 2 for method in methods)]


def finding(setting: Arch2vecTask, decoders: Sequence[Autoencoded], found: Sequence[Searched]) -> Finding:
    """The report's content."""
    counts = Counts(setting, found)
    checks = _checks(counts, decoders[0])
    best = max(METHODS[1:], key=lambda m: float(np.mean([counts.mean(task, m).mean for task in TASKS])))
    quality = decoders[0].quality
    claims = {task: counts.claim(task, best) for task in TASKS}
    tone = "better" if all(c.startswith("more") for c in claims.values()) else "open"
    if any(c.startswith("fewer") for c in claims.values()):
        tone = "worse"
    said = "; ".join(f"{task}: {counts.ratio(task, best):.2g} times random's, {claims[task]}" for task in TASKS)
    return Finding(
        "Architecture search by learned representations",
        f"arXiv:2401.11576; {setting.n_qubits} qubits, {setting.n_gates} gates, {setting.circuits} circuits a search",
        f"Good circuits among {setting.circuits} trained, {best} against random circuits. {said}. "
        f"{sum(c.passed for c in checks)} of {len(checks)} checks are reached.",
        tone,
        (
            *((f"{counts.ratio(t, best):.2f}", f"times random's candidates: {t}", best) for t in TASKS),
            (f"{100 * quality.whole:.1f} %", "circuits that come back whole", "held out"),
        ),
        _claims(counts),
        _differs(setting),
        checks,
        (_autoencoder_section(decoders), _table_section(counts), *(_reward_section(counts, task) for task in TASKS),
         _predictor_section(counts)),
        _metrics(counts, decoders),
    )  # fmt: skip


def _claims(counts: Counts) -> tuple[Claim, ...]:
    paper = "figures only: fewer trained circuits than random search for as many candidates"
    return tuple(
        Claim(f"{task}: candidates against random", paper,
              ", ".join(f"{m} {counts.mean(task, m)} ({counts.ratio(task, m):.2f} x)" for m in METHODS))
        for task in TASKS
    )  # fmt: skip


def _differs(setting: Arch2vecTask) -> tuple[str, ...]:
    return (
        "The paper decodes edges as sigmoid(z z^T) of the latent vectors, which gives no circuit when points are drawn "
        "at random. Here each latent vector tells a gate's type and place, and edges are the wires that these places "
        "make in the order of time, as expected numbers that can be trained; the paper's way stands beside it.",
        "A node's own features are given to the last layer of the encoder as well; without that, types come back "
        "far more slowly. Hidden layers have 64 units instead of 128.",
        "Valid means: every wire is a path, no cycles, positions as many as the gate has qubits, a control where it "
        "has one. The released code looks at START, END and names alone.",
        f"{setting.pool:,} circuits instead of 100,000, drawn gate by gate: a gate that repeats the last one on its "
        "qubits or makes the circuit too deep is not drawn. No two are equal in canonical form.",
        f"{setting.seeds} seeds instead of 50, {setting.circuits:,} circuits a search (paper: 1,000).",
        "Angles by L-BFGS from one random start, 50 gradients at most, instead of 50 or 100 steps of Adagrad: as many "
        "candidates on a sample of 300 circuits, at half the cost.",
        "The state to prepare is another for each seed, the same for all methods; the paper's is that of one circuit.",
        "REINFORCE steps have a spread of half a standard deviation of the pool, points are standardised; batches have "
        "16 circuits throughout. Bayesian optimisation looks at 2,000 random circuits of the pool a round.",
        "The predictor is our addition here: it learns from the same evaluations, and builds circuits of its own.",
    )


def _checks(counts: Counts, ours: Autoencoded) -> tuple[Check, ...]:
    q = ours.quality
    shares = [
        Check(f"random circuits: share of candidates, {task}", f"{noted:.2f} ± 0.06", f"{counts.share(task).mean:.3f}",
              abs(counts.share(task).mean - noted) <= 0.06, f"± {counts.share(task).half:.3f} over seeds")
        for task, noted in _NOTED.items()
        if counts.setting.n_qubits == 4 and task != "state preparation"
    ]  # fmt: skip
    twice = counts.doubled(METHODS[1:3])
    return (
        Check("autoencoder: types of gates that come back", ">= 0.99", f"{q.types:.4f}", q.types >= 0.99),
        Check("autoencoder: edges that come back", ">= 0.99", f"{q.edges:.4f}", q.edges >= 0.99,
              f"{q.whole:.4f} of circuits whole; false edges {q.false_edges:.2g}"),
        Check("autoencoder: valid prior samples", ">= 0.90", f"{q.valid_masked:.4f}", q.valid_masked >= 0.9,
              f"places are read as the likeliest that exist, so that every point is a circuit; without: {q.valid:.4f}"),
        Check("autoencoder: unique prior samples", ">= 0.95", f"{q.unique_masked:.4f}", q.unique_masked >= 0.95),
        Check("autoencoder: training", "<= 600 s", f"{ours.seconds:.0f} s", ours.seconds <= 600),
        *shares,
        Check("REINFORCE or Bayesian optimisation: twice random's candidates", "in 2 of 3 tasks",
              f"in {len(twice)} of {len(TASKS)}", len(twice) >= 2, ", ".join(twice)),
    )  # fmt: skip


def _autoencoder_section(decoders: Sequence[Autoencoded]) -> Section:
    names = ("types", "positions", "edges", "false_edges", "whole", "valid", "valid_masked", "unique_masked", "new")
    cells = []
    for one in decoders:
        shares = asdict(one.quality)
        cells.append((one.edges, *(f"{shares[name]:.4f}" for name in names), f"{one.seconds:.0f} s"))
    header = (
        "edges from", "types", "positions", "edges", "false edges", "whole circuits", "valid, unmasked", "valid",
        "unique", "new", "training",
    )  # fmt: skip
    text = (
        "Reconstruction of held-out circuits from the means of their codes, by the likeliest answer for each node and "
        "edge. Then points drawn from the prior: circuits in the strict sense when everything is read as it is decoded "
        "(unmasked), and when each node is read as the likeliest gate of the space with wires as its places make them; "
        "that is always valid. Unique: different circuits in canonical form; new: not among those trained on.",
    )
    return Section("The autoencoder", text, Table(header, tuple(cells)))


def _table_section(counts: Counts) -> Section:
    rows = []
    for task in TASKS:
        for method in METHODS:
            found = counts.of(task, method)
            best = interval([max(f.rewards) for f in found])
            first = interval([_first(f, counts.good[task]) for f in found])
            spent = float(np.mean([f.spent for f in found]))
            against = "" if method == RANDOM else f"{counts.ratio(task, method):.2f} x, {counts.claim(task, method)}"
            seconds = float(np.mean([f.seconds for f in found]))
            rows.append((task, method, str(counts.mean(task, method)), against, f"{first.mean:.1f}", str(best),
                         f"{spent:,.0f}", f"{seconds:.1f}"))  # fmt: skip
    good = ", ".join(map(str, counts.good.values()))
    text = (
        f"Candidates: circuits with a reward of at least {good} ({', '.join(TASKS)}) among {counts.setting.circuits} "
        f"trained. Means over {counts.setting.seeds} seeds with 95 % intervals; paired tests against random on the "
        "same seeds, with Holm's correction over the methods. First: how many circuits were trained up to the first "
        "candidate (all of them where there was none). Seconds are those of one search, without the autoencoder, "
        "which runs no circuit.",
    )
    header = ("task", "method", "candidates", "against random", "first", "best reward", "evaluations", "seconds")
    return Section("Candidates", text, Table(header, tuple(rows)))


def _first(found: Searched, good: float) -> int:
    reached = np.flatnonzero(np.array(found.rewards) >= good)
    return int(reached[0]) + 1 if len(reached) else len(found.rewards)


def _reward_section(counts: Counts, task: str) -> Section:
    step = min(_PER // 4, counts.setting.circuits)
    ends = list(range(step, counts.setting.circuits + 1, step))
    series = {
        method: [
            interval([float(np.mean(f.rewards[end - step : end])) for f in counts.of(task, method)]) for end in ends
        ]
        for method in METHODS
    }
    name = f"rewards-{task.lower().replace(' ', '-')}"
    figure = plots.lines(name, ends, series, ("circuits trained", "mean reward"), dashed=(RANDOM,))
    text = (f"Mean reward of the last {step} circuits, with 95 % intervals over seeds.",)
    return Section(f"Rewards: {task}", text, figure=figure, name=name, description=f"Rewards of {task} by search.")


def _predictor_section(counts: Counts) -> Section:
    rows = []
    for task in TASKS:
        told = [np.nanmean(f.correlations[-5:]) for f in counts.of(task, METHODS[-1]) if len(f.correlations)]
        rows.append((task, str(interval(told)) if told else "not measured"))
    text = (
        "Spearman's correlation of what the predictor said and what came out, on random circuits that it had not seen: "
        "four a round, the mean of the last five rounds, over seeds.",
    )
    return Section("The predictor", text, Table(("task", "rank correlation"), tuple(rows)))


def _metrics(counts: Counts, decoders: Sequence[Autoencoded]) -> dict[str, Any]:
    return {
        "autoencoder": {one.edges: asdict(one.quality) for one in decoders},
        "candidates": [
            {"task": task, "method": m, "ratio": counts.ratio(task, m), **measured(counts.mean(task, m)),
             "p": None if m == RANDOM else counts.p_values(task)[m]}
            for task in TASKS
            for m in METHODS
        ],
        "random shares": {task: measured(counts.share(task)) for task in TASKS},
    }  # fmt: skip
