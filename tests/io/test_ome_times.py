"""The interval between frames is read of OME-XML, stated as one or as the times of planes."""

import pytest
import tifffile
from builders.archives import texture
from builders.ome import ome

from unetlib.io.calibration import calibration_of


def ome_with_times(*times, unit=None, **pixels):
    """OME-XML of planes (T, C) with these times; None leaves the time of a plane out."""
    unit = f' DeltaTUnit="{unit}"' if unit else ""
    planes = [
        f'<Plane TheZ="0" TheT="{t}" TheC="{c}"' + ("" if time is None else f' DeltaT="{time}"{unit}') + "/>"
        for t, c, time in times
    ]
    return ome("".join(planes), **pixels)


TIMES = {  # what the planes say: (seconds from frame to frame, what is said)
    "even": (ome_with_times((0, 0, 3), (1, 0, 13), (2, 0, 23)), 10, ""),
    "jitter": (ome_with_times((0, 0, 0), (1, 0, 10.3), (2, 0, 19.9), (3, 0, 30)), 10, ""),
    "channels": (ome_with_times((0, 0, 0), (0, 1, 4), (1, 0, 10), (1, 1, 14), (2, 0, 20)), 10, ""),
    "any order": (ome_with_times((2, 0, 20), (0, 0, 0), (1, 0, 10)), 10, ""),
    "a time missing": (ome_with_times((0, 0, 0), (1, 0, None), (2, 0, 20), (3, 0, 30)), 10, ""),
    "minutes": (ome_with_times((0, 0, 0), (1, 0, 2), (2, 0, 4), unit="min"), 120, ""),
    "stated": (ome_with_times((0, 0, 0), (1, 0, 7), TimeIncrement=5), 5, ""),
    "stated as 0": (ome_with_times((0, 0, 0), (1, 0, 7), TimeIncrement=0), 7, ""),
    "one frame": (ome_with_times((0, 0, 3), (0, 1, 4)), None, ""),
    "zeros": (ome_with_times((0, 0, 0), (1, 0, 0), (2, 0, 0)), None, ""),
    "no numbers": (ome_with_times((0, 0, "soon"), (1, 0, "nan"), (2, 0, "inf")), None, ""),
    "a pause": (ome_with_times((0, 0, 0), (1, 0, 10), (2, 0, 100)), None, "its frames are 10 to 90 s apart"),
    "backwards": (ome_with_times((0, 0, 9), (1, 0, 5), (2, 0, 1)), None, "its frames are -4 to -4 s apart"),
    "unit": (ome_with_times((0, 0, 0), (1, 0, 1), unit="moon"), None, "its unit of time, 'moon', is not known"),
}


@pytest.mark.parametrize("kind", TIMES)
def test_the_times_of_planes_give_the_interval_where_none_is_stated(tmp_path, kind):
    description, seconds, said = TIMES[kind]
    tifffile.imwrite(tmp_path / "a.tif", texture(20, 30), description=description, metadata=None)
    with tifffile.TiffFile(tmp_path / "a.tif") as file:
        found = calibration_of(file, "a.tif")
    assert found.frame_interval_s == (seconds and pytest.approx(seconds))
    notes = found.notes(interval_given=False)
    assert len(notes) == bool(said) and all(note.startswith(f"a.tif: {said}") for note in notes)
    assert all(note.endswith("; give its frame interval by --interval of track") for note in notes)
    assert found.notes(interval_given=True) == ()
