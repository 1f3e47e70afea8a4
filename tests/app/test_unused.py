"""What of the manuals was not used is told: at the end of a run, by status, in the report."""

import json
import sys

import pytest

from app.cli import main

CHINESE = "# 润滑\n\n" + "主轴承必须每500小时用12克润滑脂润滑一次。机器运行时切勿打开门。" * 9
JAW = """# Jaw

The sealing jaw of the press must be tightened to 24 Nm with a torque wrench before every shift.
The sealing jaw must be cleaned with a soft cloth when the press has cooled down. A jaw with a crack
must be replaced at once by a technician.
"""


def officina(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> int:
    monkeypatch.setattr(sys, "argv", ["officina", *map(str, arguments)])
    with pytest.raises(SystemExit) as left:
        main()
    return left.value.code


def test_what_is_not_used_is_told(tmp_path, monkeypatch, capsys):
    manuals, run = tmp_path / "manuals", tmp_path / "run"
    manuals.mkdir()
    (manuals / "jaw.md").write_text(JAW, encoding="utf-8")
    for number in range(7):
        (manuals / f"zh{number}.md").write_text(f"{CHINESE}{number}", encoding="utf-8")
    assert officina(monkeypatch, "run", manuals, "--rows", 2, "--out", run) == 3
    ended = capsys.readouterr().out
    officina(monkeypatch, "status", run)
    status = capsys.readouterr().out
    for told in (ended, status):
        assert "not used zh0.md: Its language is none of" in told
        assert "not used zh4.md" in told
        assert "not used 2 more: the report names them." in told
    officina(monkeypatch, "status", run, "--json")
    assert json.loads(capsys.readouterr().out)["notes"] == {"skipped": 7}
    report = (run / "report.html").read_text(encoding="utf-8")
    assert all(f"zh{number}.md" in report for number in range(7))
