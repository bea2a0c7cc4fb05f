"""What granian loads: the WSGI application, in a process that leaves when granian's main one dies.

granian alone would leave its worker behind, still answering on the port, after kill -9.
"""

import signal

from config.launching import leave_with_parent

leave_with_parent(signal.SIGTERM)

from config.wsgi import application  # noqa: E402

__all__ = ["application"]
