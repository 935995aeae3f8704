"""Tables and figures of the comparison of quantum optimisers, from its rows, with the paper's numbers."""

from typing import Any

import numpy as np

from ketwork.atlas.quantum_optimization import METHODS, Row
from ketwork.atlas.quantum_optimization_instances import KINDS, Instance
from ketwork.experiments.compare import Interval
from ketwork.report import plots
from ketwork.report.page import Section, Table
from ketwork.report.run_page import Claim

Results = dict[str, tuple[Instance, Row, list[Row]]]
CLASSICAL = ("greedy", "HiGHS")
"""Beside the quantum methods and random strings."""

_LEVELS = (("raw", "as read"), ("once", "one round"), ("last", "to end"))

_HEADER = ("instance", "method", "qubits", "feasible", *(name for _, name in _LEVELS), "circuits")

_FEW = 9
"""Variables whose 512 strings or fewer a thousand random ones all but cover."""

PAPER_KNAPSACK = {
    "hp1": 20.9, "hp2": 38.4, "pb1": 14.0, "pb2": 14.4, "pb4": 32.9, "pb5": 11.9, "pet2": 28.2, "pet3": 15.6,
    "pet4": 51.0, "pet5": 22.7, "pet6": 33.8, "pet7": 15.9,
}  # fmt: skip
"""Percent, Pauli correlations on a simulator."""

PAPER_SETS: dict[str, dict[str, float | None]] = {
    "1tc_8": {"VQE": 0, "CVaR-VQE": 0, "QAOA": 0, "MA-QAOA": 0, "PCE": 0, "QRAO": 0},
    "1tc_16": {"VQE": 25, "CVaR-VQE": 12.5, "QAOA": 0, "MA-QAOA": 0, "PCE": 50, "QRAO": 12.5},
    "1tc_32": {"PCE": None, "QRAO": 41.7},
    "1tc_64": {"PCE": 5.0, "QRAO": 60},
    "1et_64": {"PCE": 11.1, "QRAO": 27.8},
    "sloane_1dc_64": {"PCE": 12.5, "QRAO": 25},
}
"""Percent on a simulator; None: infeasible."""

PAPER_QUBITS = {
    "hp1": 60, "hp2": 67, "pb1": 59, "pb2": 66, "pb4": 45, "pb5": 116, "pet2": 99, "pet3": 102, "pet4": 107,
    "pet5": 122, "pet6": 86, "pet7": 100, "chr12a": 144, "nug12": 144, "had12": 144, "rou12": 144, "scr12": 144,
    "tai10a": 100,
}  # fmt: skip
PAPER_COMPRESSED = {
    "1tc_8": (3, 4), "1tc_16": (4, 6), "1tc_32": (6, 13), "1tc_64": (8, 23), "1et_64": (8, 24),
    "sloane_1dc_64": (8, 18),
}  # fmt: skip
"""Qubits of Pauli correlations and of random access."""

PAPER_MARKET = (48, 156)
"""Qubits of the market problems, least and most, of two to five products."""


def gap_text(gap: float | None) -> str:
    """A gap in percent; "No" for infeasible, as in the paper."""
    return "No" if gap is None else f"{gap + 0.0:.1f}" if abs(gap) >= 0.05 else "0"


def beside(row: Row) -> dict[str, Row]:
    """What stands beside the quantum methods, as rows of the same form."""
    exact = row["highs"]
    fixed = {level: exact["gap"] for level, _ in _LEVELS}
    return {
        "random strings": row["random"],
        "greedy": row["greedy"],
        "HiGHS": {**fixed, "seconds": exact["seconds"], "proven": exact["proven"]},
    }


def against_random(small: Results, method: str, level: str = "once") -> tuple[int, int, int, float]:
    """(better, equal, worse, p of a sign test) of a method against random strings with the same search; what is
    infeasible is worse than everything feasible."""
    from scipy.stats import binomtest

    wins = draws = losses = 0
    for _, references, rows in small.values():
        every = {**beside(references), **{row["method"]: row for row in rows}}
        if method not in every:
            continue
        ours, theirs = (np.inf if every[m][level] is None else every[m][level] for m in (method, "random strings"))
        if ours == theirs or abs(ours - theirs) < 1e-6:
            draws += 1
        elif ours < theirs:
            wins += 1
        else:
            losses += 1
    p = float(binomtest(wins, wins + losses).pvalue) if wins + losses else 1.0
    return wins, draws, losses, p


def summary_section(small: Results) -> Section:
    """Mean gaps by method and problem, and the test against random strings."""
    kinds = [kind for kind in KINDS if any(i.kind == kind for i, _, _ in small.values())]
    cells = []
    for method in (*METHODS, "random strings", *CLASSICAL):
        found = [_mean_text(_of(small, method, kind)) for kind in kinds]
        wins, draws, losses, p = against_random(small, method)
        test = "" if method == "random strings" else f"{wins}, {draws}, {losses}"
        cells.append((method, *found, test, "" if not test else f"{p:.2g}"))
    text = (
        "Mean gap to the optimum in percent after one round of local search, over the instances where the string is "
        "feasible, and how many those are. The last columns count the instances on which a method is better than, "
        "equal "
        "to and worse than random strings with the same search, with the p value of a sign test.",
    )
    kinds_of = tuple("quantum" if row[0] in METHODS else "baseline" for row in cells)
    header = ("", *kinds, "better, equal, worse", "p")
    return Section("By method and problem", text, Table(header, tuple(cells), kinds_of))


def _of(small: Results, method: str, kind: str) -> list[Row]:
    every = [{**beside(b), **{r["method"]: r for r in rows}} for i, b, rows in small.values() if i.kind == kind]
    return [found[method] for found in every if method in found]


def _mean_text(rows: list[Row]) -> str:
    good = [row["once"] for row in rows if row["once"] is not None]
    return f"No (0 of {len(rows)})" if not good else f"{np.mean(good):.1f} ({len(good)} of {len(rows)})"


def kind_section(kind: str, small: Results) -> Section:
    """One problem: a row for each instance and method, and the gaps as dots."""
    cells, kinds = [], []
    for instance, references, rows in (found for found in small.values() if found[0].kind == kind):
        label = f"{instance.name}{'*' if instance.cut else ''}"
        for row in rows:
            cells.append(_cells(label, row["method"], row))
            kinds.append("quantum")
        for name, row in beside(references).items():
            cells.append(_cells(label, name, row))
            kinds.append("baseline")
    shown = {}
    for method in (*METHODS, "random strings", *CLASSICAL):
        values = [row["once"] for row in _of(small, method, kind) if row["once"] is not None]
        if values:
            shown[method] = (Interval(float(np.mean(values)), float("nan")), values)
    few = [name for name, (i, beside_it, _) in small.items() if i.kind == kind and beside_it["variables"] <= _FEW]
    cuts = dict.fromkeys(f"{i.name}: {i.cut}" for i, _, _ in small.values() if i.kind == kind and i.cut)
    text = (
        "Gaps in percent as read, after one round of local search, and after as many as help; No: infeasible. "
        "Circuits are those that a device would run, two a term and angle for each gradient.",
        *((f"Parts (*): {'; '.join(cuts)}.",) if cuts else ()),
        *((f"{', '.join(few)}: at most {_FEW} variables, which random strings try all but surely.",) if few else ()),
    )
    header = (*_HEADER, "seconds")
    name = f"gaps-{kind.lower()}"
    figure = plots.intervals(name, shown, "gap after one round of local search (%), a dot an instance")
    table = Table(header, tuple(cells), tuple(kinds))
    return Section(f"Small instances: {KINDS[kind]}", text, table, figure, name, f"Gaps by method: {KINDS[kind]}.")


def _seconds(row: Row) -> float:
    """Of the solver alone, where a row tells it."""
    return float(row["solver_seconds"] if "solver_seconds" in row else row["seconds"])


def _cells(instance: str, method: str, row: Row) -> tuple[str, ...]:
    share = row.get("feasible")
    seconds = _seconds(row)
    return (
        instance,
        method,
        str(row.get("qubits", "")),
        "" if share is None else f"{100 * share:.3g} %",
        *(gap_text(row[level]) for level, _ in _LEVELS),
        f"{row['circuits']:,}" if "circuits" in row else "",
        f"{seconds:.2f}" if seconds >= 0.1 else f"{seconds:.4f}",
    )


def feasibility_section(small: Results) -> Section:
    """The share of strings that are feasible."""
    kinds = [kind for kind in KINDS if kind != "MSP" and any(i.kind == kind for i, _, _ in small.values())]
    methods = (*METHODS, "random strings")
    shares = {
        kind: [100 * float(np.mean([r["feasible"] for r in _of(small, m, kind)] or [0])) for m in methods]
        for kind in kinds
    }
    text = (
        "The part of the strings read that is feasible, in percent, the mean over the instances. Every string of the "
        "market problems is. Pauli correlations read a string a run.",
    )
    figure = plots.bars("feasibility", methods, shares, "feasible strings (%)")
    return Section("Feasibility", text, None, figure, "feasibility", "Share of feasible strings by method and problem.")


def time_section(small: Results) -> Section:
    """Seconds against HiGHS."""
    shown = {}
    for method in (*METHODS, "random strings", *CLASSICAL):
        rows = [row for kind in KINDS for row in _of(small, method, kind)]
        seconds = [max(1e-5, _seconds(row)) for row in rows]
        if seconds:
            powers = np.log10(seconds)
            shown[method] = (Interval(float(np.median(powers)), float("nan")), powers.tolist())
    text = (
        "Wall time of a run, simulated exactly; a device would take the time of its circuits instead. HiGHS gives the "
        "proved optimum in its time. Diamonds are medians.",
    )
    figure = plots.intervals("time", shown, "log10 of seconds, a dot an instance")
    return Section("Time", text, None, figure, "time", "Seconds by method.")


def whole_section(kind: str, large: Results, qubits: dict[str, Any]) -> Section:
    """Complete instances by the methods that compress, beside the paper."""
    cells, kinds = [], []
    for instance, references, rows in (found for found in large.values() if found[0].kind == kind):
        for row in rows:
            cells.append((*_cells(instance.name, row["method"], row), _paper(instance.name, row["method"])))
            kinds.append("quantum")
        for name, row in beside(references).items():
            extra = "" if name != "HiGHS" else "proved" if row["proven"] else "not proved in time"
            cells.append((*_cells(instance.name, name, row), extra))
            kinds.append("baseline")
    header = (*_HEADER, "seconds", "paper's gap")
    left = [f"{name} {found['QRAO']}" for name, found in qubits.items() if name in large
            and large[name][0].kind == kind and len(large[name][2]) < 2]  # fmt: skip
    text = (
        "Complete instances. Gaps in percent; No: infeasible. The paper's are those of its simulator.",
        *((f"Random access would take too many qubits to simulate here: {', '.join(left)}.",) if left else ()),
    )
    return Section(f"Complete instances: {KINDS[kind]}", text, Table(header, tuple(cells), tuple(kinds)))


def _paper(name: str, method: str) -> str:
    if method == "PCE" and name in PAPER_KNAPSACK:
        return gap_text(PAPER_KNAPSACK[name])
    return gap_text(PAPER_SETS[name][method]) if method in PAPER_SETS.get(name, {}) else ""


def paper_claims(small: Results, large: Results) -> tuple[Claim, ...]:
    """The paper's gaps beside ours, after one round of local search."""
    claims = []
    for name, (_, _, rows) in {**small, **large}.items():
        if name in small and small[name][0].cut and name not in large:
            continue
        for row in rows:
            paper = _paper(name, row["method"])
            if paper:
                ours = f"{gap_text(row['once'])}; {gap_text(row['last'])} searched to the end"
                claims.append(Claim(f"{name}, {row['method']}: gap in %", paper, ours))
    if any(i.kind == "QAP" for i, _, _ in large.values()):
        good = sum(r["once"] is not None for i, _, rows in large.values() if i.kind == "QAP" for r in rows)
        total = sum(len(rows) for i, _, rows in large.values() if i.kind == "QAP")
        claims.append(Claim("quadratic assignment: feasible", "no method, no instance", f"{good} of {total} runs"))
    return tuple(claims)


def cut_section(cut: Row) -> Section:
    """The cut of 800 nodes."""
    cells, best = [], cut["best"]

    def line(name: str, qubits: str, raw: float, flips: float | None, seconds: float | None) -> tuple[str, ...]:
        ratio = 100 * max(raw, flips or 0) / best
        return (
            name, qubits, f"{raw:,.0f}", "" if flips is None else f"{flips:,.0f}", f"{ratio:.2f} %",
            "" if seconds is None else f"{seconds:.1f}",
        )  # fmt: skip

    for run in cut["runs"]:
        name = f"Pauli correlations, alpha = {run['alpha']}, {run['weights']} weights"
        cells.append(line(name, str(cut["qubits"]), run["raw"], run["flips"], run["seconds"]))
    drawn, rule, cooled = cut["random"], cut["greedy"], cut["annealing"]
    cells.append(line("random strings (flips: of 100)", "", drawn["raw"], drawn["flips"], drawn["seconds"]))
    cells.append(line("greedy cut", "", rule["raw"], rule["flips"], None))
    cells.append(line("simulated annealing", "", cooled["raw"], None, cooled["seconds"]))
    cells.append(line("best known", "", best, None, None))
    text = (
        f"Gset G14: {cut['nodes']} nodes on {cut['qubits']} qubits, a node a string of three equal letters. Flips are "
        "taken until none helps. The paper's rule sets alpha to the number of qubits; a larger one, closer to signs, "
        "reaches further here.",
    )
    kinds = ("quantum",) * len(cut["runs"]) + ("baseline",) * 4
    header = ("method", "qubits", "cut as read", "with flips", "of the best known", "seconds")
    return Section("A cut of 800 nodes", text, Table(header, tuple(cells), kinds))


def qubit_check(qubits: dict[str, Any], access: bool) -> tuple[int, list[str]]:
    """How many of the paper's qubit numbers come out, and those that do not: of random access, or all others."""
    right, wrong = 0, []

    def compare(what: str, found: int, paper: int) -> None:
        nonlocal right
        if found == paper:
            right += 1
        else:
            wrong.append(f"{what} {found} (paper {paper})")

    for name, paper in PAPER_QUBITS.items() if not access else ():
        compare(name, qubits[name]["plain"], paper)
    for name, pair in PAPER_COMPRESSED.items():
        compare(name, qubits[name]["QRAO" if access else "PCE"], pair[access])
    if access:
        return right, wrong
    market = [found["plain"] for name, found in qubits.items() if name.startswith("ms_seed")]
    compare("market, least", min(market), PAPER_MARKET[0])
    compare("market, most", max(market), PAPER_MARKET[1])
    return right, wrong


def qubits_section(qubits: dict[str, Any]) -> Section:
    """Qubits without compression, by Pauli correlations and by random access."""
    cells = []
    for name, found in qubits.items():
        pairs, access = PAPER_COMPRESSED.get(name, ("", ""))
        cells.append((name, str(found["plain"]), str(PAPER_QUBITS.get(name, "")), str(found["PCE"]), str(pairs),
                      str(found["QRAO"]), str(access)))  # fmt: skip
    text = (
        "Variables and slack bits of the QUBO (bit_length of a capacity a knapsack), the fewest qubits of pairs of "
        "equal "
        "letters for them and one more node, and (3,1) random access after a greedy colouring.",
    )
    header = ("instance", "uncompressed", "paper", "PCE", "paper", "QRAO", "paper")
    return Section("Qubits", text, Table(header, tuple(cells)))
