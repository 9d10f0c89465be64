"""The word lists: one for each fair, and one for every fair of the installation."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import audit
from accounts.actor import Actor
from accounts.models import User
from core.errors import Invalid
from core.texts import clean_text, given_reason
from core.transactions import on_commit, write
from fairs.models import Fair
from fairs.rules import require_organiser, require_role
from livestream import screening
from livestream.enums import WordAction
from livestream.folding import fold
from livestream.models import BlockedWord
from livestream.services.moderation import FAIR_MODERATORS

MAX_WORD = 40
MAX_NOTE = 120
MAX_WORDS = 2000
#: One character would be found in half of all texts.
FEWEST_CHARACTERS = 2


def require_word_editor(user: User, fair: Fair | None) -> None:
    """Let through who may edit this list: the fair's managers and moderators.

    The list of the installation, where ``fair`` is ``None``, is for managers of any fair.
    """
    if fair is None:
        require_organiser(user)
    else:
        require_role(user, fair, *FAIR_MODERATORS)


def list_words(
    *, actor: Actor, fair: Fair | None, words: Iterable[str], action: WordAction, note: str = ""
) -> list[BlockedWord]:
    """Put ``words`` on the list of ``fair``, or of the installation; return the new ones.

    A word that is there already, in whatever spelling, is changed to ``action`` and ``note``.
    Refuses what is too short to mean anything, and all of them if one is refused.
    """
    user = actor.require_user()
    require_word_editor(user, fair)
    note = clean_text(note, limit=MAX_NOTE, field="note") if note.strip() else ""
    wanted = {_folded(word): word for word in map(_clean, words)}
    if not wanted:
        text = _("Write one word or more, each on a line of its own.")
        raise Invalid("words_missing", text, fields={"words": text})
    added = []
    with write():
        current = BlockedWord.objects.filter(fair=fair, ended_at=None)
        known = {row.folded: row for row in current}
        if len(known.keys() | wanted.keys()) > MAX_WORDS:
            full = _("A list holds at most %(most)d words.") % {"most": MAX_WORDS}
            raise Invalid("words_too_many", full, fields={"words": full})
        for folded, word in wanted.items():
            if folded in known:
                change_word(actor=actor, word=known[folded], action=action, note=note)
                continue
            row = BlockedWord.objects.create(
                fair=fair, word=word, folded=folded, action=action, note=note, by=user
            )
            diff = {"word": [None, word], "action": [None, action]}
            audit.record(actor=user, action="word.list", obj=row, reason=note, diff=diff)
            added.append(row)
        on_commit(screening.forget)
    return added


def change_word(
    *, actor: Actor, word: BlockedWord, action: WordAction, note: str | None = None
) -> BlockedWord:
    """Change what happens to messages with ``word``; ``note`` stays where it is ``None``."""
    user = actor.require_user()
    require_word_editor(user, word.fair)
    if note is None:
        note = word.note
    with write():
        if _current(word).exclude(action=action, note=note).update(action=action, note=note):
            diff = {"action": [word.action, action], "note": [word.note, note]}
            audit.record(actor=user, action="word.change", obj=word, diff=diff)
            on_commit(screening.forget)
        word.refresh_from_db()
    return word


def unlist_word(*, actor: Actor, word: BlockedWord, reason: str = "") -> BlockedWord:
    """Take ``word`` off its list; off already: nothing happens."""
    user = actor.require_user()
    require_word_editor(user, word.fair)
    reason = given_reason(reason)
    with write():
        if _current(word).update(ended_at=timezone.now()):
            diff = {"word": [word.word, None]}
            audit.record(actor=user, action="word.unlist", obj=word, reason=reason, diff=diff)
            on_commit(screening.forget)
        word.refresh_from_db()
    return word


def _current(word: BlockedWord) -> QuerySet[BlockedWord]:
    return BlockedWord.objects.filter(pk=word.pk, ended_at=None)


def _clean(word: str) -> str:
    return clean_text(word, limit=MAX_WORD, field="words")


def _folded(word: str) -> str:
    folded = screening.SEPARATOR.join(fold(word))
    if len(folded.replace(screening.SEPARATOR, "")) < FEWEST_CHARACTERS:
        told = _("“%(word)s” is too short: it would be found in half of all messages.")
        short = told % {"word": word}
        raise Invalid("word_too_short", short, fields={"words": short})
    limit: int = BlockedWord._meta.get_field("folded").max_length  # type: ignore[assignment]
    if len(folded) > limit:
        long = _("“%(word)s” is too long.") % {"word": word}
        raise Invalid("word_too_long", long, fields={"words": long})
    return folded
