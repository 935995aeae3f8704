"""A finished run as files: result.json for programs, report.html for people."""

import json
import math
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ketwork.experiments.fit import Fitted
from ketwork.experiments.run import machine
from ketwork.models.storage import from_arrays, load
from ketwork.report.html import write
from ketwork.report.page import fit_page, summary


@dataclass(frozen=True)
class Published:
    """What a run says, and where its report is."""

    verdict: str
    report: Path


def publish(run: Fitted) -> Published:
    """Write result.json, report.html and the figures into the run's folder."""
    task, data, rows = run.task, run.data, run.rows
    found = summary(task, rows)
    circuit = from_arrays(*load(run.folder / "model")).circuit_
    report = write(fit_page(task, data, rows, circuit, machine()), run.folder)
    result = {
        "id": task.digest,
        "command": task.command(),
        "config": asdict(task),
        "data": {"name": data.name, "source": data.source, "sha256": data.sha256, "shape": list(data.X.shape)},
        **found,
        "seconds": run.seconds,
        "machine": machine(),
        "rows": rows,
    }
    (run.folder / "result.json").write_text(json.dumps(without_nan(result), indent=1, allow_nan=False) + "\n")
    return Published(found["verdict"], report)


def without_nan(value: Any) -> Any:
    """The same data with None in place of numbers that JSON cannot say."""
    if isinstance(value, dict):
        return {k: without_nan(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [without_nan(v) for v in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
