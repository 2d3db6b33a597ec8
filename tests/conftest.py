"""Makes `tests/fakes.py` importable from every test, and computes with one thread wherever nothing else is asked for.

The networks of the tests are so small that several threads wait for each other longer than they compute, most of all
where several tests run at once. Set before torch is imported, for the processes that tests start as well.
"""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")
