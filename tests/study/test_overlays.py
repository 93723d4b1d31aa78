"""An overlay without a study name of its own never writes over the results of a study that was made without it."""

import re

import pytest

from unetlib.study.overlays import check_overlays, record_overlays, unnamed_overlays
from unetlib.study.settings import StudyError


@pytest.fixture
def files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, text in {
        "cpu": "study: {name: cpu, seeds: [0]}\ntraining: {updates: 9}\n",
        "tweak": "training: {updates: 5}\n",
        "seeds": "study: {seeds: [0, 1]}\n",
        "mirror": "mirrors: [~/archives]\ncompute: {device: cuda}\nlimits: {fetch_attempts: 3}\n",
        "nothing": "# nothing yet\n",
        "mine": "study: {name: mine}\n",
        "consent": "study: {name: cpu}\ntraining: {updates: 5}\n",
    }.items():
        (tmp_path / f"{name}.yaml").write_text(text)
    (tmp_path / "tweak.json").write_text('{"training": {"updates": 5}}')
    return tmp_path


def test_what_changes_results_and_names_no_study_is_found(files):
    names = [path.name for path in sorted(files.iterdir())]
    assert unnamed_overlays(names) == ["seeds.yaml", "tweak.json", "tweak.yaml"]
    assert unnamed_overlays([files / "tweak.yaml", "./tweak.json"]) == ["tweak.yaml", "tweak.json"]


def test_an_unnamed_overlay_is_refused_and_every_remedy_works(files):
    record = files / "results/cpu/overlays.json"
    record_overlays(record, unnamed_overlays(["cpu.yaml"]))
    for harmless in ([], ["mirror.yaml"], ["nothing.yaml"]):
        check_overlays(record, "cpu", unnamed_overlays(["cpu.yaml", *harmless]))
    with pytest.raises(
        StudyError, match=r"^tweak\.yaml states no study\.name, and results/cpu was made without"
    ) as told:
        check_overlays(record.relative_to(files), "cpu", unnamed_overlays(["cpu.yaml", "tweak.yaml"]))
    assert "state study: {name: cpu} in it" in str(told.value) and "\n" not in str(told.value)
    check_overlays(record, "cpu", unnamed_overlays(["cpu.yaml", "consent.yaml"]))
    check_overlays(
        files / "results/mine/overlays.json", "mine", unnamed_overlays(["cpu.yaml", "tweak.yaml", "mine.yaml"])
    )


def test_results_made_with_an_overlay_are_not_replaced_without_it(files):
    record = files / "results/cpu/overlays.json"
    record_overlays(record, unnamed_overlays(["cpu.yaml", "tweak.yaml"]))
    check_overlays(record, "cpu", unnamed_overlays(["cpu.yaml", "tweak.yaml"]))
    with pytest.raises(StudyError, match=r"was made with tweak\.yaml, which is not given now; give it again") as told:
        check_overlays(record, "cpu", unnamed_overlays(["cpu.yaml"]))
    (named,) = re.findall(r"delete (\S+) to", str(told.value))
    (files / named).unlink()
    check_overlays(record, "cpu", unnamed_overlays(["cpu.yaml"]))


def test_the_record_is_written_once_and_a_damaged_one_refuses_nothing(files):
    record = files / "results/cpu/overlays.json"
    record_overlays(record, ["tweak.yaml"])
    before = record.stat().st_mtime_ns
    record_overlays(record, ["tweak.yaml"])
    assert record.stat().st_mtime_ns == before
    record.write_text("{")
    check_overlays(record, "cpu", [])
    record_overlays(record, [])
    assert record.read_text() == '{\n  "overlays": []\n}\n'
