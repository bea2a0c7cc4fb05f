"""The thread of a task, as a part of other pages: it loads and renews itself."""

from __future__ import annotations

from django import forms
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from annotation.models import Comment, Task
from annotation.review import commenting
from labelers import roles


class CommentForm(forms.Form):
    """Something to say about a task."""

    text = forms.CharField(
        label=gettext_lazy("Comment"),
        max_length=commenting.LONGEST,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    for_labelers = forms.BooleanField(
        label=gettext_lazy("Discuss with labelers"),
        required=False,
        help_text=gettext_lazy("It waits on the guidelines page to become a change of them."),
    )


@login_required
def comments(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """The thread; what is sent is added to it."""
    project = roles.find_project(request.user, slug, roles.COMMENTING)
    task = get_object_or_404(Task, pk=pk, project=project)
    form = CommentForm(request.POST or None)
    if request.POST and form.is_valid():
        try:
            commenting.comment(task=task, person=request.user, **form.cleaned_data)
        except ValidationError as problem:
            form.add_error("text", ValidationError(problem.messages))
        else:
            form = CommentForm()
    return _thread(request, task, form)


@login_required
@require_POST
def settle(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Resolve a comment, or open it again."""
    project = roles.find_project(request.user, slug, roles.COMMENTING)
    comment = get_object_or_404(Comment, pk=pk, task__project=project)
    deed = commenting.reopen if request.POST.get("deed") == "reopen" else commenting.resolve
    deed(comment=comment, person=request.user)
    return _thread(request, comment.task, CommentForm())


def _thread(request: HttpRequest, task: Task, form: CommentForm) -> HttpResponse:
    context = {
        "task": task,
        "project": task.project,
        "thread": commenting.thread_of(task),
        "form": form,
        # On the page of a second look nobody is named.
        "blind": bool(request.GET.get("blind")),
    }
    return render(request, "annotation/comment_thread.html", context)
