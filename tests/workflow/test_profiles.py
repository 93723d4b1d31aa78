"""The cluster profile against the rules: who gets a GPU, what grows on a retry, what stays at home."""

import re

import pytest
import yaml
from builders.rules import BODIES, ROOT, TEXT

SLURM = yaml.safe_load((ROOT / "profiles/slurm/config.yaml").read_text())


LOCAL = {name for name, body in BODIES.items() if "localrule: True" in body}
ON_GPU = {name for name, body in BODIES.items() if re.search(r"\bgpu=", body)}


def resource(rule, name, attempt):
    """What Snakemake makes of the profile's expression for a rule."""
    chosen = SLURM["default-resources"] | SLURM["set-resources"].get(rule, {})
    value = chosen[name]
    return eval(value, {"min": min, "attempt": attempt}) if isinstance(value, str) else value


def test_rules_of_every_kind_were_found():
    ours = {"train", "predict", "predict_joint", "predict_partial", "predict_sequence"}
    assert ours | {"run_external", "train_tool", "predict_tool"} == ON_GPU
    assert {"fetch", "split", "check_results", "make_tables", "report"} <= LOCAL
    assert {"augment_packed", "score_joint"} <= set(BODIES)


@pytest.mark.parametrize("rule", sorted(set(BODIES) - LOCAL))
def test_gpu_rules_alone_go_to_gpu_nodes(rule):
    partition = (SLURM["default-resources"] | SLURM["set-resources"].get(rule, {}))["slurm_partition"]
    assert partition == ("gpu" if rule in ON_GPU else "cpu")


@pytest.mark.parametrize("rule", sorted(ON_GPU))
def test_a_gpu_rule_asks_for_one(rule):
    assert re.findall(r"\bgpu=(\w+)", BODIES[rule]) == ["GPUS"]
    assert re.search(r'^GPUS = 0 if STUDY\.compute\.device == "cpu" else 1$', TEXT, re.M)
    assert not {"gpu", "gres"} & set(SLURM["set-resources"][rule])


@pytest.mark.parametrize("name", ["mem_mb", "runtime"])
@pytest.mark.parametrize("rule", sorted(set(BODIES) - LOCAL))
def test_a_retry_asks_for_more(rule, name):
    """A rule's own number would hide the profile's default, which grows: then the profile has one for it."""
    if re.search(rf"\b{name}=", BODIES[rule]):
        assert name in SLURM["set-resources"].get(rule, {}), f"{rule} sets {name}: it would not grow"
    assert resource(rule, name, attempt=1) < resource(rule, name, attempt=2)


def test_the_profile_names_only_rules_that_exist_and_guards_against_hangs():
    assert set(SLURM["set-resources"]) <= set(BODIES) - LOCAL
    assert SLURM["slurm-status-command"] == "squeue"
    assert SLURM["retries"] >= 1 and SLURM["rerun-incomplete"] and SLURM["keep-going"]
