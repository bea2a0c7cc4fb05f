"""Pages of one's own data and of erasure, the same for programs: staff, or the person alone."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from labelers import audit, erasing
from labelers.models import Erasure, Person
from training import erasure_words, own_data, wording
from training.erasing import erase, holdings


class EraseForm(forms.Form):
    """What becomes of the answers, and the pseudonym once more, so that nobody slips."""

    judgments = forms.ChoiceField(
        label=gettext_lazy("Their answers"),
        choices=Erasure.Judgments.choices,
        initial=Erasure.Judgments.KEEP,
        widget=forms.RadioSelect,
    )
    pseudonym = forms.CharField(label=gettext_lazy("Write the pseudonym to confirm"), max_length=16)


class ErasureSerializer(serializers.ModelSerializer[Erasure]):
    """A wish to be erased and, once it is done, what was erased and what snapshots still hold."""

    class Meta:
        model = Erasure
        fields = ["uid", "pseudonym", "state", "judgments", "report", "asked_at", "done_at"]
        read_only_fields = fields


class EraseSerializer(serializers.Serializer[Any]):
    """Whose data, and what becomes of the answers."""

    pseudonym = serializers.CharField(max_length=16)
    judgments = serializers.ChoiceField(choices=Erasure.Judgments.choices)


@login_required
@require_GET
def own(request: HttpRequest) -> HttpResponse:
    """What a person may do with what is known of them: a part of the account page."""
    return render(request, "training/own_data.html", {"wish": erasing.open_wish(request.user)})


@login_required
@require_GET
def download(request: HttpRequest) -> StreamingHttpResponse:
    """One's own data as JSON."""
    return _file_of(request.user, request.user)


@login_required
@require_POST
def ask(request: HttpRequest) -> HttpResponse:
    """Ask to be erased, or take that back."""
    if request.POST.get("deed") == "take_back":
        erasing.take_back(person=request.user)
        messages.success(request, _("Your wish was taken back."))
    else:
        erasing.ask(person=request.user)
        messages.success(request, _("Your wish was noted. The admins of this site see it."))
    return redirect("account")


@login_required
@require_GET
def erasures(request: HttpRequest) -> HttpResponse:
    """All wishes and what was done."""
    _require_staff(request.user)
    found = Erasure.objects.select_related("person", "done_by")[:200]
    return render(request, "training/erasures.html", {"erasures": found})


@login_required
def erasure(request: HttpRequest, pseudonym: str) -> HttpResponse:
    """What is known of one person, what snapshots hold, and the deed."""
    _require_staff(request.user)
    done = Erasure.objects.filter(pseudonym=pseudonym, state=Erasure.State.DONE).first()
    if done is not None:
        erased = erasure_words.in_words(done.report["erased"])
        context = {"done": done, "erased": erased, "held": done.report["held"]}
        return render(request, "training/erasure.html", context)
    person = get_object_or_404(Person, pseudonym=pseudonym)
    form = EraseForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        if form.cleaned_data["pseudonym"] != pseudonym:
            form.add_error("pseudonym", _("This is not the pseudonym."))
        else:
            try:
                made = erase(
                    person=person,
                    judgments=form.cleaned_data["judgments"],
                    erased_by=request.user,
                )
            except ValidationError as problem:
                form.add_error(None, [wording.sentence_of(told) for told in problem.messages])
            else:
                return redirect("erasure", made.pseudonym)
    context = {"person": person, "form": form, "held": holdings(person)}
    return render(request, "training/erasure.html", context)


class OwnDataView(APIView):
    """One's own data."""

    token_scope = "admin"

    @extend_schema(responses={(200, "application/json"): OpenApiTypes.OBJECT})
    def get(self, request: Request) -> StreamingHttpResponse:
        """Everything that is known of the person of this token, as one JSON object."""
        return _file_of(request.user, request.user)


class OwnErasureView(APIView):
    """One's own wish to be erased."""

    token_scope = "admin"

    @extend_schema(request=None, responses={201: ErasureSerializer})
    def post(self, request: Request) -> Response:
        """Ask for it; twice is the same as once."""
        wish = erasing.ask(person=request.user)
        return Response(ErasureSerializer(wish).data, status=status.HTTP_201_CREATED)

    @extend_schema(responses={204: None})
    def delete(self, request: Request) -> Response:
        """Take it back."""
        erasing.take_back(person=request.user)
        return Response(status=status.HTTP_204_NO_CONTENT)


class ErasuresView(APIView):
    """Erasures of the site, for staff."""

    token_scope = "admin"

    @extend_schema(request=EraseSerializer, responses={201: ErasureSerializer})
    def post(self, request: Request) -> Response:
        """Erase what is known of a person."""
        _require_staff(request.user)
        serializer = EraseSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        asked = serializer.validated_data
        person = get_object_or_404(Person, pseudonym=asked["pseudonym"])
        made = erase(person=person, judgments=asked["judgments"], erased_by=request.user)
        return Response(ErasureSerializer(made).data, status=status.HTTP_201_CREATED)


class ErasureView(APIView):
    """One erasure, for staff."""

    token_scope = "admin"

    @extend_schema(responses=ErasureSerializer)
    def get(self, request: Request, uid: UUID) -> Response:
        """What was erased, and what frozen snapshots held at that moment."""
        _require_staff(request.user)
        return Response(ErasureSerializer(get_object_or_404(Erasure, uid=uid)).data)


def _require_staff(person: Person) -> None:
    if not person.is_staff:
        raise PermissionDenied(_("Only admins of the site may see this."))


def _file_of(person: Person, asked_by: Person) -> StreamingHttpResponse:
    with transaction.atomic():
        audit.record_reading(actor=asked_by, action="own_data.downloaded", subject="person:own")
    response = StreamingHttpResponse(own_data.pieces(person), content_type="application/json")
    response["Content-Disposition"] = 'attachment; filename="my-data.json"'
    return response
