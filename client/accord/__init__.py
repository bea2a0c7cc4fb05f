"""A client of Accord for programs; `accord` on the command line is made of it.

    import accord
    client = accord.Accord("https://accord.example.org", token="accord_...")
    for project in client.projects.list():
        print(project["slug"], project["name"])

Only the standard library; nothing of the server is imported here, and nothing there imports this.
"""

from accord.client import Accord
from accord.errors import (
    AccordError,
    ConflictError,
    ConnectionFailedError,
    InvalidInputError,
    NotAllowedError,
    NotFoundError,
    NotSignedInError,
    ProblemError,
    TooManyRequestsError,
    WorkFailedError,
)

__version__ = "0.1.0"
__all__ = [
    "Accord",
    "AccordError",
    "ConflictError",
    "ConnectionFailedError",
    "InvalidInputError",
    "NotAllowedError",
    "NotFoundError",
    "NotSignedInError",
    "ProblemError",
    "TooManyRequestsError",
    "WorkFailedError",
]
