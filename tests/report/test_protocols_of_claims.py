"""The committed ledger, config.yaml and studies/protocols.yaml agree on which protocol regenerates which value."""

import pytest
from builders.config import ROOT, config_of

from unetlib.report import literature
from unetlib.study.config_errors import read_study

REPORTS = ("levitsky2024", "cabrera2026", "henrion2025", "soderberg2020", "mehta2025")
WITHOUT_VALUE = {"as-000-dsb", "as-001-exp2-hela"}  # protocols of systems of which no number was published
# misquoted from elsewhere, of no named dataset, or a loss whose weights are not stated
WITHOUT_PROTOCOL = {"cabrera2026-cites-u373", "cabrera2026-cites-hela", "cabrera2026-cellpose-dice"}
WITHOUT_PROTOCOL |= {"cabrera2026-cellpose-iou", "mehta2025-loss"}


@pytest.fixture(scope="module")
def study():
    config = config_of()
    config["study"]["protocols"] = [*config["protocols"]]
    return read_study(config)


@pytest.fixture(scope="module")
def values():
    errors = literature.read_errors(ROOT / "workflow/known-errors.csv")
    claims = literature.read_ledger(ROOT / "workflow/literature.csv", errors)
    return [claim for claim in claims if claim.kind == "value"]


def test_every_published_value_of_the_reports_names_its_protocol(values):
    lacking = {claim.id for claim in values if claim.source in REPORTS and not claim.protocol}
    assert lacking == WITHOUT_PROTOCOL


def test_a_protocol_is_that_of_the_values_source_dataset_and_answer(study, values):
    for claim in (claim for claim in values if claim.protocol):
        protocol = study.protocols[claim.protocol]
        answer = (protocol.compare_with, protocol.dataset, protocol.test_dataset or protocol.dataset)
        assert claim.answer[:3] == answer and claim.source == protocol.document, claim.id


def test_every_protocol_regenerates_a_value(study, values):
    named = {claim.protocol for claim in values}
    assert study.protocols.keys() - named == WITHOUT_VALUE
    for name in study.protocols.keys() & named:
        metric = study.protocols[name].metric
        metrics = {claim.answer[3] for claim in values if claim.protocol == name}
        assert metric in metrics or metric == "seg_ctc", name


def test_the_small_study_runs_every_protocol_for_which_there_is_data():
    config = config_of("cpu", "protocols")
    left = config["protocols"].keys() - set(config["study"]["protocols"])
    assert left == {"as-002-psc", "as-001-exp2-hela"}
    found = read_study(config)
    assert found.study.name == "protocols" and len(found.study.experiments) > 40
