"""One torch thread per test process."""

import os

# before anything imports torch: toy tensors are faster so, and pytest-xdist's processes do not fight;
# torch.set_num_threads still overrides it
os.environ["OMP_NUM_THREADS"] = "1"
