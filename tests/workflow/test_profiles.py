"""The cluster profile against the rules: who gets a GPU, what grows on a retry, what stays at home."""

import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
SLURM = yaml.safe_load((ROOT / "profiles/slurm/config.yaml").read_text())
TEXT = "".join(path.read_text() for path in sorted((ROOT / "workflow/rules").glob("*.smk")))


def bodies():
    """name → text of every rule; one made by `use rule x as y` has the text of x before its own."""
    found = {}
    for match in re.finditer(
        r"^ *(?:use rule (\w+) as (\w+) with|rule (\w+)):\n(.*?)(?=^ *(?:use )?rule |\Z)", TEXT, re.M | re.S
    ):
        base, derived, plain, body = match.groups()
        found[derived or plain] = found.get(base, "") + body
    return found


RULES = bodies()
LOCAL = {name for name, body in RULES.items() if "localrule: True" in body}
ON_GPU = {name for name, body in RULES.items() if re.search(r"\bgpu=", body)}


def resource(rule, name, attempt):
    """What Snakemake makes of the profile's expression for a rule."""
    chosen = SLURM["default-resources"] | SLURM["set-resources"].get(rule, {})
    value = chosen[name]
    return eval(value, {"min": min, "attempt": attempt}) if isinstance(value, str) else value


def test_rules_of_every_kind_were_found():
    assert {"train", "predict", "predict_joint", "predict_sequence", "run_external"} == ON_GPU
    assert {"fetch", "split", "check_results", "tabulate", "report"} <= LOCAL
    assert {"augment_packed", "score_joint"} <= set(RULES)


@pytest.mark.parametrize("rule", sorted(set(RULES) - LOCAL))
def test_gpu_rules_alone_go_to_gpu_nodes(rule):
    partition = (SLURM["default-resources"] | SLURM["set-resources"].get(rule, {}))["slurm_partition"]
    assert partition == ("gpu" if rule in ON_GPU else "cpu")


@pytest.mark.parametrize("rule", sorted(ON_GPU))
def test_a_gpu_rule_asks_for_one(rule):
    assert re.findall(r"\bgpu=(\w+)", RULES[rule]) == ["GPUS"]
    assert re.search(r'^GPUS = 0 if STUDY\.compute\.device == "cpu" else 1$', TEXT, re.M)
    assert not {"gpu", "gres"} & set(SLURM["set-resources"][rule])


@pytest.mark.parametrize("name", ["mem_mb", "runtime"])
@pytest.mark.parametrize("rule", sorted(set(RULES) - LOCAL))
def test_a_retry_asks_for_more(rule, name):
    """A rule's own number would hide the profile's default, which grows: then the profile has one for it."""
    if re.search(rf"\b{name}=", RULES[rule]):
        assert name in SLURM["set-resources"].get(rule, {}), f"{rule} sets {name}: it would not grow"
    assert resource(rule, name, attempt=1) < resource(rule, name, attempt=2)


def test_the_profile_names_only_rules_that_exist_and_guards_against_hangs():
    assert set(SLURM["set-resources"]) <= set(RULES) - LOCAL
    assert SLURM["slurm-status-command"] == "squeue"
    assert SLURM["retries"] >= 1 and SLURM["rerun-incomplete"] and SLURM["keep-going"]
