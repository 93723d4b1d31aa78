"""What the report says of its sections, pictures and tables: titles and captions, no numbers."""

SECTIONS = {  # id → title, what the section answers; blocks of other sections follow under their own name
    "comparison": ("Scores", "How well does each network segment images of the dataset it was trained on?"),
    "examples": ("What it looks like", "Test images with the truth, the prediction and where they differ."),
    "tracking": ("Cells in time", "How are cells followed through a whole film, how large are they and how fast?"),
    "ablation": ("What each ingredient is worth", "The reference recipe with one thing changed, on the same images."),
    "pitfalls": ("Pitfalls", "How much better does a score look when an experiment makes a common mistake?"),
    "sizes": ("How much it takes", "What do more training images buy, and what does a larger network?"),
    "transfer": ("Transfer", "What is left of a score on a dataset the network has never seen?"),
    "claims": ("Claims", "What became of every number and statement that the literature reports?"),
    "learning": ("Learning curves", "Did training converge, and where was the best network taken?"),
    "training-data": ("What the networks were trained on", "Loss weights and augmented images, as training saw them."),
    "costs": ("Costs", "What it took in time and memory on the machine named below."),
    "cite": ("How to cite", "The software, the paper it follows, and the makers of the data."),
    "provenance": ("Provenance", "The data, software and settings behind every number on this page."),
}
PICTURES = {  # kind (how the file's name begins) → section, title, caption
    "examples": (
        "examples",
        "Best, median and worst test image of the reference",
        "Outlines of the true instances in blue and of the predicted ones in orange. Errors by pixel: light correct, "
        "vermilion predicted but false, blue missed, lilac not annotated and not scored.",
    ),
    "tracks": (
        "tracking",
        "Tracks over the last frame",
        "The centroid of every cell through the whole film, colours only tell neighbours apart. A dot: the cell is in "
        "the last frame; a cross: its track ended before, by a division, by leaving, or because it was lost.",
    ),
    "motion": (
        "tracking",
        "Areas and speeds",
        "Left: the area of every cell found in every frame, those cut by the edge left out. Right: path length over "
        "time of every track of 3 frames or more. Vermilion: the median.",
    ),
    "ablation": (
        "ablation",
        "What each change is worth",
        "Difference to the reference in the dataset's headline score, on the same images. Blue: mean and 95 % interval "
        "(an arrow: it goes on), filled where the difference is clear; vermilion: the runs. p: Holm's, over all rows.",
    ),
    "transfer": (
        "transfer",
        "Trained on one dataset, tested on another",
        "Mean IoU [95 % interval] (n: in the table); under it the predicted and the true fraction of foreground "
        "pixels. A score near the true fraction with almost everything predicted is no recognition.",
    ),
    "training-size": (
        "sizes",
        "Score against the number of training images",
        "Headline score on the test images, mean and 95 % interval, by how many images trained the network. Vermilion: "
        "the reference, which has all of them. n = images × runs.",
    ),
    "network-size": (
        "sizes",
        "Score against the size of the network",
        "Headline score on the test images, mean and 95 % interval, by the number of base filters; twice as many "
        "are four times the parameters. Vermilion: the reference. n = images × runs.",
    ),
    "learning-curves": (
        "learning",
        "Learning curves",
        "Thin: runs. Thick: mean over the runs of an experiment while all of them train. Losses of experiments with "
        "different loss functions cannot be compared; validation Dice (whole images, overlap-tile) can.",
    ),
    "weight-map": (
        "training-data",
        "The loss weight of every pixel",
        "The narrow gaps between touching instances weigh most (border weight), so that merging two of them costs.",
    ),
    "augmentation": (
        "training-data",
        "One training image and its augmented variants",
        "Elastic, affine and grey-value variation; the outlines are warped with the image.",
    ),
}
TABLES = {  # kind → section, title, caption, shown on request only
    "comparison": (
        "comparison",
        "Every network on the test images of its own dataset",
        "Mean [95 % interval]; “resampled” says what the interval covers. SEG is pooled over reference objects, every "
        "other score is a mean over images, then over runs. n = images × runs. Baselines trained on “none” know "
        "nothing: a score near theirs is no achievement. “external” marks label images that another tool made.",
        False,
    ),
    "ablation": (
        "ablation",
        "Difference to the reference, by dataset",
        "Paired on test image, fold and seed; mean difference [95 % interval by a hierarchical bootstrap of what "
        "“resampled” says]. p: the larger of a sign-flip test over the “flipped” units (each its mean over seeds) and "
        "of the interval's own draws; p (Holm): corrected for all trained networks in this table. r: matched-pairs "
        "rank-biserial correlation, 1 where every unit rose. All other metrics are in the CSV.",
        False,
    ),
    "transfer": ("transfer", "Every network on every test set", "Mean over runs [95 % interval].", True),
    "claims": (
        "claims",
        "Published numbers and statements, and ours",
        "Brackets hold 95 % intervals. Two scores agree within 0.02, or when our interval of at most ± 0.05 holds the "
        "published one; a direction is clear when its interval leaves out zero (not corrected for the number of "
        "claims). A doubt about a published number takes away the verdict that it could explain: a leaky split "
        "explains why ours is lower, never why it is higher. Difference: ours − published, or the first network − the "
        "second. Not reached says either lower or not decided; the last column says which.",
        False,
    ),
    "pitfalls": (
        "pitfalls",
        "Control and flawed protocol on the same images",
        "Correctly trained networks and the same networks with one deliberate mistake, on shared test images. "
        "n = images × seeds. All other metrics are in the CSV.",
        False,
    ),
    "tracking": (
        "tracking",
        "Every film that was followed",
        "Test sequences from their first frame to their last; cells that lie wholly outside the challenge's field of "
        "interest are left out. TRA, DET and LNK as the Cell Tracking Challenge counts them (1 is perfect): what it "
        "takes to correct tracks, cells and links. DET here is of all frames, among the scores of annotated ones.",
        False,
    ),
    "costs": ("costs", "Every run", "Seconds and memory are measured, so they differ from run to run.", True),
}
# black on white, turned over on a dark screen
CHARTS = {"ablation", "motion", "learning-curves", "training-size", "network-size"}
