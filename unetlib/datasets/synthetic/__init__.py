"""Synthetic microscopy with exact truth, written as archives in the layouts of the public datasets.

- archive_writer: Synthetic microscopy as zip archives in the layouts of the public datasets it stands for.
- electron_microscopy: Synthetic serial-section electron microscopy: thin membranes between cells, and organelles that
  resemble them.
- moving_cells: Cells that crawl, touch, round up and divide: their outlines, frame by frame, and their tracks.
- nuclei: Synthetic still microscopy with exact truth: nuclei (fluorescence, histology) and EM-like membranes.
- optics: What all synthetic images share: smooth noise, the camera, and grey values as bytes.
- phase_contrast: Synthetic phase-contrast time-lapse: the optics of cells, debris, uneven light and the camera.

For other packages: archive_writer.write_archive.
"""
