"""The sections of the readout-qubit classifier's report: tables and figures from the rows of a run."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ketwork.atlas.farhi_neven import LABELS
from ketwork.atlas.farhi_neven_digits import PREPARATIONS, READOUTS, TEST_SHARE
from ketwork.atlas.farhi_neven_states import KINDS
from ketwork.experiments.compare import Interval, interval, paired_p_value
from ketwork.experiments.ranks import holm
from ketwork.models.readout_qubit import layer_terms, readout_circuit
from ketwork.report import plots
from ketwork.report.page import Section, Table
from ketwork.report.run_page import measured

Row = dict[str, Any]
OURS, ONE_LAYER = READOUTS
NETWORK, LINEAR = "network with 5 hidden units", "logistic regression"
LOSSES = ("linear loss", "logistic loss")


def chosen(rows: dict[str, Row], start: str) -> list[Row]:
    """The rows whose key is `start` and a number."""
    return [row for key, row in rows.items() if key.rpartition(" ")[0] == start]


def errors(rows: Sequence[Row], model: str, part: int = 0) -> list[float]:
    """Test errors of a model over the splits: on clear images (part 0) or on all (part 1)."""
    return [row["errors"][model][part] for row in rows]


def over_splits(rows: Sequence[Row], model: str, part: int = 0) -> Interval:
    """The mean of `errors`, and its interval corrected for splits that share data."""
    return interval(errors(rows, model, part), TEST_SHARE)


def against(rows: Sequence[Row]) -> dict[str, float]:
    """p of the paired test of every other model against the first, on clear images; Holm's over all of them."""
    others = [model for model in rows[0]["parameters"] if model != OURS]
    found = [paired_p_value(errors(rows, OURS), errors(rows, model), TEST_SHARE) for model in others]
    return dict(zip(others, holm(found).tolist(), strict=True))


def from_states(rows: dict[str, Row], model: str) -> Interval:
    """Test error of a readout classifier that learned from two superpositions."""
    return interval([row[model]["error"] for row in chosen(rows, "superpositions")], TEST_SHARE)


def percent(found: Interval) -> str:
    """A share with its interval, in percent."""
    half = "" if np.isnan(found.half) else f" ± {100 * found.half:.1f}"
    return f"{100 * found.mean:.1f}{half} %"


def formula(engine: Row) -> Section:
    """Why the model is classical, and the check on the engine."""
    text = (
        "Every gate acts on the readout qubit as X, so the two X eigenstates of the readout never mix: in one the data "
        "qubits turn by U, in the other by V, the same gates with all angles reversed, and <Y> = Im <psi|U^+ V|psi>. "
        "With ZX and XX gates U^+ V is a product of one-qubit unitaries of determinant 1. On a bit string that is "
        "<Y> = (r_1 ... r_n) sin(sum of phi_j z_j), with z_j = +1 or -1 for bit j, and r_j at most 1 and the same for "
        "both bits: n numbers a sample, not 2^n.",
        "Hence two things. The model is efficiently simulable: a classical computer does the same. And XX layers can "
        "only shrink the output of the ZX layers: 96 weights tell apart what 16 do, one weighted sum of the bits under "
        "a sine, which for sums within half a turn is a linear classifier.",
        f"Checked on the engine: after {engine['steps']} training steps on states of 17 qubits the weights differ from "
        f"those of the formula by {engine['weights']:.1e}, <Y> on {engine['patterns']} test strings by "
        f"{engine['values']:.1e}. A step took {1e3 * engine['step_seconds'][0]:.1f} ms on the states and "
        f"{1e3 * engine['step_seconds'][1]:.2f} ms by the formula, by which the runs below were trained.",
    )
    circuit = readout_circuit(3, layer_terms(3, "ZX"))
    return Section("What this model is", text, figure=circuit._repr_svg_(), name="circuit",
                   description="The circuit for three bits, one layer of each kind.")  # fmt: skip


def boolean(rows: dict[str, Row]) -> list[Section]:
    """Functions that are written down, and those that are learned."""
    made = rows["representation"]
    first = (
        f"{made['functions']} random functions of 4, 5 and 6 bits as their Reed-Muller form, an exclusive or of "
        "products of bits: each product is a flip of the readout under so many controls. <Z> of the readout, or <Y> "
        f"after a turn, is the label +1 or -1 on every bit string, to {made['worst']:.1e}. A function has "
        f"{np.mean(made['monomials']):.0f} products on average, its circuit {np.mean(made['gates']):.0f} gates on two "
        f"or more qubits (at most {max(made['gates'])}): a random function needs half of all 2^n products.",
    )
    return [Section("Any Boolean function, written down", first), _learned(rows), _parity(rows)]


def _learned(rows: dict[str, Row]) -> Section:
    cells, shown = [], {}
    for label in LABELS:
        runs = chosen(rows, label)
        samples = [row["samples"] for row in runs]
        cells.append(
            (
                f"readout qubit, {label}",
                f"{sum(r['error'] == 0 for r in runs)} of {len(runs)}",
                percent(interval([r["error"] for r in runs])),
                f"{np.median(samples):.0f}",
                f"{max(samples)}",
            )
        )
        shown[label] = (interval(samples), samples)
        solved = [row["elimination"] for row in runs if "elimination" in row]
        if solved:
            counts = [row["samples"] for row in solved]
            cells.append((f"elimination modulo 2, {label}", f"{sum(s['error'] == 0 for s in solved)} of {len(solved)}",
                          percent(interval([s["error"] for s in solved])), f"{np.median(counts):.0f}",
                          f"{max(counts)}"))  # fmt: skip
        for name in runs[0]["classical"]:
            found = [row["classical"][name] for row in runs]
            cells.append((f"{name}, {label}", f"{sum(e == 0 for e in found)} of {len(runs)}", percent(interval(found)),
                          "64", "64"))  # fmt: skip
    text = (
        "Random subsets of 6 bits, a ZX gate for each bit and a turn of the readout (7 weights); single random "
        "samples, with repetition, until all 64 strings are right. Logistic regression and the network are fitted to "
        "the table of all 64 strings. A line cannot say a parity, a sine of a weighted sum can, in a classical unit as "
        "well as here; and elimination modulo 2 takes single random samples too, until they determine the subset.",
    )
    figure = plots.intervals("boolean", shown, "samples until no error is left, a dot a run")
    header = ("", "without error", "error", "samples, median", "at most")
    return Section("Boolean functions, learned", text, Table(header, tuple(cells)), figure, "boolean",
                   "Samples until no error.")  # fmt: skip


def _parity(rows: dict[str, Row]) -> Section:
    slopes = rows["slopes of parity"]
    series = {name: [interval([value]) for value in slopes[key]]
              for name, key in (("on the engine", "measured"), ("2^(-(n + 1) / 2)", "closed"))}  # fmt: skip
    figure = plots.lines("parity", slopes["widths"], series, ("bits", "root mean square of the mean l <Y>"),
                         dashed=["2^(-(n + 1) / 2)"])  # fmt: skip
    widths = sorted({row["bits"] for key, row in rows.items() if key.startswith("parity of")})
    cells = []
    for n in widths:
        runs = chosen(rows, f"parity of {n} bits")
        cells.append((str(n), f"{sum(r['error'] == 0 for r in runs)} of {len(runs)}",
                      ", ".join(str(row["samples"]) for row in runs)))  # fmt: skip
    text = (
        "With random weights the mean of l <Y> over all strings is a product of n sines and cosines, so what a "
        "gradient can see of a parity falls by half for every two bits, of the parity of a subset just as of that of "
        "all bits. The table has three random subsets of every width, and at most 20,000 samples a run.",
    )
    table = Table(("bits", "without error", "samples of each run"), tuple(cells))
    return Section("Parities of more bits", text, table, figure, "parity", "What is seen of a parity by width.")


def digits(rows: Sequence[Row], name: str) -> Section:
    """Test errors of all models on one preparation of the images."""
    first, cells, shown, p = rows[0], [], {}, against(rows)
    for model, size in first["parameters"].items():
        clear, every = (over_splits(rows, model, part) for part in (0, 1))
        cells.append((model, str(size) if size else "none", percent(clear), percent(every),
                      "" if np.isnan(p.get(model, np.nan)) else f"{p[model]:.2g}"))  # fmt: skip
        if "random" not in model:
            shown[model] = (Interval(100 * clear.mean, 100 * clear.half), [100 * e for e in errors(rows, model)])
    text = (
        f"16 bits: {PREPARATIONS[name]}. {first['images']:,} images, {first['patterns']} different bit strings; "
        f"{first['clear']:,} images are clear, the others have the bits of an image of the other digit. About "
        f"{first['training']:,} clear images to learn from and {first['test']:,} to test on, {len(rows)} random "
        "splits; intervals are over splits, p is of a paired test against the first model, both corrected for splits "
        f"that share data, and p by Holm's method for {len(p)} tests.",
        f"{first['seen']:.0%} of the clear test images have bits that were seen in training: on 16 bits even the "
        "nearest neighbour is mostly a table of what was seen.",
        "Every model is fitted once and untuned. By the formula all layers can say no more than one layer of ZX; what "
        "differs between the two comes from training. It passes once over the images, and the "
        "classical models train to their end; for ZX gates alone, learning from superpositions, below, is that.",
    )
    header = ("", "weights", "error, clear images", "error, all images", "p")
    figure = plots.intervals(f"digits-{name}", shown, "test error in percent, clear images, a dot a split")
    return Section(f"Handwritten 3 and 6: {name}", text, Table(header, tuple(cells)), figure, f"digits-{name}",
                   "Test errors by model.")  # fmt: skip


def course(rows: Sequence[Row]) -> Section:
    """The loss while learning."""
    length = min(len(row["curve"]) for row in rows)
    across = [rows[0]["block"] * (k + 0.5) for k in range(length)]
    points = [interval([row["curve"][k] for row in rows]) for k in range(length)]
    figure = plots.lines("course", across, {"1 - l <Y>": points}, ("samples seen", "loss"))
    text = (
        f"The loss of the sample that comes next, means over {rows[0]['block']} samples, bands over splits. A step "
        "divides by the squared gradient, which is small where <Y> is near +1 or -1: some steps are long.",
    )
    return Section("The course of learning", text, None, figure, "course", "Loss by samples seen.")


def superposed(rows: dict[str, Row]) -> Section:
    """Learning from two states that hold all images."""
    runs, cells = chosen(rows, "superpositions"), []
    same = chosen(rows, "digits box")[: len(runs)]  # the same splits
    for name in READOUTS:
        state, image, wrong = (
            interval([row[name][key] for row in runs], TEST_SHARE) for key in ("loss", "image_loss", "error")
        )
        single = percent(over_splits(same, name))
        cells.append((name, f"{state.mean:.4f}", f"{image.mean:.4f}", percent(wrong), single))
    text = (
        "All training images with a label as one state, each bit string with the square root of its frequency as "
        "amplitude; two states are the whole data set, and L-BFGS trains on them on the engine's 17 qubits.",
        "With ZX gates alone the loss of the two states is the mean loss of the images. XX gates let the strings of a "
        "superposition interfere: the loss of the states is then another than that of the images.",
    )
    header = ("", "loss of the two states", "mean loss of images", "error", "from single images")
    return Section("Superpositions as data", text, Table(header, tuple(cells)))


def states(rows: dict[str, Row]) -> Section:
    """Labels of quantum states."""
    names = {"before": "before learning", LOSSES[0]: "learned, loss 1 - l <Y>",
             LOSSES[1]: "learned, logistic loss of <Y>",
             "written down": "written down from H", "classical": "classical: logistic regression on <P>"}  # fmt: skip
    cells, heights = [], {}
    for key, name in names.items():
        found = [interval([row[key] for row in chosen(rows, f"states {kind}")]) for kind in KINDS]
        cells.append((name, *map(percent, found)))
        if key != "before":
            heights[name] = [100 * one.mean for one in found]
    sizes = [chosen(rows, f"states {kind}")[0]["terms"] for kind in KINDS]
    said = compared(rows)
    tests = [f"{kind}: {said[kind, LOSSES[0]]}, and {said[kind, 'classical']}" for kind in KINDS]
    text = (
        "States of 8 qubits from random angles of two layers of turns with ZZ gates around a ring between; the label "
        "is the sign of <H>, H with random coefficients on a random graph of degree 3. The classifier has a gate "
        f"exp(i theta P X) for every pair and, in the second kind, every qubit ({sizes[0]} and {sizes[1]} weights), "
        "and does not know the graph. 1,000 states to learn from, 1,000 others to test on, a new H each run.",
        "Small angles in proportion to H's coefficients are the circuit that is written down: <Y> is then about 2 "
        f"beta <H>. The loss 1 - l <Y> asks for large <Y>, not for the right sign near 0. {'; '.join(tests)} (paired "
        f"over runs, Holm's correction for {len(said)} tests).",
        "Logistic regression is given the expectation values of the same strings P. With ZZ alone, reading the data "
        "qubits and putting the bits into the sine is the same as the readout qubit.",
    )
    figure = plots.bars("states", list(KINDS), heights, "test error in percent")
    return Section("Labels of quantum states", text, Table(("", *KINDS), tuple(cells)), figure, "states",
                   "Test errors on states.")  # fmt: skip


def compared(rows: dict[str, Row]) -> dict[tuple[str, str], str]:
    """What paired tests say of the logistic loss beside the other loss and the classical model, by kind of H and by
    what is beside it; p is Holm's over all of them. Every run has its own states."""
    pairs = [(kind, other) for kind in KINDS for other in (LOSSES[0], "classical")]
    values = [[[row[key] for row in chosen(rows, f"states {kind}")] for key in (LOSSES[1], other)]
              for kind, other in pairs]  # fmt: skip
    found = holm([paired_p_value(ours, theirs, 0.0) for ours, theirs in values])
    return {
        pair: _said(pair[1], float(np.mean(ours) - np.mean(theirs)), p)
        for pair, (ours, theirs), p in zip(pairs, values, found.tolist(), strict=True)
    }


def _said(other: str, gap: float, p: float) -> str:
    if np.isnan(p) or p >= 0.05:
        return f"{LOSSES[1]} and {other} show no difference" + ("" if np.isnan(p) else f" (p = {p:.2g})")
    return f"{LOSSES[1]} is {'better' if gap < 0 else 'worse'} than {other} (p = {p:.2g})"


def metrics(rows: dict[str, Row]) -> dict[str, Any]:
    """The numbers for result.json."""
    found: dict[str, Any] = {"representation": {key: rows["representation"][key] for key in ("functions", "worst")}}
    for label in LABELS:
        found[label] = {"samples": [row["samples"] for row in chosen(rows, label)],
                        "errors": [row["error"] for row in chosen(rows, label)]}  # fmt: skip
    for name in PREPARATIONS:
        part = chosen(rows, f"digits {name}")
        p = against(part)
        found[f"digits {name}"] = {
            model: {"clear": measured(over_splits(part, model)), "all": measured(over_splits(part, model, 1)),
                    "p_value_against_readout": None if np.isnan(p.get(model, np.nan)) else p[model]}
            for model in part[0]["parameters"]
        }  # fmt: skip
    found["engine"] = {key: rows["engine"][key] for key in ("steps", "weights", "values", "error")}
    found["superpositions"] = {name: measured(from_states(rows, name)) for name in READOUTS}
    keys = (*LOSSES, "written down", "classical")
    found["states"] = {
        kind: {key: measured(interval([row[key] for row in chosen(rows, f"states {kind}")])) for key in keys}
        for kind in KINDS
    }
    return found
