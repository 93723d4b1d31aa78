"""Losses of the U-Net literature for two classes: logits, a binary target and a weight map in, a scalar out.

With distance targets, a loss of the distances is added.

Every loss takes logits (B, 2, H, W), target (B, H, W) int64 (1 = foreground) and weight (B, H, W) float32, and
returns a float32 scalar, also under autocast. A pixel of weight 0 counts nowhere: neither in the sums nor in
the number of pixels. A batch of weight 0 alone gives a loss of 0 with a gradient of 0.
"""

from collections.abc import Callable
from functools import partial

from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits, mse_loss, smooth_l1_loss

from unetlib.imaging.settings import TargetSettings
from unetlib.training.settings import LossSettings

KNEE = 0.1  # of smooth_l1: the error above which it is linear instead of quadratic
# Pixels added to numerator and denominator of soft Dice and Tversky, which are then defined for an empty target.
SMOOTH = 1.0


def weighted_ce(logits: Tensor, target: Tensor, weight: Tensor) -> Tensor:
    """Return Σ w·CE / number of pixels with w > 0 (equation 1 of the paper, as a mean).

    With two classes cross-entropy is binary cross-entropy on the difference of the logits.
    """
    return _mean_ce(_margin(logits), _foreground(target), weight)


def ce_dice(logits: Tensor, target: Tensor, weight: Tensor, *, dice_fraction: float = 0.5) -> Tensor:
    """Return (1 − f)·weighted CE + f·(1 − soft Dice), soft Dice over the whole batch, unweighted where w > 0."""
    margin, foreground = _margin(logits), _foreground(target)
    overlap = _tversky(margin, foreground, weight, alpha=0.5, beta=0.5)  # Tversky ½, ½ is Dice
    return (1 - dice_fraction) * _mean_ce(margin, foreground, weight) + dice_fraction * (1 - overlap)


def bce_tversky(logits: Tensor, target: Tensor, weight: Tensor, *, alpha: float = 0.3, beta: float = 0.7) -> Tensor:
    """Return weighted BCE + 1 − TP / (TP + α·FP + β·FN), soft counts over the batch where w > 0.

    Salehi et al. 2017 (arXiv 1706.05721); β > α punishes missed foreground harder.
    """
    margin, foreground = _margin(logits), _foreground(target)
    overlap = _tversky(margin, foreground, weight, alpha=alpha, beta=beta)
    return _mean_ce(margin, foreground, weight) + 1 - overlap


def inverse_frequency_bce(logits: Tensor, target: Tensor, weight: Tensor) -> Tensor:
    """Return BCE with each class weighted by n / (2·n_class) of this batch, averaged over pixels with w > 0.

    The class weights replace the weight map, which here only marks the pixels to ignore.
    """
    margin, foreground = _margin(logits), _foreground(target)
    valid = (weight > 0).float()
    count = valid.sum()
    positive = (valid * foreground).sum()
    # a class that the batch lacks has no pixel to weight: its clamp to 1 is never used
    weight_1, weight_0 = (count / (2 * n.clamp(min=1)) for n in (positive, count - positive))
    return _mean_ce(margin, foreground, valid * (weight_0 + (weight_1 - weight_0) * foreground))


LOSSES: dict[str, Callable[..., Tensor]] = {
    "weighted_ce": weighted_ce,
    "ce_dice": ce_dice,
    "bce_tversky": bce_tversky,
    "inverse_frequency_bce": inverse_frequency_bce,
}


def loss_of(settings: LossSettings) -> Callable[[Tensor, Tensor, Tensor], Tensor]:
    """Return the loss with its parameters; one that is not set keeps its function's default."""
    return partial(LOSSES[settings.name], **settings.params.given())


def with_distances(
    loss: Callable[[Tensor, Tensor, Tensor], Tensor], target: TargetSettings
) -> Callable[[Tensor, Tensor, Tensor], Tensor]:
    """Return the loss for these targets: `loss` of the two classes plus the loss of the distances.

    Takes outputs (B, 4, H, W), target (B, 3, H, W) float32 and weight (B, H, W): mask and class logits first. The loss
    of the distances is a mean over the pixels of weight > 0, whatever their weight. Without distance targets it is
    `loss` itself.
    """
    if target.kind == "mask":
        return loss

    def both(outputs: Tensor, truth: Tensor, weight: Tensor) -> Tensor:
        known = (weight > 0).float()[:, None]
        found, wanted = outputs[:, 2:].float() * known, truth[:, 1:] * known
        if target.loss == "mse":
            total = mse_loss(found, wanted, reduction="sum")
        else:
            total = smooth_l1_loss(found, wanted, reduction="sum", beta=KNEE)
        apart = total / (2 * known.sum()).clamp(min=1)  # two distances per pixel
        return loss(outputs[:, :2], truth[:, 0].long(), weight) + target.weight * apart

    return both


def _margin(logits: Tensor) -> Tensor:
    """Return foreground minus background logit, float32, which is the logit of the foreground probability."""
    return logits[:, 1].float() - logits[:, 0].float()


def _foreground(target: Tensor) -> Tensor:
    return (target == 1).float()


def _mean_ce(margin: Tensor, foreground: Tensor, weight: Tensor) -> Tensor:
    total = binary_cross_entropy_with_logits(margin, foreground, weight=weight, reduction="sum")
    return total / (weight > 0).sum().clamp(min=1)


def _tversky(margin: Tensor, foreground: Tensor, weight: Tensor, *, alpha: float, beta: float) -> Tensor:
    """Return soft TP / (TP + α·FP + β·FN) over pixels with w > 0, with one pixel added above and below."""
    valid = (weight > 0).float()
    truth = valid * foreground
    guess = valid * margin.sigmoid()
    hit = (guess * truth).sum()
    denominator = hit + alpha * (guess.sum() - hit) + beta * (truth.sum() - hit)
    return (hit + SMOOTH) / (denominator + SMOOTH)
