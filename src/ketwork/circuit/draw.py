"""Circuits as text, SVG and Matplotlib figures: one layout in columns, one list of shapes, three ways to put them out.

Colours say where an angle comes from: none (blue), numbers (violet), inputs (green), weights (orange), both (pink).
"""

from html import escape
from math import pi
from typing import TYPE_CHECKING, Any, NamedTuple

from ketwork.checks import check_int
from ketwork.circuit.angle import Angle, as_angle, as_param

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from ketwork.circuit.circuit import Circuit
    from ketwork.circuit.operation import Gate

_CONTROLLED = {
    "cx": (1, "⊕"), "ccx": (2, "⊕"), "cy": (1, "Y"), "ch": (1, "H"), "cz": (2, ""), "ccz": (3, ""), "cp": (1, "P"),
    "crx": (1, "RX"), "cry": (1, "RY"), "crz": (1, "RZ"), "cswap": (1, "×"), "swap": (0, "×"),
}  # fmt: skip
_TITLES = {
    "sdg": "S†", "tdg": "T†", "sx": "√X", "sxdg": "√X†", "u3": "U", "iswap": "iSWAP", "iswap_dg": "iSWAP†",
    "xx_plus_yy": "XX+YY", "xx_minus_yy": "XX-YY", "unitary": "U", "diagonal": "D", "prepare": "ψ", "reset": "|0⟩",
}  # fmt: skip
_ORDERED = {"ecr", "xx_plus_yy", "xx_minus_yy", "unitary", "diagonal", "prepare"}
"""Gates on several qubits whose box must say which qubit is which."""

_COLOURS = {
    "fixed": ("#e6edfc", "#3159b8"), "number": ("#efe7fb", "#7446bd"), "x": ("#dff3e8", "#17794d"),
    "w": ("#fdebd3", "#b55f0c"), "xw": ("#fbe3ee", "#b02f68"), "other": ("#eceff3", "#4b5563"),
}  # fmt: skip
_WIRE, _INK, _SMALL = "#97a1b0", "#1f2733", "#5b6675"
_PITCH, _HALF, _ROW_WIDTH = 50.0, 18.0, 1000.0


class Mark(NamedTuple):
    """What one gate puts on one wire; kind: "dot", "plus", "cross", "box" or "meter"."""

    qubit: int
    kind: str
    title: str = ""
    detail: str = ""


class Item(NamedTuple):
    """One gate of the drawing: its marks from the top wire down, and the text of its condition."""

    gate: "Gate"
    marks: tuple[Mark, ...]
    condition: str

    @property
    def top(self) -> int:
        return self.marks[0].qubit

    @property
    def bottom(self) -> int:
        return self.marks[-1].qubit

    @property
    def solid(self) -> bool:
        """Whether the gate is one box over neighbouring wires."""
        boxes = len(self.marks) > 1 and all(mark.kind == "box" for mark in self.marks)
        return boxes and self.gate.name != "pauli_rotation" and self.bottom - self.top == len(self.marks) - 1


class Shape(NamedTuple):
    """A shape in pixels; kind: "line" (to x2, y2), "box" (of size x2, y2), "circle", "arc" (of radius x2) or "text"."""

    kind: str
    x: float
    y: float
    x2: float = 0.0
    y2: float = 0.0
    stroke: str = _WIRE
    fill: str = "none"
    width: float = 1.4
    text: str = ""
    anchor: str = "middle"
    dashed: bool = False
    bold: bool = False


# ---------------------------------------------------------------------- layout
def angle_text(param: float | Angle) -> str:
    """A parameter, short: fractions of pi by name, other numbers with three digits, polynomials as they are."""
    if isinstance(param, Angle):
        return str(param)
    for d in (1, 2, 3, 4, 6, 8, 16):
        k = round(param * d / pi)
        if k and abs(k) <= 4 * d and abs(param - k * pi / d) < 1e-12:
            number = "" if abs(k) == 1 else str(abs(k))
            return f"{'-' if k < 0 else ''}{number}π{f'/{d}' if d > 1 else ''}"
    return f"{param:.3g}"


def _item(gate: "Gate") -> Item:
    """The marks of a gate."""
    condition = "" if gate.condition is None else " ".join(f"c{bit}={value}" for bit, value in gate.condition)
    detail = ", ".join(map(angle_text, gate.params))
    title = _TITLES.get(gate.name, gate.name.upper())
    marks: list[Mark] = []
    if gate.name in _CONTROLLED:
        controls, target = _CONTROLLED[gate.name]
        kind = {"⊕": "plus", "×": "cross"}.get(target, "box")
        marks = [Mark(q, "dot", "●") for q in gate.qubits[:controls]]
        marks += [Mark(q, kind, target, detail) for q in gate.qubits[controls:]]
    elif gate.name == "measure":
        marks = [Mark(gate.qubits[0], "meter", "M", f"c{gate.payload}")]
    elif gate.name == "pauli_rotation":
        pairs = [(q, s) for q, s in zip(gate.qubits, gate.payload, strict=True) if s != "I"] or [(gate.qubits[0], "I")]
        first = min(q for q, _ in pairs)
        marks = [Mark(q, "box", f"R{s}" if len(pairs) == 1 else s, detail if q == first else "") for q, s in pairs]
    else:
        ordered = len(gate.qubits) > 1 and gate.name in _ORDERED
        for k, q in enumerate(gate.qubits):
            marks.append(Mark(q, "box", f"{title}:{k}" if ordered else title, detail))
    return Item(gate, tuple(sorted(marks)), condition)


def layout(circuit: "Circuit") -> list[list[Item]]:
    """The gates in columns: each as far left as the wires it crosses and its classical bits allow."""
    columns: list[list[Item]] = []
    ends: dict[Any, int] = {}
    for gate in circuit.gates:
        if not gate.qubits:
            continue
        item = _item(gate)
        wires: list[Any] = list(range(item.top, item.bottom + 1))
        if gate.condition is not None:
            wires.extend(("bit", bit) for bit, _ in gate.condition)
        if gate.name == "measure":
            wires.append(("bit", gate.payload))
        column = max(ends.get(wire, 0) for wire in wires)
        if column == len(columns):
            columns.append([])
        columns[column].append(item)
        ends.update(dict.fromkeys(wires, column + 1))
    return columns


def _phase_note(circuit: "Circuit") -> str:
    """The sum of the global phases as a line of text, or nothing."""
    total = as_angle(0.0)
    for gate in circuit.gates:
        if gate.name == "global_phase":
            total = total + gate.params[0]
    return f"global phase {angle_text(as_param(total))}" if total.terms else ""


def _shorten(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"


# ---------------------------------------------------------------------- text
def draw_text(circuit: "Circuit", width: int = 100) -> str:
    """The circuit as text, in rows of at most `width` characters (40 or more).

    Raises: TypeError or ValueError for a width that is no integer or too small.
    """
    width = check_int("width", width, 40)
    n = circuit.n_qubits
    head = len(f"q{n - 1}: ")
    room = width - head - 1
    blocks = [_text_column(column, n, room) for column in layout(circuit)]
    rows: list[list[list[str]]] = [[]]
    used = 0
    for block in blocks:
        if used + len(block[0]) > room and rows[-1]:
            rows.append([])
            used = 0
        rows[-1].append(block)
        used += len(block[0])
    parts = [text] if (text := _phase_note(circuit)) else []
    for row in rows:
        lines = []
        for k in range(2 * n - 1):
            start = f"q{k // 2}: ".rjust(head) + "─" if k % 2 == 0 else " " * (head + 1)
            lines.append((start + "".join(block[k] for block in row)).rstrip())
        parts.append("\n".join(lines))
    return "\n\n".join(parts)


def _text_column(column: list[Item], n_qubits: int, room: int) -> list[str]:
    """One column as 2 n - 1 strings of equal length: the wires and what lies between them."""
    cells: dict[int, str] = {}
    links: set[int] = set()
    for item in column:
        for mark in item.marks:
            last = mark is item.marks[-1]
            cells[2 * mark.qubit] = _shorten(_cell(mark, item.condition if last else ""), room - 1)
        links.update(range(2 * item.top + 1, 2 * item.bottom))
    size = max(map(len, cells.values()))
    middle = size // 2
    result = []
    for k in range(2 * n_qubits - 1):
        fill = "─" if k % 2 == 0 else " "
        text = cells.get(k, ("┼" if k % 2 == 0 else "│") if k in links else "")
        left = middle - len(text) // 2
        result.append(fill * left + text + fill * (size - left - len(text) + 1))
    return result


def _cell(mark: Mark, condition: str) -> str:
    suffix = f" if {condition}" if condition else ""
    if mark.kind == "meter":
        return f"┤M→{mark.detail}{suffix}├"
    if mark.kind == "box":
        return f"┤{mark.title}{f'({mark.detail})' if mark.detail else ''}{suffix}├"
    return "─" * len(suffix) + mark.title + suffix


# ---------------------------------------------------------------------- shapes
def shapes(circuit: "Circuit") -> tuple[float, float, list[Shape]]:
    """The drawing's width, height and shapes, in pixels, wires first."""
    columns = layout(circuit)
    sizes = [max(_item_width(item) for item in column) + 14 for column in columns]
    left = 26 + 8.0 * len(str(circuit.n_qubits - 1))
    rows: list[list[int]] = [[]]
    used = 0.0
    for k, size in enumerate(sizes):
        if used + size > _ROW_WIDTH - left - 24 and rows[-1]:
            rows.append([])
            used = 0.0
        rows[-1].append(k)
        used += size
    note = _phase_note(circuit)
    top = 22.0 if note else 4.0
    total = left + max(sum(sizes[k] for k in row) for row in rows) + 24
    total = max(total, 20 + 6.5 * len(note))
    result = [Shape("text", 8, 14, text=note, fill=_SMALL, anchor="start", width=11)] if note else []
    for number, row in enumerate(rows):
        end = left + sum(sizes[k] for k in row) + 12
        for q in range(circuit.n_qubits):
            y = top + _PITCH * (q + 0.5)
            result.append(Shape("text", left - 8, y, text=f"q{q}", fill=_SMALL, anchor="end", width=12))
            result.append(Shape("line", left, y, end, y))
        x = left + 6
        for k in row:
            for item in columns[k]:
                result += _item_shapes(item, x + sizes[k] / 2, top)
            x += sizes[k]
        top += _PITCH * circuit.n_qubits + (18 if number < len(rows) - 1 else 4)
    return total, top, result


def _item_width(item: Item) -> float:
    widest = 30.0
    for mark in item.marks:
        if mark.kind in ("box", "meter"):
            widest = max(widest, 8.8 * len(mark.title) + 14, 6.0 * len(_shorten(mark.detail, 20)) + 12)
    return max(widest, 6.0 * len(item.condition) + 4)


def _colours(item: Item) -> tuple[str, str]:
    """Fill and line colour, by where the gate's angles come from."""
    gate = item.gate
    if gate.name in ("measure", "reset", "prepare"):
        return _COLOURS["other"]
    kinds = {slot.kind for param in gate.params if isinstance(param, Angle) for slot in param.slots}
    return _COLOURS["xw" if len(kinds) == 2 else kinds.pop() if kinds else "number" if gate.params else "fixed"]


def _item_shapes(item: Item, x: float, top: float) -> list[Shape]:
    """The shapes of one gate with its middle at x."""
    fill, stroke = _colours(item)
    wide = _item_width(item)
    ys = [top + _PITCH * (mark.qubit + 0.5) for mark in item.marks]
    result: list[Shape] = []
    if item.solid:
        result.append(_box(item, x, ys[0], ys[-1], wide))
        mark = item.marks[0]
        result += _labels(mark._replace(title=mark.title.split(":")[0]), x, (ys[0] + ys[-1]) / 2)
        if ":" in mark.title:
            for each, y in zip(item.marks, ys, strict=True):
                number = each.title.split(":")[1]
                result.append(Shape("text", x - wide / 2 + 7, y, text=number, fill=_SMALL, width=9))
    else:
        if len(ys) > 1:
            result.append(Shape("line", x, ys[0], x, ys[-1], stroke=stroke, width=1.8))
        for mark, y in zip(item.marks, ys, strict=True):
            if mark.kind == "dot":
                result.append(Shape("circle", x, y, 4.5, stroke=stroke, fill=stroke))
            elif mark.kind == "plus":
                result.append(Shape("circle", x, y, 11, stroke=stroke, fill=fill, width=1.8))
                result.append(Shape("line", x - 11, y, x + 11, y, stroke=stroke, width=1.8))
                result.append(Shape("line", x, y - 11, x, y + 11, stroke=stroke, width=1.8))
            elif mark.kind == "cross":
                result.append(Shape("line", x - 7, y - 7, x + 7, y + 7, stroke=stroke, width=2.2))
                result.append(Shape("line", x - 7, y + 7, x + 7, y - 7, stroke=stroke, width=2.2))
            elif mark.kind == "meter":
                result += [_box(item, x, y, y, wide), *_meter(mark, x, y, stroke)]
            else:
                result += [_box(item, x, y, y, wide), *_labels(mark, x, y)]
    if item.condition:
        result.append(Shape("text", x, ys[-1] + 24, text=item.condition, fill=_COLOURS["other"][1], width=9.5))
    return result


def _box(item: Item, x: float, y: float, y_end: float, wide: float) -> Shape:
    fill, stroke = _colours(item)
    detail = next((mark.detail for mark in item.marks if mark.detail), "")
    text = f"{item.gate.name}({detail})" if item.gate.params else item.gate.name
    size = y_end - y + 2 * _HALF
    return Shape("box", x - wide / 2, y - _HALF, wide, size, stroke, fill, 1.5, text, dashed=bool(item.condition))


def _labels(mark: Mark, x: float, y: float) -> list[Shape]:
    """The gate's name, and its angles in smaller letters below."""
    if not mark.detail:
        return [Shape("text", x, y, text=mark.title, fill=_INK, width=14, bold=True)]
    detail = _shorten(mark.detail, 20)
    return [
        Shape("text", x, y - 6, text=mark.title, fill=_INK, width=13, bold=True),
        Shape("text", x, y + 9, text=detail, fill=_SMALL, width=10),
    ]


def _meter(mark: Mark, x: float, y: float, stroke: str) -> list[Shape]:
    """A dial with its needle, and the classical bit below."""
    return [
        Shape("arc", x, y + 1, 9, stroke=stroke, width=1.6),
        Shape("line", x, y + 1, x + 7, y - 11, stroke=stroke, width=1.6),
        Shape("text", x, y + 11, text=mark.detail, fill=_SMALL, width=9.5),
    ]


# ---------------------------------------------------------------------- output
def draw_svg(circuit: "Circuit") -> str:
    """The circuit as the text of an SVG picture that needs nothing else; long circuits wrap into rows."""
    width, height, parts = shapes(circuit)
    head = f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}"'
    lines = [
        f'{head} viewBox="0 0 {width:.0f} {height:.0f}" font-family="Helvetica, Arial, sans-serif">',
        '<rect width="100%" height="100%" rx="6" fill="#ffffff"/>',
        *map(_svg, parts),
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def _svg(s: Shape) -> str:
    """One shape as an SVG element."""
    line = f'stroke="{s.stroke}" stroke-width="{s.width:g}" fill="{s.fill}"'
    if s.kind == "line":
        return f'<line x1="{s.x:.1f}" y1="{s.y:.1f}" x2="{s.x2:.1f}" y2="{s.y2:.1f}" {line} stroke-linecap="round"/>'
    if s.kind == "circle":
        return f'<circle cx="{s.x:.1f}" cy="{s.y:.1f}" r="{s.x2:g}" {line}/>'
    if s.kind == "arc":
        return f'<path d="M {s.x - s.x2:.1f} {s.y:.1f} a {s.x2:g} {s.x2:g} 0 0 1 {2 * s.x2:g} 0" {line}/>'
    if s.kind == "box":
        dash = ' stroke-dasharray="4 2.5"' if s.dashed else ""
        place = f'x="{s.x:.1f}" y="{s.y:.1f}" width="{s.x2:.1f}" height="{s.y2:.1f}" rx="6"'
        return f"<rect {place} {line}{dash}><title>{escape(s.text)}</title></rect>"
    weight = ' font-weight="600"' if s.bold else ""
    style = f'font-size="{s.width:g}" fill="{s.fill}" text-anchor="{s.anchor}"{weight}'
    return f'<text x="{s.x:.1f}" y="{s.y + 0.36 * s.width:.1f}" {style}>{escape(s.text)}</text>'


def draw_matplotlib(circuit: "Circuit") -> "Figure":
    """The circuit as a Matplotlib figure, 100 pixels to the inch."""
    from matplotlib.figure import Figure
    from matplotlib.patches import Arc, Circle, FancyBboxPatch

    width, height, parts = shapes(circuit)
    figure = Figure(figsize=(width / 100, height / 100), dpi=100)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, width), ylim=(height, 0))
    axes.axis("off")
    aligned = {"middle": "center", "start": "left", "end": "right"}
    for order, s in enumerate(parts):
        style: dict[str, Any] = {"edgecolor": s.stroke, "facecolor": s.fill, "linewidth": 0.72 * s.width}
        style["zorder"] = order
        if s.kind == "line":
            axes.plot([s.x, s.x2], [s.y, s.y2], color=s.stroke, linewidth=0.72 * s.width, zorder=order)
        elif s.kind == "circle":
            axes.add_patch(Circle((s.x, s.y), s.x2, **style))
        elif s.kind == "arc":
            del style["facecolor"]
            axes.add_patch(Arc((s.x, s.y), 2 * s.x2, 2 * s.x2, theta1=180, theta2=360, **style))
        elif s.kind == "box":
            round_box = "round,pad=0,rounding_size=6"
            dash = "--" if s.dashed else "-"
            axes.add_patch(FancyBboxPatch((s.x, s.y), s.x2, s.y2, boxstyle=round_box, linestyle=dash, **style))
        else:
            place: dict[str, Any] = {"ha": aligned[s.anchor], "va": "center", "zorder": order}
            weight = "bold" if s.bold else "normal"
            axes.text(s.x, s.y, s.text, size=0.72 * s.width, color=s.fill, weight=weight, **place)
    return figure
