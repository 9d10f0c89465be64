"""The word lists: what rooms hold back for review, and what they refuse."""

from __future__ import annotations

from uuid import UUID

from django import forms
from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from accounts.models import User
from core.errors import DomainError, NotFound
from fairs.models import Fair
from fairs.rules import is_organiser
from jobfair.desk.access import MODERATORS, staff
from jobfair.desk.acting import attempt, explain, page_of, query_of
from jobfair.requests import signed_in_actor
from livestream import services
from livestream.enums import WordAction
from livestream.models import BlockedWord
from livestream.screening import screen
from livestream.services.words import MAX_NOTE, MAX_WORD, MAX_WORDS

#: In the place of a fair's address.
EVERYWHERE = "*"


class WordsForm(forms.Form):
    """Words to be listed, one on each line."""

    fair = forms.ChoiceField(label=_("List"))
    words = forms.CharField(
        label=_("Words, one on each line"),
        max_length=MAX_WORDS * (MAX_WORD + 2),
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    action = forms.ChoiceField(label=_("What happens"), choices=WordAction.choices)
    note = forms.CharField(label=_("Note for colleagues"), required=False, max_length=MAX_NOTE)

    def __init__(self, *args: object, lists: list[tuple[str, object]], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.fields["fair"].choices = lists  # type: ignore[attr-defined]


def _fairs(user: User) -> QuerySet[Fair]:
    return Fair.objects.staffed_by(user, *MODERATORS).order_by("-starts_at")


def _lists(user: User) -> list[tuple[str, object]]:
    """The lists one may edit."""
    lists: list[tuple[str, object]] = [(fair.slug, fair.name) for fair in _fairs(user)]
    if is_organiser(user):
        lists.append((EVERYWHERE, _("Every fair of this installation")))
    return lists


@never_cache
@require_http_methods(["GET", "POST"])
def words(request: HttpRequest) -> HttpResponse:
    """The words of one's fairs and of the installation; the form adds to them."""
    user = staff(request, *MODERATORS)
    lists = _lists(user)
    chosen = {"fair": request.GET.get("fair") or lists[0][0]}
    form = WordsForm(request.POST or None, lists=lists, initial=chosen)
    if request.method == "POST" and form.is_valid():
        slug = form.cleaned_data["fair"]
        fair = None if slug == EVERYWHERE else _fairs(user).get(slug=slug)
        try:
            services.list_words(
                actor=signed_in_actor(request),
                fair=fair,
                words=[line for line in form.cleaned_data["words"].splitlines() if line.strip()],
                action=WordAction(form.cleaned_data["action"]),
                note=form.cleaned_data["note"],
            )
        except DomainError as error:
            explain(form, error)
        else:
            messages.success(request, _("Listed. Every room follows within seconds."))
            shown = "" if fair is None else slug
            return HttpResponseRedirect(f"{reverse('desk-words')}?{query_of(fair=shown)}")
    return render(request, "desk/words.html", _page(request, user, form, dict(lists)))


def _page(
    request: HttpRequest, user: User, form: WordsForm, lists: dict[str, object]
) -> dict[str, object]:
    fairs = _fairs(user)
    rows = BlockedWord.objects.filter(Q(fair__in=fairs) | Q(fair=None), ended_at=None)
    slug, text = request.GET.get("fair", ""), request.GET.get("q", "").strip()[:MAX_WORD]
    fair = next((fair for fair in fairs if fair.slug == slug), None)
    if fair is not None:
        rows = rows.filter(Q(fair=fair) | Q(fair=None))
    if text:
        rows = rows.filter(word__icontains=text)
    trial = request.GET.get("try", "").strip()[:500]
    judged = fair or next(iter(fairs), None)
    return {
        "form": form,
        "page_obj": page_of(request, rows.select_related("fair", "by").order_by("word", "pk")),
        "fairs": fairs,
        "fair": fair,
        "may_edit_all": EVERYWHERE in lists,
        "text": text,
        "trial": trial,
        "hit": screen(judged.pk, trial) if trial and judged else None,
        "judged": judged,
        "actions": WordAction,
        "query": query_of(fair=slug, q=text),
    }


@require_POST
def change(request: HttpRequest, word_id: UUID) -> HttpResponse:
    """Take a word off its list, or change what it does."""
    user = staff(request, *MODERATORS)
    mine = Q(fair__in=_fairs(user))
    if is_organiser(user):
        mine |= Q(fair=None)
    word = BlockedWord.objects.filter(mine, public_id=word_id).select_related("fair").first()
    if word is None:
        raise NotFound
    back = f"{reverse('desk-words')}?{query_of(fair=word.fair.slug if word.fair else '')}"
    actor, to = signed_in_actor(request), request.POST.get("action", "")
    if to in WordAction.values:
        return attempt(
            request,
            lambda: services.change_word(actor=actor, word=word, action=WordAction(to)),
            done=_("Changed. Every room follows within seconds."),
            back=back,
        )
    return attempt(
        request,
        lambda: services.unlist_word(actor=actor, word=word),
        done=_("“%(word)s” is off the list.") % {"word": word.word},
        back=back,
    )
