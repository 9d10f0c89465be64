"""The list of words that a room holds back or refuses."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.db import PublicModel, one_of
from fairs.models import Fair
from livestream.enums import WordAction


class BlockedWord(PublicModel):
    """A literal word of one fair's list, or of every fair's where ``fair`` is null.

    ``folded`` is what texts are compared with (``livestream.folding.fold``). Taken off the list by
    ``ended_at``, never deleted: a message that was held names the word.
    """

    fair = models.ForeignKey(
        Fair, on_delete=models.CASCADE, null=True, blank=True, related_name="blocked_words"
    )
    word = models.CharField(_("word"), max_length=40)
    folded = models.CharField(max_length=160)
    action = models.CharField(_("what happens"), max_length=6, choices=WordAction.choices)
    note = models.CharField(_("note"), max_length=120, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=one_of("action", WordAction), name="blocked_word_action_known"
            ),
            models.CheckConstraint(condition=~Q(folded=""), name="blocked_word_says_something"),
            models.UniqueConstraint(
                fields=["fair", "folded"],
                condition=Q(ended_at__isnull=True),
                name="blocked_word_once_per_fair",
            ),
            models.UniqueConstraint(
                fields=["folded"],
                condition=Q(ended_at__isnull=True, fair__isnull=True),
                name="blocked_word_once_for_all",
            ),
        ]

    def __str__(self) -> str:
        return self.word
