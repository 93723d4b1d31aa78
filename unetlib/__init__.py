"""The U-Net cell-segmentation literature, regenerated: arrays and tensors only; no config, no printing."""
