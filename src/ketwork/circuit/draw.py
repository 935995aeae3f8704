"""Drawing circuits: text for terminals, SVG for reports and notebooks, a Matplotlib figure where one is wanted."""

from html import escape
from typing import Any

from ketwork.circuit.circuit import Circuit, Gate

_SYMBOLS = {
    "cx": ("●", "⊕"), "cz": ("●", "●"), "cy": ("●", "Y"), "ch": ("●", "H"), "swap": ("✕", "✕"), "ccx": ("●", "●", "⊕"),
    "ccz": ("●", "●", "●"), "cswap": ("●", "✕", "✕"), "crx": ("●", "RX"), "cry": ("●", "RY"), "crz": ("●", "RZ"),
    "cp": ("●", "P"),
}  # fmt: skip
"""What stands on each wire of gates that are not a box with a name."""
_NAMES = {"sdg": "S†", "tdg": "T†", "sxdg": "√X†", "sx": "√X", "u3": "U", "measure": "M", "reset": "|0⟩", "prepare": "ψ",
          "unitary": "U", "diagonal": "D", "iswap": "iSWAP", "iswap_dg": "iSWAP†", "xx_plus_yy": "XX+YY",
          "xx_minus_yy": "XX−YY"}  # fmt: skip


def labels(gate: Gate) -> tuple[str, ...]:
    """What stands on each of the gate's wires."""
    if gate.name in _SYMBOLS:
        return _SYMBOLS[gate.name]
    if gate.name == "pauli_rotation":
        return tuple(f"R{letter}" for letter in gate.payload)
    if gate.name in ("rxx", "ryy", "rzz"):
        return (gate.name.upper(),) * 2
    return (_NAMES.get(gate.name, gate.name.upper()),) * len(gate.qubits)


def angles(gate: Gate) -> str:
    """The gate's angles as short text."""
    return ", ".join(f"{p:.3g}" if isinstance(p, float) else str(p) for p in gate.params)


def layers(circuit: Circuit) -> list[list[Gate]]:
    """The gates in columns in which no two cross; global phases are left out."""
    columns: list[list[Gate]] = []
    free = [0] * circuit.n_qubits
    for gate in circuit.gates:
        if not gate.qubits:
            continue
        low, high = min(gate.qubits), max(gate.qubits)
        place = max(free[low : high + 1])
        if place == len(columns):
            columns.append([])
        columns[place].append(gate)
        free[low : high + 1] = [place + 1] * (high + 1 - low)
    return columns


def draw_text(circuit: Circuit, width: int = 100) -> str:
    """The circuit as text, three lines less one a wire, in rows of at most `width` characters."""
    n, margin = circuit.n_qubits, len(f"q{circuit.n_qubits - 1}: ")
    names = [f"q{q}: ".rjust(margin) for q in range(n)]
    blocks: list[list[str]] = []
    lines = _fresh(names)
    for column in layers(circuit):
        cells = _column_text(column, n)
        if len(lines[0]) + len(cells[0]) > width and len(lines[0]) > margin + 1:
            blocks.append(lines)
            lines = _fresh(names)
        lines = [line + cell for line, cell in zip(lines, cells, strict=True)]
    blocks.append(lines)
    return "\n\n".join("\n".join(line.rstrip() for line in block[: 2 * n - 1]) for block in blocks)


def _fresh(names: list[str]) -> list[str]:
    return [line for name in names for line in (name + "─", " " * (len(name) + 1))]


def _column_text(column: list[Gate], n: int) -> list[str]:
    texts: dict[int, str] = {}
    crossed: set[int] = set()
    between: set[int] = set()
    for gate in column:
        shown = angles(gate)
        for k, (q, label) in enumerate(zip(gate.qubits, labels(gate), strict=True)):
            last = k == len(gate.qubits) - 1
            text = f"{label}({shown})" if shown and last else label
            if gate.name == "measure":
                text = f"M→c{gate.payload}"
            texts[q] = text + (f" if c{gate.condition[0]}={gate.condition[1]}" if gate.condition and last else "")
        low, high = min(gate.qubits), max(gate.qubits)
        crossed.update(set(range(low, high)) - set(gate.qubits))
        between.update(range(low, high))
    wide = max(len(text) for text in texts.values())
    cells = []
    for q in range(n):
        wire = texts.get(q, "┼" if q in crossed else "")
        cells.append(wire.center(wide, "─") + "──")
        cells.append(("│" if q in between else "").center(wide) + "  ")
    return cells


# ---------------------------------------------------------------------- SVG
_STEP_Y, _BOX, _GAP, _LEFT, _ROW_WIDTH = 44, 30, 14, 44, 860
_FILLS = {"h": "#0f766e", "measure": "#475569", "reset": "#475569", "prepare": "#475569"}


def _fill(gate: Gate) -> str:
    """A colour: teal for fixed gates, violet for weights, orange for inputs, blue for fixed angles."""
    if gate.name in _FILLS:
        return _FILLS[gate.name]
    kinds = {slot.kind for p in gate.params if not isinstance(p, float) for slot in p.slots}
    if "x" in kinds:
        return "#c2570c"
    if "w" in kinds:
        return "#5b3fd6"
    return "#1d6fb8" if gate.params else "#0f766e"


def _wide(gate: Gate) -> int:
    longest = max(len(label) for label in labels(gate))
    shown = len(_short(angles(gate)))
    return max(_BOX, 9 * longest + 12, int(5.4 * shown) + 4)


def _short(text: str, most: int = 18) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def draw_svg(circuit: Circuit) -> str:
    """The circuit as SVG text, wrapped into rows; inputs orange, weights violet, fixed gates teal."""
    rows: list[list[tuple[list[Gate], int]]] = [[]]
    used = 0
    for column in layers(circuit):
        wide = max(map(_wide, column))
        if used + wide + _GAP > _ROW_WIDTH - _LEFT and rows[-1]:
            rows.append([])
            used = 0
        rows[-1].append((column, wide))
        used += wide + _GAP
    height_of_row = _STEP_Y * circuit.n_qubits + 18
    width = _LEFT + 2 * _GAP + max(sum(w + _GAP for _, w in row) for row in rows)
    height = height_of_row * len(rows) + 6
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        'role="img" aria-label="circuit" font-family="system-ui, sans-serif">'
    ]
    for number, row in enumerate(rows):
        parts += _svg_row(row, circuit.n_qubits, number * height_of_row + 26, number)
    return "".join(parts) + "</svg>"


def _svg_row(row: list[tuple[list[Gate], int]], n: int, top: int, number: int) -> list[str]:
    end = _LEFT + _GAP + sum(wide + _GAP for _, wide in row)
    parts = []
    for q in range(n):
        y = top + q * _STEP_Y
        parts.append(f'<text x="{_LEFT - 12}" y="{y + 4}" text-anchor="end" font-size="13" fill="#1f2430">q{q}</text>')
        parts.append(f'<line x1="{_LEFT - 6}" y1="{y}" x2="{end}" y2="{y}" stroke="#9aa3b5" stroke-width="1.2"/>')
    x = _LEFT + _GAP
    for column, wide in row:
        for gate in column:
            parts += _svg_gate(gate, x + wide / 2, top)
        x += wide + _GAP
    return parts


def _svg_gate(gate: Gate, x: float, top: int) -> list[str]:
    ys, fill, wide = [top + q * _STEP_Y for q in gate.qubits], _fill(gate), _wide(gate)
    parts = []
    if len(ys) > 1:
        parts.append(f'<line x1="{x}" y1="{min(ys)}" x2="{x}" y2="{max(ys)}" stroke="{fill}" stroke-width="1.8"/>')
    for y, label in zip(ys, labels(gate), strict=True):
        parts += _svg_mark(label, x, y, wide, fill)
    note = _short(angles(gate))
    if gate.name == "measure":
        note = f"→ c{gate.payload}"
    if gate.condition:
        note += f" if c{gate.condition[0]}={gate.condition[1]}"
    if note:
        parts.append(
            f'<text x="{x}" y="{max(ys) + _BOX / 2 + 10}" text-anchor="middle" font-size="9.5" fill="#5d6679">'
            f"{escape(note)}</text>"
        )
    return parts


def _svg_mark(label: str, x: float, y: float, wide: int, fill: str) -> list[str]:
    if label == "●":
        return [f'<circle cx="{x}" cy="{y}" r="4.6" fill="{fill}"/>']
    if label == "⊕":
        return [
            f'<circle cx="{x}" cy="{y}" r="9.5" fill="#fff" stroke="{fill}" stroke-width="1.8"/>',
            f'<path d="M{x - 9.5} {y}H{x + 9.5}M{x} {y - 9.5}V{y + 9.5}" stroke="{fill}" stroke-width="1.8"/>',
        ]
    if label == "✕":
        return [f'<path d="M{x - 6} {y - 6}L{x + 6} {y + 6}M{x - 6} {y + 6}L{x + 6} {y - 6}" stroke="{fill}" stroke-width="2"/>']
    box = max(_BOX, 9 * len(label) + 12)
    return [
        f'<rect x="{x - box / 2}" y="{y - _BOX / 2 + 2}" width="{box}" height="{_BOX - 4}" rx="6" fill="{fill}"/>',
        f'<text x="{x}" y="{y + 4.5}" text-anchor="middle" font-size="13" font-weight="600" fill="#fff">{escape(label)}</text>',
    ]


def draw_matplotlib(circuit: Circuit) -> Any:
    """The circuit as a Matplotlib figure, in one row."""
    from matplotlib.figure import Figure

    columns = layers(circuit)
    figure = Figure(figsize=(0.6 + 0.75 * max(1, len(columns)), 0.4 + 0.55 * circuit.n_qubits))
    ax = figure.add_subplot()
    for q in range(circuit.n_qubits):
        ax.plot([-0.7, len(columns) - 0.3], [-q, -q], color="#9aa3b5", lw=1, zorder=0)
        ax.text(-0.8, -q, f"q{q}", ha="right", va="center", fontsize=9)
    for x, column in enumerate(columns):
        for gate in column:
            fill = _fill(gate)
            ax.plot([x, x], [-min(gate.qubits), -max(gate.qubits)], color=fill, lw=1.4, zorder=1)
            for q, label in zip(gate.qubits, labels(gate), strict=True):
                plain = label in "●⊕✕"
                box = None if plain else {"boxstyle": "round,pad=0.3", "fc": fill, "ec": fill}
                shown = {"●": "•", "⊕": "⊕", "✕": "×"}.get(label, label)
                ax.text(x, -q, shown, ha="center", va="center", fontsize=14 if plain else 8,
                        color=fill if plain else "white", bbox=box, zorder=2)  # fmt: skip
    ax.set_axis_off()
    return figure
