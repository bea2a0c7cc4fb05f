"""Django's `makemessages`, which also finds the sentences under the trainers' settings.

They stand in `option(default, sentence)`, in modules that know no Django. Places are noted without
line numbers, so that the catalogue changes only where messages do.
"""

from __future__ import annotations

from typing import Any

from django.core.management.commands import makemessages

NOT_SHOWN = (".venv", "var", "tests", "bench")


class Command(makemessages.Command):
    """`./run manage makemessages -l ja`, from the project root."""

    xgettext_options = [*makemessages.Command.xgettext_options, "--keyword=option:2"]

    def handle(self, *args: Any, **options: Any) -> None:
        options["ignore_patterns"] = [*(options["ignore_patterns"] or []), *NOT_SHOWN]
        options |= {"no_wrap": True, "no_obsolete": True, "add_location": "file"}
        super().handle(*args, **options)
