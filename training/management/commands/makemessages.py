"""Django's `makemessages`, which also finds the sentences under the trainers' settings.

They stand in `option(default, sentence)`, in modules that know no Django.
"""

from __future__ import annotations

from django.core.management.commands import makemessages


class Command(makemessages.Command):
    """`manage.py makemessages -l ja` from the project root."""

    xgettext_options = [*makemessages.Command.xgettext_options, "--keyword=option:2"]
