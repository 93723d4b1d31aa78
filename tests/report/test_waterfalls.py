"""waterfalls: the steps of protocols as text, and as a chart from the document's score to ours."""

import pandas as pd
from builders.tables import WATERFALL

from unetlib.report.waterfalls import START, waterfall_chart, waterfall_shown


def test_a_person_reads_what_each_step_takes_away_and_changes() -> None:
    shown = waterfall_shown(WATERFALL)
    assert shown["flaw taken away"].tolist() == [START, "the best score of validation", "frames of the same film"]
    assert shown["score"].tolist() == ["0.900", "0.800 [0.700, 0.900]", "0.650 [0.600, 0.700]"]
    assert shown["change"].tolist() == ["–", "−0.100 [−0.150, −0.050]", "−0.150 [−0.200, −0.100]"]
    assert shown["images"].tolist() == ["–", 6, 9] and set(shown["metric"]) == {"IoU"}
    assert shown["change rests on"].tolist() == ["–", "validation", "other images"]


def test_no_protocol_is_an_empty_table_and_chart() -> None:
    assert waterfall_shown(WATERFALL[:0]).empty and waterfall_shown(WATERFALL[:0]).columns.tolist()
    assert waterfall_chart(WATERFALL[:0], {}).axes


def test_a_panel_states_the_document_its_steps_scores_and_the_published_value() -> None:
    second = WATERFALL.assign(protocol="as-other")
    figure = waterfall_chart(pd.concat([WATERFALL, second]), {"as-theirs": 0.92})
    first, other = figure.axes
    assert first.get_title(loc="left") == "as-theirs: somebody2020, cells" and first.get_xlabel() == "IoU"
    labels = [label.get_text().replace("\n", " ") for label in first.get_yticklabels()]
    assert labels == [START, "mended: the best score of validation", "mended: frames of the same film"]
    assert [text.get_text() for text in first.texts] == ["0.900", "0.800 (−0.100)", "0.650 (−0.150)"]
    lines = [[*map(float, line.get_xdata())] for line in first.lines]
    assert [0.92, 0.92] in lines and [0.9, 0.8, 0.65] in lines
    assert [0.92, 0.92] not in [[*map(float, line.get_xdata())] for line in other.lines]
