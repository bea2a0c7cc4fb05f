"""What granian loads: the WSGI application, in a process that leaves when granian's main one dies.

granian alone would leave its worker behind, still answering on the port, after kill -9. What the
first requests would otherwise wait for is made before any is taken.
"""

import signal

from config.launching import leave_with_parent

leave_with_parent(signal.SIGTERM)

from config.warming import warm_up  # noqa: E402
from config.wsgi import application  # noqa: E402

warm_up()

__all__ = ["application"]
