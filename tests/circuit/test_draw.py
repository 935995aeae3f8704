"""Drawings: what stands where, wrapping, and well-formed SVG."""

import re
from xml.etree import ElementTree

import numpy as np
import pytest

from ketwork import w, x
from ketwork.circuit.circuit import Circuit
from ketwork.circuit.draw import angle_text, draw_matplotlib, draw_svg, draw_text, layout, shapes
from ketwork.circuit.gates import GATES


def everything() -> Circuit:
    """A circuit with every gate of the table, every special operation and a condition."""
    circuit = Circuit(4).prepare((0, 1), [0.6, 0, 0, 0.8])
    for row in GATES.values():
        circuit = circuit.append(row.name, (3, 0, 1)[: row.n_qubits], [x[0], w[0], 0.5][: row.n_params])
    circuit = circuit.pauli_rotation((3, 0, 2), "XIZ", w[1]).pauli_rotation((1, 2), "II", 0.1).global_phase(x[1])
    circuit = circuit.unitary((1, 0), np.eye(4)).diagonal((2,), [1, 1j])
    return circuit.measure(0, 1).x(2, condition=(1, 1)).cx(0, 3, condition=[(0, 1), (1, 0)]).reset(0)


def test_text_of_a_bell_pair() -> None:
    assert draw_text(Circuit(2).h(0).cx(0, 1).measure(1, 0)) == (
        "q0: ─┤H├─●────────\n"
        "         │\n"
        "q1: ─────⊕─┤M→c0├─"
    )  # fmt: skip


def test_text_shows_wires_that_are_crossed() -> None:
    lines = draw_text(Circuit(3).swap(0, 2)).splitlines()
    assert [line[5] for line in lines] == ["×", "│", "┼", "│", "×"]


@pytest.mark.parametrize("width", [40, 61, 100])
def test_text_keeps_to_the_width(width: int) -> None:
    circuit = everything()
    text = draw_text(circuit, width)
    assert max(map(len, text.splitlines())) <= width
    assert "RX(x[0])" in text
    assert "if c1=1" in text
    assert "if c0=1 c1=0" in text
    assert "global phase x[1]" in text


def test_text_of_an_empty_circuit_has_all_wires() -> None:
    assert re.findall(r"q\d+", draw_text(Circuit(11))) == [f"q{k}" for k in range(11)]


def test_methods_of_the_circuit_draw() -> None:
    circuit = Circuit(2).h(0)
    assert str(circuit) == circuit.draw() == draw_text(circuit)
    assert circuit._repr_svg_() == draw_svg(circuit)


def test_columns_keep_the_order_of_qubits_and_bits() -> None:
    columns = layout(Circuit(4).cx(0, 2).h(1).measure(0, 0).x(3, condition=(0, 1)).h(3))
    names = [[item.gate.name for item in column] for column in columns]
    assert names == [["cx"], ["h", "measure"], ["x"], ["h"]]


@pytest.mark.parametrize(
    ("value", "text"), [(np.pi, "π"), (-np.pi / 2, "-π/2"), (0.75 * np.pi, "3π/4"), (0.12345, "0.123"), (0.0, "0")]
)
def test_angle_text(value: float, text: str) -> None:
    assert angle_text(float(value)) == text


def test_svg_is_well_formed_and_says_everything() -> None:
    svg = draw_svg(everything())
    root = ElementTree.fromstring(svg)
    words = " ".join(root.itertext())
    for name in ("H", "√X", "S†", "RX", "x[0]", "|0⟩", "iSWAP", "c1=1", "ψ", "global phase x[1]"):
        assert name in words
    assert "http" not in svg.replace('xmlns="http://www.w3.org/2000/svg"', "")


def test_svg_wraps_and_stays_inside() -> None:
    short, long = Circuit(2).h(0), Circuit(2)
    for _ in range(100):
        long = long.h(0).cx(0, 1)
    assert shapes(long)[1] > 2 * shapes(short)[1]
    width, height, parts = shapes(everything())
    assert width <= 1000
    for s in parts:
        assert 0 <= s.x <= width
        assert 0 <= s.y <= height


def test_svg_colours_tell_where_angles_come_from() -> None:
    angles = [0.1, x[0], w[0], x[0] * w[0]]
    fills = [next(s.fill for s in shapes(Circuit(1).rx(0, angle))[2] if s.kind == "box") for angle in angles]
    assert len(set(fills)) == 4


def test_matplotlib_figure_has_the_same_shapes() -> None:
    circuit = everything()
    figure = draw_matplotlib(circuit)
    kinds = [s.kind for s in shapes(circuit)[2]]
    axes = figure.axes[0]
    assert len(axes.texts) == kinds.count("text")
    assert len(axes.lines) == kinds.count("line")
    assert len(axes.patches) == sum(kinds.count(kind) for kind in ("box", "circle", "arc"))


@pytest.mark.parametrize(("width", "error"), [(10, ValueError), ("wide", TypeError)])
def test_bad_widths_are_named(width: object, error: type[Exception]) -> None:
    with pytest.raises(error, match="Argument `width`"):
        draw_text(Circuit(1), width)  # type: ignore[arg-type]
