"""What all tests share."""

import os

# tests run side by side, and threads that wait for one another on too few processors burn time;
# tests of threads ask for them
for library in ("OMP", "OPENBLAS", "MKL"):
    os.environ.setdefault(f"{library}_NUM_THREADS", "1")
