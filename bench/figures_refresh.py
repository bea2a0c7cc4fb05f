"""One refresh of the kept figures of a project, in a process by itself: `... SLUG`.

Runs the function of the background job over the database of the environment and prints its seconds
and the peak of its memory as JSON.
"""

from __future__ import annotations

import json
import resource
import sys
import time


def main(slug: str) -> None:
    """Measure and keep."""
    import django

    django.setup()
    from annotation.jobs import keep_figures
    from labelers.models import Project

    project = Project.objects.get(slug=slug)
    began = time.perf_counter()
    keep_figures(project=project.pk)
    seconds = time.perf_counter() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": seconds, "peak_mb": peak}))


if __name__ == "__main__":
    main(sys.argv[1])
