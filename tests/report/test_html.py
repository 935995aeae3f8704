"""The report as a browser sees it: no network, no console error, figures that show."""

import re
import shutil
import subprocess

import pytest

from conftest import need
from ketwork.experiments.fit import fit
from ketwork.experiments.task import FitTask
from ketwork.report.publish import publish

PROBE = """
<script>
const figures = [...document.querySelectorAll('figure svg')].map(s => s.getBoundingClientRect());
const links = performance.getEntriesByType('resource').map(r => r.name);
document.title = 'PROBE ' + figures.length + ' ' + figures.filter(r => r.width > 100 && r.height > 60).length
  + ' ' + links.length + ' ' + document.getElementById('verdict').innerText.length
  + ' ' + (document.documentElement.scrollWidth <= window.innerWidth + 1);
</script>
"""


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    out = tmp_path_factory.mktemp("report") / "out"
    return publish(fit(FitTask("iris", seeds=2, fits=1, epochs=5, layers=1), out)).report


def test_is_self_contained(report):
    text = report.read_text()
    assert not re.search(r'(?:src|href)="(?!data:|#)', text)
    assert "url(http" not in text
    assert text.count("<svg") >= 5
    assert len(re.findall(r'\bid="([^"]+)"', text)) == len(set(re.findall(r'\bid="([^"]+)"', text)))


def test_opens_in_a_browser_without_errors(report, tmp_path):
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    need(chromium is not None, "a Chromium browser")
    page = tmp_path / "probe.html"
    page.write_text(report.read_text().replace("</body>", PROBE + "</body>"))
    found = subprocess.run(
        [
            chromium, "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking",
            "--disable-sync", "--no-first-run", "--disable-component-update", "--window-size=1000,2000",
            f"--user-data-dir={tmp_path / 'profile'}", "--enable-logging=stderr", "--dump-dom", page.as_uri(),
        ],
        capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip
    assert "CONSOLE" not in found.stderr, found.stderr
    probe = re.search(r"<title>PROBE (\d+) (\d+) (\d+) (\d+) (\w+)", found.stdout)
    assert probe, found.stdout[:500]
    figures, shown, resources, verdict, fits = probe.groups()
    assert int(figures) >= 5
    assert shown == figures
    assert resources == "0"
    assert int(verdict) > 60
    assert fits == "true"
