"""A page as one self-contained HTML file: no script, no font and no image from elsewhere."""

from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined

from ketwork import __version__
from ketwork.report.page import Page


def render(page: Page) -> str:
    """The HTML text of a page."""
    environment = Environment(
        loader=PackageLoader("ketwork.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("report.html").render(page=page, version=__version__)


def write(page: Page, out: Path) -> Path:
    """Write report.html and figures/*.svg into a run's folder; returns the report's path."""
    folder = out / "figures"
    folder.mkdir(parents=True, exist_ok=True)
    for section in page.sections:
        if section.figure:
            text = section.figure
            if "xmlns=" not in text[:300]:
                text = text.replace("<svg", '<svg xmlns="http://www.w3.org/2000/svg"', 1)
            (folder / f"{section.name}.svg").write_text(text, encoding="utf-8")
    report = out / "report.html"
    report.write_text(render(page), encoding="utf-8")
    return report
