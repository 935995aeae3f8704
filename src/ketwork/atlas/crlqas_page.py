"""The report of CRLQAS: every method on the same budget, the paper's numbers, noise, ablations."""

from collections.abc import Sequence

import numpy as np

from ketwork.atlas.crlqas import ABLATIONS, DEVICE, GATES, LONG, ONE_QUBIT, TWO_QUBITS, Work, problem
from ketwork.experiments.compare import Interval, interval
from ketwork.experiments.ledger import Row
from ketwork.report import plots
from ketwork.report.page import Section, Table
from ketwork.report.run_page import Check, Claim, Finding
from ketwork.search.episodes import lower_bound
from ketwork.search.goals import Energy
from ketwork.search.task_makers import CHEMICAL_ACCURACY

BOUNDS = {
    "H2, 2 qubits": -1.320446, "H2, 3 qubits": -1.983914, "LiH, 4 qubits": -10.0718, "LiH, 6 qubits": -10.134828,
}  # fmt: skip
"""Lower bounds in the authors' public configurations, of the problems that are the same here."""
PAPER = {
    "H2, 4 qubits": "7.2e-5 mHa, 7 angles (bond of 0.70)",
    "LiH, 4 qubits": "below 1.6 mHa",
    "LiH, 6 qubits": "0.67 mHa, 67 gates",
    "H2O, 8 qubits": "0.18 mHa, 35 angles (another geometry)",
}
"""Errors of CRLQAS without noise, as a public review of the paper gives them."""

_LEARNERS = ("crlqas", "ppo")


def finding(work: Work, rows: Sequence[Row], descent: Row) -> Finding:
    """The report's content from the rows of a run."""
    plain = [row for row in rows if not row["noise"] and "," not in row["method"]]
    noisy = [row for row in rows if row["noise"]]
    long = [{**row, "method": row["method"].removesuffix(LONG)} for row in rows if row["method"].endswith(LONG)]
    ablated = [row for row in rows if "," in row["method"] and not row["method"].endswith(LONG)]
    name, budget = work.ablated
    ablated += [{**row, "method": "crlqas, all parts"} for row in plain
                if (row["problem"], row["method"], row["budget"]) == (name, "crlqas", budget)]  # fmt: skip
    checks = (*_checks(plain, noisy, descent), *_long_checks(long))
    passed = sum(check.passed for check in checks)
    return Finding(
        "Curriculum reinforcement learning for architecture search",
        f"ICLR 2024, arXiv:2402.03500; errors in mHa above the exact ground state, chemical accuracy is "
        f"{_milli(CHEMICAL_ACCURACY)}",
        _verdict(plain, long, passed, len(checks)),
        "better" if passed == len(checks) else "open",
        _cards(plain, descent),
        _claims([*plain, *long], noisy),
        _differs(work),
        checks,
        (
            *(_problem_section(one, _of(plain, one)) for one in _names(plain)),
            *(_problem_section(one, _of(long, one), "with more evaluations") for one in _names(long)),
            _noise_section(noisy),
            _ablation_section(name, budget, ablated),
            _descent_section(descent),
        ),
        _metrics(plain, noisy, ablated, descent) | {"long": {m: [r["error"] for r in long if r["method"] == m]
                                                             for m in _names(long, "method")}},
    )  # fmt: skip


# ---------------------------------------------------------------------- numbers
def _milli(error: float) -> str:
    """Hartree in millihartree."""
    return f"{1e3 * error:.3g}" if abs(error) >= 1e-9 else "< 1e-6"


def _names(rows: Sequence[Row], key: str = "problem") -> list[str]:
    return list(dict.fromkeys(row[key] for row in rows))


def _of(rows: Sequence[Row], name: str, method: str = "") -> list[Row]:
    return [row for row in rows if row["problem"] == name and method in ("", row["method"])]


def _median(rows: Sequence[Row], key: str = "error") -> float:
    return float(np.median([row[key] for row in rows]))


def _accurate(rows: Sequence[Row]) -> int:
    """How many are chemically accurate."""
    return sum(row["error"] < CHEMICAL_ACCURACY for row in rows)


def _best(rows: Sequence[Row]) -> Row:
    return min(rows, key=lambda row: row["error"])


# ---------------------------------------------------------------------- words
def _verdict(plain: Sequence[Row], long: Sequence[Row], passed: int, total: int) -> str:
    text = (
        "Median errors without noise, mHa, at equal circuit evaluations; beside random search the best of the others "
        f"where it is better than both: {_medians(plain)}."
    )
    if long:
        text += f" With {long[0]['budget']:,} evaluations: {_medians(long)}."
    return f"{text} {passed} of {total} checks are reached."


def _medians(rows: Sequence[Row]) -> str:
    parts = []
    for name in _names(rows):
        mine, medians = _of(rows, name, "crlqas"), {}
        for method in _names(_of(rows, name), "method"):
            medians[method] = _median(_of(rows, name, method))
        least = min(medians, key=lambda method: medians[method])
        reached = _accurate(mine)
        text = f"{name}: crlqas {_milli(medians['crlqas'])}, random {_milli(medians['random'])}"
        if least not in ("crlqas", "random"):
            text += f", {least} {_milli(medians[least])}"
        parts.append(f"{text} ({reached} of {len(mine)} seeds of crlqas chemically accurate)")
    return "; ".join(parts)


def _cards(plain: Sequence[Row], descent: Row) -> tuple[tuple[str, str, str], ...]:
    found = []
    for name in _names(plain):
        mine = _of(plain, name, "crlqas")
        seconds = float(np.median([row["search_seconds"] for row in mine]))
        found.append((f"{_milli(_median(mine))} mHa", f"{name}: crlqas, median", f"{seconds:.0f} s a seed"))
    return (*found, (f"{_milli(float(np.median(descent['errors'])))} mHa", "Adam-SPSA, 500 evaluations", "1,000 shots"))


def _claims(quiet: Sequence[Row], noisy: Sequence[Row]) -> tuple[Claim, ...]:
    claims = []
    for name in _names(quiet):
        if name in PAPER:
            best = _best(_of(quiet, name, "crlqas"))
            ours = (
                f"{_milli(best['error'])} mHa, depth {best['depth']}, {best['gates']} gates, {best['angles']} angles "
                f"({best['budget']:,} evaluations)"
            )
            claims.append(Claim(f"{name}: error of crlqas, no noise (best seed)", PAPER[name], ours))
    for row in noisy:
        if row["method"] == "crlqas":
            paper = "not chemically accurate" if row["problem"].startswith("LiH") and row["noise"] == DEVICE else ""
            ours = f"{_milli(row['error'])} mHa; the circuit without noise {_milli(row['quiet'])} mHa"
            claims.append(Claim(f"{row['problem']} under {_noise(row['noise'])}", paper or "a figure", ours))
    return tuple(claims)


def _noise(name: str) -> str:
    return {
        "depolarising": f"depolarising noise {ONE_QUBIT} and {TWO_QUBITS}",
        "shots": "depolarising noise and up to 10,000 shots a basis, Adam-SPSA",
    }.get(name, f"the noise of {name}")


def _differs(work: Work) -> tuple[str, ...]:
    seeds = ", ".join(f"{name} {work.seeds_of(name)}" for name in work.budgets)
    return (
        "The net has two layers of 256 units (paper: five of 1,000), is updated after every fourth gate in batches of "
        "128 (paper: after every gate, 1,000), and sees hundreds of episodes instead of tens of thousands; epsilon "
        "falls, and the threshold jumps and falls, as many times sooner. 16 games are played side by side.",
        "The threshold begins at the bound, so that nothing is a success before the first jump; the paper begins with "
        "a rough one for each problem.",
        "Angles without noise and shots are trained by L-BFGS with exact gradients, each of which counts as many "
        "circuit evaluations as the parameter-shift rule takes; in the paper by COBYLA. Those of LiH and H2O go on "
        "from the circuit before and begin three times more from random angles; the best of the four counts.",
        "Depolarising noise is exact, by Pauli transfer; the device is the calibration of one day, circuits in its "
        "native gates on its best qubits; the paper mixes medians and maxima of it.",
        "H2 of four qubits has a bond of 0.7414 here, 0.70 in the paper's noiseless runs; H2O another geometry.",
        f"Shortened: seeds {seeds}; one seed under noise. The paper's table has no error bars.",
        "The paper's numbers are those of a public review of it, since its own table was not at hand.",
    )


def _checks(plain: Sequence[Row], noisy: Sequence[Row], descent: Row) -> tuple[Check, ...]:
    names = _names(plain)
    gaps = {name: abs(lower_bound(Energy(*problem(name))) - BOUNDS[name]) for name in names if name in BOUNDS}
    worst = max(gaps.values())
    checks = [Check("lower bounds are the authors'", "<= 1e-4 hartree", f"{worst:.1e} ({len(gaps)} problems)",
                    worst <= 1e-4)]  # fmt: skip
    for name in names:
        mine = _of(plain, name, "crlqas")
        reached = _accurate(mine)
        need = (len(mine) + 1) // 2
        found = f"{reached} of {len(mine)}, median {_milli(_median(mine))} mHa, {_best(mine)['gates']} gates at best"
        what = f"{name}: crlqas below 1.6 mHa with at most {GATES[name]} gates"
        checks.append(Check(what, f"{need} of {len(mine)} seeds", found, reached >= need))
    if "LiH, 4 qubits" in names:
        mine, theirs = (_of(plain, "LiH, 4 qubits", method) for method in ("crlqas", "random"))
        slowest = max(row["search_seconds"] for row in mine)
        ours, rival = _median(mine), _median(theirs)
        checks += [
            Check("LiH, 4 qubits: one seed", "30 minutes on 2 cores", f"{slowest / 60:.1f} minutes", slowest < 1800),
            Check("LiH, 4 qubits: median error below that of random search at equal evaluations",
                  f"< {_milli(rival)} mHa", f"{_milli(ours)} mHa", ours < rival),
        ]  # fmt: skip
    for row in noisy:
        if row["method"] == "crlqas" and row["problem"].startswith("H2,") and row["noise"] == "depolarising":
            what = f"{row['problem']}, found under depolarising noise: energy without noise"
            checks.append(Check(what, "< 1.6 mHa", f"{_milli(row['quiet'])} mHa", row["quiet"] < CHEMICAL_ACCURACY,
                                f"after further training without noise {_milli(row['retrained'])} mHa"))  # fmt: skip
    middle = float(np.median(descent["errors"]))
    what = f"Adam-SPSA on H2, 2 qubits, 8 gates: median over {len(descent['errors'])} seeds"
    checks.append(Check(what, "< 10 mHa in 500 evaluations of 1,000 shots", f"{_milli(middle)} mHa", middle < 0.01))
    return tuple(checks)


def _long_checks(long: Sequence[Row]) -> list[Check]:
    """3 of 5 seeds of a long run are to be chemically accurate."""
    checks = []
    for name in _names(long):
        mine, others = _of(long, name, "crlqas"), _of(long, name, "random")
        reached, theirs = _accurate(mine), _accurate(others)
        slowest = max(row["search_seconds"] for row in mine) / 60
        what = f"{name}, {mine[0]['budget']:,} evaluations: crlqas below 1.6 mHa with at most {GATES[name]} gates"
        found = f"{reached} of {len(mine)}, median {_milli(_median(mine))} mHa; the slowest seed {slowest:.1f} minutes"
        note = f"random search at equal evaluations: {theirs} of {len(others)}, median {_milli(_median(others))} mHa"
        checks.append(Check(what, "3 of 5 seeds", found, 5 * reached >= 3 * len(mine), note))
    return checks


# ---------------------------------------------------------------------- sections
def _cells(row: Row) -> tuple[str, ...]:
    return str(row["gates"]), str(row["depth"]), str(row["two_qubit"]), str(row["angles"])


def _problem_section(name: str, rows: Sequence[Row], how: str = "without noise") -> Section:
    hamiltonian, lowest = problem(name)
    lines = []
    for method in _names(rows, "method"):
        own = _of(rows, name, method)
        best = _best(own)
        lines.append((
            method, _milli(_median(own)), _milli(best["error"]),
            f"{_accurate(own)} of {len(own)}", *_cells(best),
            f"{np.median([row['circuits'] for row in own]):,.0f}",
            f"{np.median([row['search_seconds'] for row in own]):.0f}",
        ))  # fmt: skip
    header = ("method", "median error", "best", "below 1.6", "gates", "depth", "CX", "angles", "circuits", "seconds")
    best = _best(_of(rows, name, "crlqas"))
    return Section(
        f"{name}, {how}",
        (f"{len(hamiltonian)} strings, lowest energy {lowest:.7f}; {rows[0]['budget']:,} circuit evaluations for every "
         "method and seed, those of the training of angles counted. Gates, depth and angles are of the best seed; "
         "circuits and seconds are medians. Below the table, the best circuit of crlqas.",),
        Table(header, tuple(lines), tuple("" if line[0] in _LEARNERS else "baseline" for line in lines)),
        _figure(f"{name}, {how}", rows),
        f"{name}, {how}: error against circuit evaluations",
        "The best error so far, log10 of mHa, mean over seeds.",
        best["circuit"] or None,
    )  # fmt: skip


def _figure(name: str, rows: Sequence[Row]) -> str:
    """Lines of the best error so far, of the rows of one problem; name: of the figure."""
    budget = rows[0]["budget"]
    across = np.geomspace(budget / 50, budget, 14)
    series: dict[str, list[Interval]] = {}
    for method in _names(rows, "method"):
        own = [row for row in rows if row["method"] == method]
        series[method] = [interval([_so_far(row["trace"], at) for row in own]) for at in across]
    return plots.lines(f"crlqas-{name}", across.tolist(), series, ("circuit evaluations", "log10 of the error, mHa"))


def _so_far(trace: Sequence[Sequence[float]], spent: float) -> float:
    """log10 of the error in mHa once so much was spent."""
    errors = [error for at, error in trace if at <= spent] or [trace[0][1]]
    return float(np.log10(max(1e3 * errors[-1], 1e-6)))


def _noise_section(noisy: Sequence[Row]) -> Section:
    lines = [
        (row["problem"], _noise(row["noise"]), row["method"], _milli(row["error"]), _milli(row["quiet"]),
         _milli(row["retrained"]), *_cells(row), f"{row['spent']:,}", f"{row['search_seconds']:.0f}")
        for row in noisy
    ]  # fmt: skip
    header = ("problem", "noise", "method", "error", "without noise", "trained there", "gates", "depth", "CX", "angles",
              "evaluations", "seconds")  # fmt: skip
    return Section(
        "Under noise",
        ("The search sees noisy values alone. Without noise: the same circuit and angles on an ideal register; trained "
         "there: its angles trained further on it.",),
        Table(header, tuple(lines)),
    )  # fmt: skip


def _ablation_section(name: str, budget: int, rows: Sequence[Row]) -> Section:
    lines = []
    for label in ABLATIONS:
        own = [row for row in rows if row["method"] == f"crlqas, {label}"]
        if own:
            best = _best(own)
            reached = _accurate(own)
            lines.append((label, _milli(_median(own)), _milli(best["error"]), f"{reached} of {len(own)}", *_cells(best),
                          f"{np.median([row['notes'].get('episodes', 0) for row in own]):.0f}"))  # fmt: skip
    return Section(
        "What the parts are worth",
        (
            f"{name}, {budget:,} circuit evaluations. Without the curriculum success is chemical accuracy, as if the "
            "exact energy were known; without the mask an illegal action is a step in which nothing happens; without "
            "learning the agent draws legal actions at random all the time.",
        ),
        Table(("", "median error", "best", "below 1.6", "gates", "depth", "CX", "angles", "episodes"), tuple(lines)),
    )  # fmt: skip


def _descent_section(descent: Row) -> Section:
    errors = np.sort(descent["errors"])
    lines = [(f"{q} %", _milli(float(np.percentile(errors, q)))) for q in (10, 25, 50, 75, 90)]
    return Section(
        "Adam-SPSA",
        (f"H2, 2 qubits, a circuit of 8 gates, {descent['evaluations']} evaluations of 1,000 shots a basis from random "
         f"angles, the constants of the paper; errors of the last angles over {len(errors)} seeds.",),
        Table(("share of seeds", "error below, mHa"), tuple(lines)),
    )  # fmt: skip


def _metrics(plain: Sequence[Row], noisy: Sequence[Row], ablated: Sequence[Row], descent: Row) -> dict[str, object]:
    return {
        "errors": {name: {method: [row["error"] for row in _of(plain, name, method)]
                          for method in _names(_of(plain, name), "method")} for name in _names(plain)},
        "noisy": [{key: row[key] for key in ("problem", "noise", "method", "error", "quiet", "retrained")}
                  for row in noisy],
        "ablations": {method: [row["error"] for row in ablated if row["method"] == method]
                      for method in _names(ablated, "method")},
        "adam_spsa": descent["errors"],
    }  # fmt: skip
