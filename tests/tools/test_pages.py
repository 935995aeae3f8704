"""The generated pages are those in the repository, and the check sees when they are not."""

import pages


def test_the_pages_hold():
    assert pages.main(["--check"]) == 0


def test_an_old_page_is_seen_and_renewed(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(pages, "FOLDER", tmp_path)
    (tmp_path / "gates.md").write_text("# Gates\n")
    assert pages.main(["--check"]) == 1
    assert "gates.md is out of date" in capsys.readouterr().out
    assert pages.main([]) == 0
    assert pages.main(["--check"]) == 0
    assert "`crx`" in (tmp_path / "gates.md").read_text()
    assert "ketwork predict RUN DATA" in (tmp_path / "commands.md").read_text()
