"""Train one network; a killed job goes on from its checkpoint and ends in the same bits."""

import json
from functools import partial

import torch
from splice import JSON, PATH, PATHS, device_of, run

from unetlib import runs, validation
from unetlib.batches import Batches
from unetlib.cache import read_cache
from unetlib.files import key_of, sha256_of, write_csv
from unetlib.losses import LOSSES
from unetlib.model import UNet, initialise, parameter_count
from unetlib.samples import Dataset
from unetlib.splits import frames_with_role
from unetlib.train import train


def main(arguments):
    settings, compute = arguments.settings, arguments.compute
    experiment, train_dataset, fold, seed = (*arguments.run[:2], *map(int, arguments.run[2:]))
    torch.set_num_threads(compute["threads"])
    torch.backends.cudnn.deterministic = True  # same machine, same bytes; the CPU is so by itself
    device = device_of(compute)
    folders = [frames.parent for frames in arguments.frames]
    data = [json.loads((folder / "dataset.json").read_text()) | {"dataset": folder.name} for folder in folders]
    roles = {
        folder.name: {role: frames_with_role(split, role) for role in ("train", "validation", "test")}
        for folder, split in zip(folders, arguments.splits, strict=True)
    }
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
    validate = validation.Validation(
        [
            validation.load(Dataset(folder), roles[folder.name]["validation"], settings["normalisation"])
            for folder in folders
        ],
        threshold=settings["threshold"],
        tile_px=compute["predict_tile_px"],
        batch=compute["predict_batch"],
        device=device,
        precision=settings["training"]["precision"],
    )
    model = UNet(**settings["model"])
    initialise(model, torch.Generator().manual_seed(seed))
    folder = arguments.output.parent
    caches = [sha256_of(index) for index in arguments.caches]
    identity = key_of([settings, compute, device, seed, arguments.code, caches, roles])
    checkpoint = folder / f"checkpoint-{identity}.pt"
    for stale in set(folder.glob("checkpoint-*.pt")) - {checkpoint}:  # of other settings, data or code
        stale.unlink()
    result = train(
        model,
        batches,
        partial(LOSSES[settings["loss"]["name"]], **settings["loss"]["params"]),
        validate,
        **settings["training"],
        device=device,
        seed=seed,
        checkpoint=checkpoint,
        report=lambda facts: print(", ".join(f"{name} {value}" for name, value in facts.items())),
    )
    how = {
        "settings": settings,
        "experiment": experiment,
        "train_dataset": train_dataset,
        "fold": fold,
        "seed": seed,
        "code": arguments.code,
        "data": data,
    }
    columns = ("update", "loss", "validation_dice", "learning_rate", "seconds")
    write_csv(folder / "history.csv", result.history, columns)
    runs.write_facts(
        folder / "facts.json",
        {
            **how,
            "roles": roles,
            "parameters": parameter_count(model),
            "updates": result.updates,
            "best_update": result.best_update,
            "best_validation_dice": result.best_dice,
            "stopped_early": result.stopped_early,
            "train_seconds": result.seconds,
            "peak_device_memory_bytes": runs.peak_device_memory_bytes(device),
            "device": device,
            "threads": compute["threads"],
        },
    )
    runs.save_model(arguments.output, model.state_dict(), how)
    checkpoint.unlink(missing_ok=True)


if __name__ == "__main__":
    options = {"caches": PATHS, "frames": PATHS, "splits": PATHS, "settings": JSON, "compute": JSON}
    run(main, __doc__, run={"nargs": 4}, **options, code={}, output=PATH)
