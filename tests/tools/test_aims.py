"""The table of aims compares each aim with the best recipe of ours that was trained and tested on its dataset."""

from pathlib import Path

import pytest

from tools.aims import AIMS, aims_table
from tools.marked_sections import replace_section
from tools.published_pages import WRITER

RESULTS = Path(__file__).parents[2] / "docs/results"
AIM = next(aim for dataset, _, _, aim, _ in AIMS if dataset == "phc-u373")


def test_an_aim_is_compared_with_the_best_recipe_of_its_dataset(tmp_path):
    (tmp_path / "tuned-x").mkdir()
    rows = (
        "test_dataset,experiment,train_dataset,metric,mean,low,high,runs,images,resampled",
        "isbi-em,otsu,none,iou,0.99,,,1,6,images",
        "isbi-em,tuned,dsb2018,iou,0.1,,,1,6,images",
        "isbi-em,tuned,isbi-em,iou,0.904,0.9,,2,12,images",
        "isbi-em,cellpose,isbi-em,iou,0.99,0.9,,2,12,images",
        "dsb2018,tuned,dsb2018,dice,0.91,0.9,0.92,1,80,images",
    )
    (tmp_path / "tuned-x/comparison.csv").write_text("\n".join(rows) + "\n")
    (tmp_path / "league").mkdir()
    (tmp_path / "league/comparison.csv").write_text("\n".join((*rows[:1], rows[3].replace("0.904", "0.907"))) + "\n")
    text = "\n".join(aims_table(tmp_path))
    assert "| 0.908 | 0.91 | tuned | 0.907 [0.900, –] | images | 2 | 12 | no, 0.001 short | [league](league) |" in text
    assert "| 0.91 | 0.915 | tuned | 0.910 [0.900, 0.920] | images | 1 | 80 | yes, by its mean |" in text
    assert text.count("not run") == len(AIMS) - 2


@pytest.mark.parametrize(
    ("mean", "low", "words"),
    [
        (0.899, "", "no, 0.001 short"),
        (0.8997, "0.8", "no, less than 0.001 short"),
        (0.905, "0.9", "yes"),
        (0.905, "", "yes, by its mean"),
        (0.915, "0.905", "both"),
        (0.915, "0.89", "both, by its mean"),
    ],
)
def test_an_aim_is_reached_by_the_mean_or_by_the_whole_interval(tmp_path, mean, low, words):
    row = f"phc-u373,tuned,phc-u373,seg,{mean + AIM - 0.9},{low and float(low) + AIM - 0.9},,1,9,images"
    (tmp_path / "recipes").mkdir()
    header = "test_dataset,experiment,train_dataset,metric,mean,low,high,runs,images,resampled"
    (tmp_path / "recipes/comparison.csv").write_text(f"{header}\n{row}\n")
    assert f"| {words} |" in aims_table(tmp_path)[2]


def test_the_page_of_results_has_the_aims_of_the_published_tables():
    page = (RESULTS / "README.md").read_text()
    assert replace_section(page, "aims", WRITER, aims_table(RESULTS)) == page
