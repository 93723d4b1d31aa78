"""One torch thread per test process, no deadline of random cases; and arrays with NaN are never equal."""

import os
import signal

# before anything imports torch: toy tensors are faster so, and pytest-xdist's processes do not fight;
# torch.set_num_threads still overrides it
os.environ["OMP_NUM_THREADS"] = "1"

import numpy as np
import pytest
from hypothesis import settings

settings.register_profile("without deadline", deadline=None)  # no test depends on time
settings.load_profile("without deadline")


def _refusing_nan(compare):
    """numpy's comparison, which calls NaN equal to NaN: a twin that fails alike would pass."""

    def refusing(actual, desired, *arguments, equal_nan=False, **options):
        compare(actual, desired, *arguments, **options)
        values = np.asarray(actual)
        if not equal_nan and values.dtype.kind in "fc":
            assert not np.isnan(values).any(), "both arrays have NaN; say equal_nan=True where that is meant"

    return refusing


if not hasattr(np.testing, "refuses_nan"):  # pytest may read this file twice
    np.testing.assert_array_equal = _refusing_nan(np.testing.assert_array_equal)
    np.testing.assert_allclose = _refusing_nan(np.testing.assert_allclose)
    np.testing.refuses_nan = True


@pytest.fixture
def hangup_ends():
    """Let SIGHUP and SIGINT end a program, as usual, also where nohup or a shell's & had the suite ignore them."""
    before = {
        number: signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)
        for number in (signal.SIGHUP, signal.SIGINT)
    }
    yield
    for number, handler in before.items():
        signal.signal(number, handler)
