"""Train networks that differ by their seed; a killed job goes on from its checkpoints and ends in the same bits."""

from functools import partial

import torch
from splice import JSON, PATHS, device_of, run

from unetlib.datasets.dataset import Dataset
from unetlib.datasets.split_files import dataset_and_key_of, frames_with_role
from unetlib.io.files import read_json, sha256_of, short_hash, write_csv
from unetlib.networks import trained_network
from unetlib.networks.blocks import initialise, parameter_count
from unetlib.networks.build import build
from unetlib.networks.device import keep_freed_memory, uses_bfloat16
from unetlib.study.runs import run_of
from unetlib.training import provenance, validation
from unetlib.training.batches import Batches
from unetlib.training.cache import read_cache, repair
from unetlib.training.loop import train
from unetlib.training.losses import LOSSES
from unetlib.training.validation import AugmentedTileValidation


def main(arguments):
    settings, compute = arguments.settings, arguments.compute
    keep_freed_memory()
    torch.set_num_threads(compute["threads"])
    torch.backends.cudnn.deterministic = True  # same machine, same bytes; the CPU is so by itself
    device = device_of(compute)
    folders = [frames.parent for frames in arguments.frames]
    roles = {
        folder.name: {role: frames_with_role(split, role) for role in ("train", "validation", "test")}
        for folder, split in zip(folders, arguments.splits, strict=True)
    }
    keys = dict(dataset_and_key_of(split) for split in arguments.splits)
    frames = [(Dataset(folder), roles[folder.name]["validation"]) for folder in folders]
    validate = validation_of(settings, frames, compute, device)
    data = [read_json(folder / "dataset.json") | {"dataset": folder.name} for folder in folders]
    caches = [sha256_of(index) for index in arguments.caches]
    for index, folder in zip(arguments.caches, folders, strict=True):
        for frame in repair(index, Dataset(folder)):
            print(f"warning: {index.parent}: {frame} was not what its checksum says, and was made again")
    checkpoints = []
    for path in arguments.models:
        identity = short_hash([settings, compute, device, run_of(path.parent).seed, arguments.code, caches, roles])
        checkpoints.append(path.with_name(f"checkpoint-{identity}.pt"))
        for stale in set(path.parent.glob(f"checkpoint-{8 * '[0-9a-f]'}.pt")) - {
            checkpoints[-1]
        }:  # of other settings, data or code
            stale.unlink()
        train_one(arguments, path, checkpoints[-1], validate, device, {"data": data, "roles": roles, "splits": keys})
    for checkpoint in checkpoints:  # not before all are trained: outputs of a killed job are removed
        checkpoint.unlink(missing_ok=True)


def validation_of(settings, frames, compute, device):
    """Return what judges a network during its training, from datasets and their validation frames."""
    how = {"tile_px": compute["predict_tile_px"], "batch": compute["predict_batch"], "device": device}
    how |= {"precision": settings["training"]["precision"], "threshold": settings["threshold"]}
    normalisation = settings["normalisation"]
    if settings["validation"] == "whole":
        images = [validation.load(dataset, names, normalisation) for dataset, names in frames]
        return validation.Validation(images, **how)
    part = {"augmentation": settings["augmentation"], "side_px": settings["batch"]["tile_px"]}
    return AugmentedTileValidation(frames, normalisation=normalisation, **part, **how)


def train_one(arguments, path, checkpoint, validate, device, facts):
    """Train the network of one seed and write its model.pt, history.csv and facts.json."""
    settings, seed = arguments.settings, run_of(path.parent).seed
    batches = Batches(
        [read_cache(index) for index in arguments.caches],
        tile_px=settings["batch"]["tile_px"],
        batch_size=settings["batch"]["size"],
        depth=settings["model"]["depth"],
        padding=settings["model"]["padding"],
        policy=settings["augmentation"]["policy"],
        normalisation=settings["normalisation"],
        seed=seed,
        device=device,
    )
    model = build(**settings["model"])
    initialise(model, torch.Generator().manual_seed(seed))
    result = train(
        model,
        batches,
        partial(LOSSES[settings["loss"]["name"]], **settings["loss"]["params"]),
        validate,
        **settings["training"],
        device=device,
        seed=seed,
        checkpoint=checkpoint,
        report=lambda row: print(f"seed {seed}: " + ", ".join(f"{name} {value}" for name, value in row.items())),
    )
    columns = ("update", "loss", "validation_dice", "learning_rate", "seconds")
    write_csv(path.with_name("history.csv"), result.history, columns)
    told = {**settings, "inference": arguments.inference}
    how = {"settings": told, **vars(run_of(path.parent)), "code": arguments.code, "data": facts["data"]}
    how |= {"best_update": result.best_update, "best_validation_dice": result.best_dice, "updates": result.updates}
    provenance.write_facts(
        path.with_name("facts.json"),
        {
            **how,
            "roles": facts["roles"],
            "splits": facts["splits"],
            "parameters": parameter_count(model),
            "stopped_early": result.stopped_early,
            "train_seconds": result.seconds,
            "peak_device_memory_bytes": provenance.peak_device_memory_bytes(device),
            "device": device,
            "bfloat16": uses_bfloat16(settings["training"]["precision"], device),
            "threads": arguments.compute["threads"],
        },
    )
    trained_network.save_model(path, model.state_dict(), how)


if __name__ == "__main__":
    options = {"caches": PATHS, "frames": PATHS, "splits": PATHS, "settings": JSON, "compute": JSON, "inference": JSON}
    run(main, __doc__, **options, code={}, models=PATHS)
