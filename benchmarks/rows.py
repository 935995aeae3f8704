"""What every benchmark has: rows of ratios, warm median times, and the same options.

A row is {"case", "unit", "ketwork", "peers": {name: value}, "ratio": {name: value}}.
"""

import argparse
import importlib.util
import json
import os
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import peers
from ketwork.experiments.run import processor


def installed(module: str) -> bool:
    return importlib.util.find_spec(module) is not None


def seconds(call: Callable[[], Any], budget: float) -> float:
    """The median time of a warm call, over as many calls as fit in the budget (at least one, at most 500)."""
    times: list[float] = []
    while not times or (sum(times) < budget and len(times) < 500):
        started = time.perf_counter()
        call()
        times.append(time.perf_counter() - started)
    return statistics.median(times)


_RATE: list[float] = []


def sgemm_rate() -> float:
    """NumPy's single-precision matrix product, floating-point operations a second, measured once."""
    if not _RATE:
        a = np.random.default_rng(0).normal(size=(2048, 2048)).astype(np.float32)
        a @ a
        _RATE.append(2 * 2048**3 / min(seconds(lambda: a @ a, 0.01) for _ in range(8)))
    return _RATE[0]


class Rows:
    """Rows so far, printed as they come. sgemm_fraction: of the full gradient, by qubits."""

    def __init__(self, quick: bool) -> None:
        self.rows: list[dict[str, Any]] = []
        self.sgemm_fraction: dict[int, float] = {}
        self.quick, self.budget = quick, 0.4 if quick else 2.0

    def row(self, case: str, unit: str, ours: float, others: dict[str, float]) -> None:
        """One case. The ratio is how many times longer the peer takes; of rates, how many times faster Ketwork is."""
        rate = unit.endswith("/s")
        ratio = {name: ours / value if rate else value / ours for name, value in others.items()}
        self.rows.append({"case": case, "unit": unit, "ketwork": ours, "peers": others, "ratio": ratio})
        shown = "  ".join(f"{name} {number(value)} ({times(ratio[name])})" for name, value in others.items())
        print(f"{case:44s} {number(ours):>9s} {unit:11s} {shown}", flush=True)

    def result(self) -> dict[str, Any]:
        """What `--json` writes."""
        return {"rows": self.rows, "sgemm_fraction": self.sgemm_fraction}

    def notes(self) -> list[str]:
        """Lines below the table."""
        if not self.sgemm_fraction:
            return []
        fractions = ", ".join(f"{f:.2f} at {n}" for n, f in sorted(self.sgemm_fraction.items()))
        return [f"Fraction of numpy's sgemm rate in the full gradient, by qubits: {fractions}."]


def number(value: float) -> str:
    """Three digits, without powers of ten."""
    return f"{value:,.0f}" if value >= 1000 else f"{value:.3g}"


def times(ratio: float) -> str:
    return f"{ratio:,.0f}x" if ratio >= 10 else f"{ratio:.2g}x"


def check(name: str, found: peers.Outcome, expected: peers.Outcome) -> None:
    """Stop when a peer computes something else: then the comparison would mean nothing."""
    for what, a, b in zip(("value", "gradient by inputs", "gradient by weights"), found, expected, strict=True):
        gap = float(np.max(np.abs(np.asarray(a) - np.asarray(b)), initial=0.0))
        if gap > 2e-4:
            raise SystemExit(f"{name}: its {what} differs from Ketwork's by {gap:.2g}")


def markdown(bench: Rows) -> str:
    """The table of the README."""
    lines = ["| case | Ketwork | peers (how many times longer) |", "|---|---|---|"]
    for row in bench.rows:
        others = "; ".join(f"{k} {number(v)} ({times(row['ratio'][k])})" for k, v in row["peers"].items())
        lines.append(f"| {row['case']} | {number(row['ketwork'])} {row['unit']} | {others} |")
    lines += ["", *bench.notes()]
    lines += [f"Machine: {processor()}, {os.cpu_count()} cores."]
    return "\n".join(lines)


def script(run: Callable[[bool], Rows], doc: str | None, marker: str) -> None:
    """The command line: run, write the rows, put the table into the README between its markers."""
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="fewer cases, under 50 s")
    parser.add_argument("--json", type=Path, help="write the rows to this file")
    parser.add_argument("--readme", action="store_true", help="write the table into README.md")
    options = parser.parse_args()
    bench = run(options.quick)
    if options.json:
        options.json.write_text(json.dumps(bench.result(), indent=1) + "\n")
    if options.readme:
        path = Path(__file__).parents[1] / "README.md"
        before, _, rest = path.read_text().partition(f"<!-- {marker} -->")
        after = rest.partition(f"<!-- /{marker} -->")[2]
        path.write_text(f"{before}<!-- {marker} -->\n{markdown(bench)}\n<!-- /{marker} -->{after}")
