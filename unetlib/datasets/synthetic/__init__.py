"""Synthetic microscopy with exact truth, written as archives in the layouts of the public datasets.

- archive_writer: Write synthetic microscopy as zip archives in the layouts of the public datasets that it imitates.
- electron_microscopy: Simulate serial-section electron microscopy: thin membranes between cells, and organelles that
  resemble them.
- moving_cells: Simulate cells that crawl, touch, round up and divide: their outlines in each frame, and their tracks.
- nuclei: Simulate still images of nuclei with exact truth: fluorescence and stained histology.
- optics: Helpers of all synthetic images: smooth noise, a camera model, conversion to bytes.
- phase_contrast: Simulate phase-contrast time-lapse: the optics of cells, debris, uneven illumination and the camera.

For other packages: archive_writer.write_archive.
"""
