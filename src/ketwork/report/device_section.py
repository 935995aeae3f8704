"""The report's sections on a device: what the model is worth ideal, noisy and mitigated, and which qubits it used."""

from typing import Any

import numpy as np

from ketwork.experiments.compare import interval, paired_p_value
from ketwork.experiments.on_device import READOUT_SHOTS, ZNE_FACTORS
from ketwork.experiments.task import FitTask
from ketwork.noise.calibration import Device
from ketwork.report import figures
from ketwork.report.device_map import device_map, positions
from ketwork.report.page import Section, Table

Evaluations = dict[tuple[str, str], list[dict[str, Any]]]
"""(trained on, run on) to one evaluation a repetition."""

_METHODS = {
    "readout": "readout inversion (confusion matrices measured with two circuits)",
    "zne": "zero-noise extrapolation (circuits folded to "
    f"{', '.join(map(str, ZNE_FACTORS))} times their length, a straight line through the values)",
    "twirl": "Pauli twirling",
}


def evaluations(rows: list[dict[str, Any]]) -> Evaluations:
    """What `on_device.judge` found in all repetitions, grouped; empty for runs on the ideal simulator."""
    found: Evaluations = {}
    for row in rows:
        for entry in row.get("on_device", {}).get("evaluations", []):
            found.setdefault((entry["trained"], entry["run"]), []).append(entry)
    return found


def place_name(task: FitTask, device: Device | None) -> str:
    """Where the quantum model ran, for sentences: empty for the ideal simulator."""
    shots = f"with {task.shots:,} shots a circuit" if task.shots else ""
    if device is None:
        return f", read {shots}," if shots else ""
    return f" on {device.name} ({device.date[:10]}, simulated{' ' if shots else ''}{shots})"


def device_sections(task: FitTask, rows: list[dict[str, Any]], device: Device | None) -> list[Section]:
    """The comparison and the device's map; none for runs on the ideal simulator."""
    found = evaluations(rows)
    if not found:
        return []
    sections = [_comparison(task, found, device)]
    return sections if device is None else [*sections, _map(device, _qubits(rows))]


def _comparison(task: FitTask, found: Evaluations, device: Device | None) -> Section:
    names = _names(task, device)
    cells = []
    for (trained, run), group in found.items():
        losses = [one["loss"] for one in group if one["loss"] is not None]
        mean = {key: float(np.mean([one[key] for one in group])) for key in ("circuits", "shots", "samples")}
        accuracy = interval([one["accuracy"] for one in group], task.held_out)
        cells.append((
            names["trained", trained], names["run", run], str(accuracy),
            str(interval(losses, task.held_out)) if losses else "none", f"{mean['circuits']:,.0f}",
            f"{mean['shots']:,.0f}" if mean["shots"] else "exact values",
        ))  # fmt: skip
    header = ("trained on", "run on", "accuracy", "loss", "circuits", "shots")
    drawn = figures.evaluations_figure(found, names, task.held_out)
    title = "Ideal, noisy, mitigated" if device is not None else "Ideal and read with shots"
    seen = "Accuracy of the same model, by what it was trained on and where it was run."
    text = (*_explained(task, found, device), *_compared(task, found, device))
    return Section(title, text, Table(header, tuple(cells)), drawn, "device", seen)


def _names(task: FitTask, device: Device | None) -> dict[tuple[str, str], str]:
    noisy = "an ideal device with shots" if device is None else device.name
    how = "exact noise" if task.model == "variational" else f"{task.shots or READOUT_SHOTS:,} shots a pair"
    methods = " + ".join({"readout": "readout", "zne": "ZNE", "twirl": "twirling"}[m] for m in task.mitigations)
    return {
        ("trained", "ideal"): "ideal simulator", ("trained", "device"): f"{noisy}, {how}",
        ("run", "ideal"): "ideal simulator", ("run", "device"): noisy, ("run", "mitigated"): f"{noisy}, {methods}",
    }  # fmt: skip


def _explained(task: FitTask, found: Evaluations, device: Device | None) -> list[str]:
    group = next(iter(found.values()))
    repeated = f"{len(group)} repetition{'s' if len(group) > 1 else ''}"
    lines = [
        f"The same trained model on the same {group[0]['samples']:,} test samples; means over {repeated} with 95 % "
        "intervals, corrected for repetitions that share training data. Circuits and shots are those of one such test."
    ]
    if task.train_on == "device" and device is not None:
        lines[0] += (
            " Settings were chosen on the ideal simulator, for every quantum model alike; the two trainings have the "
            "same settings, split and random start. The ablations were trained and judged on the device, too."
        )
    if task.model == "kernel":
        lines.append(
            "The kernel of two samples is how often all qubits are read as 0 after the circuit of one and the inverse "
            f"of the other's, {task.shots or READOUT_SHOTS:,} shots each; on the ideal simulator it is exact."
        )
    if task.mitigations:
        methods = ", then ".join(_METHODS[m] for m in task.mitigations)
        lines.append(f"Mitigated: {methods}, with {task.shots or READOUT_SHOTS:,} shots a circuit.")
        if task.shots is None and "readout" in task.mitigations and task.model == "variational":
            lines[-1] += " These values scatter as shots do; those without mitigation are exact."
    return lines


def _compared(task: FitTask, found: Evaluations, device: Device | None) -> list[str]:
    """What noise costs, what training under it adds, what mitigation gives back, each with its paired test."""
    if device is None:
        return [
            _difference(task, found, ("ideal", "device"), ("ideal", "ideal"), "Reading with shots changes the accuracy")
        ]
    pairs = [(("ideal", "device"), ("ideal", "ideal"), "Noise changes the accuracy of the ideally trained model")]
    if ("device", "device") in found:
        pairs.append(
            (("device", "device"), ("ideal", "device"), "Training under the noise changes the accuracy on the device")
        )
    for trained in ("ideal", "device"):
        if (trained, "mitigated") in found:
            which = "ideally trained" if trained == "ideal" else "noise-aware"
            changed = f"Mitigation changes that of the {which} model"
            pairs.append(((trained, "mitigated"), (trained, "device"), changed))
    return [" ".join(_difference(task, found, *pair) for pair in pairs)]


def _difference(task: FitTask, found: Evaluations, one: Any, other: Any, start: str) -> str:
    a, b = ([entry["accuracy"] for entry in found[key]] for key in (one, other))
    p = paired_p_value(a, b, task.held_out)
    test = "" if np.isnan(p) else f" (p = {p:.2g}{', no difference shown' if p >= 0.05 else ''})"
    if len(a) > 1 and np.isnan(p):  # no spread to judge by
        test = " (in every repetition)"
    return f"{start} by {np.mean(a) - np.mean(b):+.3f}{test}."


def _qubits(rows: list[dict[str, Any]]) -> list[int]:
    facts = next(row["on_device"]["device"] for row in rows if "on_device" in row)
    return facts["qubits"] or []


def _map(device: Device, qubits: list[int]) -> Section:
    figure = device_map(device)
    places = positions(device)[qubits]
    figure.axes[0].scatter(
        *places.T, s=1.9 * _size(figure), facecolors="none", edgecolors=figures.COLOURS["quantum"], lw=2, zorder=5
    )
    text = [f"{device.name}: {device.n_qubits} qubits, calibrated {device.date}. Data: {device.source or 'a file'}."]
    if qubits:
        text.append(
            f"The circuit runs on qubits {'-'.join(map(str, qubits))}, the row with the least expected error, ringed. "
            "Simulated: every gate is followed by depolarising noise and thermal relaxation that together have the "
            "calibrated error, waiting qubits relax, and readout flips bits. Crosstalk and drift are not in it."
        )
    return Section(
        "The device", tuple(text), figure=figures.svg(figure, "map"), name="map",
        description="The device's couplings and errors; ringed: the qubits that the circuit used.",
    )  # fmt: skip


def _size(figure: Any) -> float:
    """The size of a qubit's dot on a map."""
    return float(figure.axes[0].collections[-1].get_sizes()[0])
