"""Speed against peers: one run, side by side, on the same inputs; `make bench` or `python -m benchmarks`."""
