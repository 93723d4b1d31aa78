"""Titles and captions of the report's sections, pictures and tables; they contain no results."""

SECTIONS = {  # id → title, the question it answers; a block of another section follows under that section's id
    "comparison": ("Scores", "How well does each network segment test images of the dataset that it was trained on?"),
    "league": ("League", "How do other tools do on the same images, trained here in a stated time?"),
    "examples": ("Examples", "Test images with the ground truth, the prediction and the errors."),
    "tracking": ("Cell tracking", "How are cells tracked through a sequence, how large are they and how fast?"),
    "ablation": ("Ablation", "The reference with one component changed, on the same test images."),
    "pitfalls": ("Pitfalls", "How much better does a score look when the experiment is flawed?"),
    "waterfall": ("Protocols of documents", "What is a published number worth, and what is each flaw behind it worth?"),
    "sizes": ("Training set size and network size", "How much do more training images and larger networks gain?"),
    "transfer": ("Transfer", "How well does a network segment images of a dataset that it was not trained on?"),
    "claims": ("Published claims", "Which numbers and statements of the literature does this study reproduce?"),
    "learning": ("Learning curves", "Did training converge, and which network was selected?"),
    "training-data": ("Training data", "Loss weights and augmented images, as the training uses them."),
    "costs": ("Costs", "Time and memory of each training on the machine named under Provenance."),
    "cite": ("How to cite", "The software, the paper that it follows, and the authors of the data."),
    "provenance": ("Provenance", "The data, software and settings behind every number on this page."),
}
PICTURES = {  # kind (prefix of the file name) → section, title, caption
    "examples": (
        "examples",
        "Best, median and worst test image of the reference",
        "Outlines of the true instances in blue and of the predicted instances in orange. Errors by pixel: light is "
        "correct, vermilion a false positive, blue a false negative, lilac not annotated and not scored.",
    ),
    "tracks": (
        "tracking",
        "Tracks over the last frame",
        "The centroids of every cell through the whole sequence; colours only separate neighbours. A dot marks a cell "
        "in the last frame, a cross the end of an earlier track: a division, a cell that left, or a lost cell.",
    ),
    "motion": (
        "tracking",
        "Areas and speeds",
        "Left: the area of every cell in every frame, without cells cut by the image edge. Right: path length over "
        "time of every track of at least 3 frames. Vermilion: the median.",
    ),
    "ablation": (
        "ablation",
        "Effect of each change",
        "Difference to the reference in the dataset's primary score, on the same images. Blue: mean and 95 % interval, "
        "with an arrow where it continues beyond the axis; the dot is filled where the difference is clear. "
        "Vermilion: single runs. p is corrected for all rows by Holm's method.",
    ),
    "transfer": (
        "transfer",
        "Trained on one dataset, tested on another",
        "Mean IoU [95 % interval], and below it the predicted and the true fraction of foreground pixels; n is in the "
        "table. A score near the true fraction with nearly everything predicted as foreground is not a segmentation.",
    ),
    "league": (
        "league",
        "Score against processor seconds of training",
        "Test images of each dataset, mean and 95 % interval over images and retrainings. Networks and tools were "
        "trained on the same images. The dotted line is the best method without any training.",
    ),
    "training-size": (
        "sizes",
        "Score by number of training images",
        "Primary score on the test images, mean and 95 % interval, against the number of images that the network was "
        "trained on. Vermilion: the reference, trained on all of them. n = images × runs.",
    ),
    "network-size": (
        "sizes",
        "Score by network size",
        "Primary score on the test images, mean and 95 % interval, against the number of base filters; twice as many "
        "filters are four times as many parameters. Vermilion: the reference. n = images × runs.",
    ),
    "waterfall": (
        "waterfall",
        "From the document's protocol to ours",
        "Score with 95 % interval. The first row (vermilion) does what the document did; each further row takes away "
        "one more of its flaws; the last (blue) is our experiment. The dashed line is the published value. Right: "
        "the score, and in brackets the change against the row above on images that both were tested on, where there "
        "are any. A best validation score, which some documents report, has no interval of its own.",
    ),
    "learning-curves": (
        "learning",
        "Learning curves",
        "Thin lines: single runs. Thick lines: the mean over the runs of an experiment, as long as all of them train. "
        "Losses of different loss functions cannot be compared; validation Dice of whole images can.",
    ),
    "weight-map": (
        "training-data",
        "Loss weight of each pixel",
        "The narrow gaps between touching instances have the largest weights, so that merging two cells is costly.",
    ),
    "augmentation": (
        "training-data",
        "One training image and its augmented copies",
        "Elastic and affine deformation and variation of the grey values; the outlines are deformed with the image.",
    ),
}
TABLES = {  # kind → section, title, caption, whether the table is initially folded
    "comparison": (
        "comparison",
        "Each network on the test images of its own dataset",
        "Mean [95 % interval]; the column “resampled” says what the interval covers. SEG is pooled over reference "
        "objects; every other score is a mean over images, then over runs. n = images × runs. The baselines “trained "
        "on none” have learned nothing; a score near theirs is no achievement. “external” marks label images made by "
        "another tool.",
        False,
    ),
    "league": (
        "league",
        "Networks and tools on the same images",
        "Every tool was trained here on the training images of our networks, chose by our validation images alone, and "
        "never saw a test image before it predicted. Processor seconds are of the whole training, of tools with "
        "imports and preparation (its budget in seconds is beside it), of networks without the augmented cache; "
        "brackets behind them hold the smallest and largest. A note marks a network that took more than 1.2 times the "
        "budget, at which a tool is stopped. A pretrained tool has learned from other images too.",
        False,
    ),
    "ablation": (
        "ablation",
        "Difference to the reference, by dataset",
        "Paired by test image, fold and seed; mean difference [95 % interval; “resampled” says of what]. p is "
        "that of no difference by the model of the interval (docs/statistics.md); p (Holm) is corrected among the "
        "comparisons of one question on one dataset. "
        "r is the matched-pairs rank-biserial correlation, 1 where every unit improved. The CSV has all other metrics.",
        False,
    ),
    "power": (
        "ablation",
        "What this design can find",
        "Standard deviations of a score between networks that differ by their seed, of a difference to the reference "
        "between folds, and of an image in such a difference; the correlation of successive frames; and how many seeds "
        "and folds of each experiment would find a true difference of this size in four of five studies.",
        True,
    ),
    "transfer": ("transfer", "Each network on each test set", "Mean over runs [95 % interval].", True),
    "claims": (
        "claims",
        "Published numbers and statements, and ours",
        "What is decided comes first. A claim is judged under its own protocol, by an experiment that does what the "
        "document did, its flaws included, and under ours; the row says which of them decides. Brackets hold 95 % "
        "intervals. Two scores agree within 0.02, or when our interval of at most ± 0.05 contains the published score. "
        "A difference is clear when its 95 % interval excludes zero and the networks were trained with several seeds; "
        "folds alone are not retraining. It is equivalent when its 90 % interval lies within ± 0.02. Each claim "
        "is a question of its own, so that nothing is corrected for the number of claims. A doubt, about the published "
        "number or about our own network (fewer filters, a shorter training, silver truth), takes away the verdict "
        "that it could explain: a leaky split explains why our score is lower, never why it is higher. Void: the "
        "published value is no better than a trivial prediction on our test images. Undecided: too few networks; the "
        "seeds and folds per arm that would decide it with 80 % power, at the observed spread, stand beside it. "
        "Difference: ours − published, or the first network − the second.",
        False,
    ),
    "pitfalls": (
        "pitfalls",
        "Control and flawed experiments on the same images",
        "Correctly trained networks versus the same networks with one deliberate mistake, evaluated on shared test "
        "images. n = images × seeds. The CSV has all other metrics.",
        False,
    ),
    "waterfall": (
        "waterfall",
        "Each step from the document's protocol to ours",
        "Scores and changes with 95 % intervals. A change is measured on the test images that both steps share (“same "
        "images”), so it can differ from the difference of the two scores; where they share fewer than two, it is the "
        "difference of two independent scores. “Validation” compares the best validation score, which the document "
        "reports, with all test images. The CSV has all other metrics.",
        False,
    ),
    "tracking": (
        "tracking",
        "Each tracked sequence",
        "Test sequences from the first frame to the last, without cells that lie wholly outside the challenge's field "
        "of interest. TRA, DET and LNK of the Cell Tracking Challenge (1 is perfect) measure the corrections that the "
        "tracks, the cells and the links need. DET here covers all frames; in the scores, the annotated ones alone.",
        False,
    ),
    "silver": (
        "training-data",
        "Silver truth against gold truth",
        "Silver truth is made by a fusion of the challenge's best methods; it is dense, and networks train on it where "
        "there is any. Its scores on the frames that also have gold truth bound what such a network can reach. SEG is "
        "pooled over objects, Dice is a mean over frames.",
        False,
    ),
    "costs": ("costs", "Each training run", "Seconds and memory are measurements and vary from run to run.", True),
}
# Pictures drawn in black on white, which the page inverts in dark mode.
CHARTS = {"ablation", "league", "waterfall", "motion", "learning-curves", "training-size", "network-size"}
