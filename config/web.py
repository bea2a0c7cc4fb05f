"""What granian loads: the WSGI application, in a process that leaves when granian's main one dies.

granian alone would leave its worker behind, still answering on the port, after kill -9. What the
first requests would otherwise wait for is made before any is taken.
"""

import signal

from config.launching import leave_with_parent

leave_with_parent(signal.SIGTERM)

from django.conf import settings  # noqa: E402

from config import wsgi  # noqa: E402
from config.bodies import Whole  # noqa: E402
from config.programs import WAITING_THREADS, web_threads  # noqa: E402
from config.warming import warm_up  # noqa: E402

warm_up()
application = Whole(
    wsgi.application,
    at_once=web_threads(),
    most_kept=settings.DATA_UPLOAD_MAX_MEMORY_SIZE,
    # Behind a proxy all come from one address; there the proxy waits for bodies.
    most_waits=WAITING_THREADS if settings.ALLAUTH_TRUSTED_PROXY_COUNT else WAITING_THREADS // 2,
)

__all__ = ["application"]
