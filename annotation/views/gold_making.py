"""Making gold by hand: choosing an item, answering it, and changing the answer later."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from annotation import kind_words, wording
from annotation.conversing import options_of
from annotation.gold import keeping_gold
from annotation.gold.gold_form import GoldForm
from annotation.models import Task
from annotation.models.tasks import QUEUE
from annotation.option_form import take_errors
from annotation.views.gold import gold_or_404
from annotation.views.page import page_of
from annotation.views.texts import texts_of
from labelers import roles
from labelers.models import Project

OFFERED = 20


@login_required
@require_GET
def choose(request: HttpRequest, slug: str) -> HttpResponse:
    """Items that nobody has answered, to make gold of; ``?item=NUMBER`` goes to one."""
    project = roles.find_project(request.user, slug, roles.MANAGING)
    number = request.GET.get("item", "")
    context: dict[str, Any] = page_of(request, project, "screening", page="gold", number=number)
    if number:
        if number.isdecimal() and len(number) < 19:
            task = Task.objects.filter(project=project, pk=int(number)).first()
            if task is not None:
                name = "gold-change" if task.is_gold else "gold-answer"
                return redirect(name, slug, task.pk)
        context["unknown"] = True
    tasks = Task.objects.filter(
        project=project, is_gold=False, state=Task.State.OPEN, free_slots__gt=0, follows=None
    )
    offered = tasks.filter(counted=0).select_related("prompt").order_by(*QUEUE)
    context["offered"] = [
        (task, kind_words.excerpt(task.prompt.messages[-1]["content"], 200))
        for task in offered[:OFFERED]
    ]
    return render(request, "annotation/gold_choose.html", context)


@login_required
def answer(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Answer an ordinary item, which makes it gold."""
    project = roles.find_project(request.user, slug, roles.MANAGING)
    task = task_or_404(project, pk)
    if task.is_gold:
        return redirect("gold-change", slug, pk)
    form = GoldForm(task, options_of(project.settings), request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            keeping_gold.make(
                task=task,
                answer=form.answer,
                explanation=form.cleaned_data["explanation"],
                made_by=request.user,
            )
        except ValidationError as problem:
            take_errors(form, problem, {})
        else:
            said = _("Item %(number)d is gold now. Its answers stay counted.")
            messages.success(request, said % {"number": pk})
            return redirect("gold-new" if "another" in request.POST else "gold", slug)
    return _page(request, project, task, form, is_new=True)


@login_required
def change(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Change the answer or the explanation of a gold item."""
    project = roles.find_project(request.user, slug, roles.MANAGING)
    gold = gold_or_404(project, pk)
    form = GoldForm(
        gold.task, options_of(project.settings), request.POST or None, gold.answer, gold.explanation
    )
    if request.method == "POST" and form.is_valid():
        try:
            keeping_gold.change(
                gold=gold,
                answer=form.answer,
                explanation=form.cleaned_data["explanation"],
                changed_by=request.user,
            )
        except ValidationError as problem:
            take_errors(form, problem, {})
        else:
            messages.success(request, _("Item %(number)d was changed.") % {"number": pk})
            return redirect(reverse("gold", args=[slug]))
    return _page(request, project, gold.task, form, gold=gold)


def task_or_404(project: Project, pk: int) -> Task:
    """An item of `project`."""
    tasks = Task.objects.select_related("prompt").prefetch_related("placed__response")
    return get_object_or_404(tasks, pk=pk, project=project)


def _page(
    request: HttpRequest, project: Project, task: Task, form: GoldForm, **more: Any
) -> HttpResponse:
    context = page_of(request, project, "screening", page="gold", task=task, form=form, **more)
    context["texts"] = texts_of(task)
    context["criterion"] = wording.CRITERIA.get(task.criterion, task.criterion)
    return render(request, "annotation/gold_answer.html", context)
