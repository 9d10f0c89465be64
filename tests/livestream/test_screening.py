"""The word list: what it finds in texts, who edits it, and how soon a room follows."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import AuditEvent
from core.errors import Invalid, NotAllowed
from core.ids import new_id
from fairs.enums import StaffRole
from livestream import rules, screening, services
from livestream.enums import WordAction
from livestream.folding import Matcher, fold
from livestream.models import BlockedWord, Session
from tests.factories import (
    FairStaffFactory,
    SessionCrewFactory,
    SessionFactory,
    UserFactory,
    actor,
)

BOTH = {"赌": "賭", "钱": "錢", "证": "證", "马": "馬", "后": "後"}
HAN = st.text(st.sampled_from("赌钱证马后加微信群骗好"), min_size=2, max_size=5)
LATIN = st.text(st.sampled_from("abcdefgvxyz"), min_size=2, max_size=6)
BETWEEN = st.sampled_from(["", " ", "　", "·", "**", "，", "\u200b", "😀", "_", "\u0336"])
#: Characters that no listed word here consists of.
OTHER = st.text(st.sampled_from("这里有一个岗位月薪八千包吃住mnopqrstu 12,。！"), max_size=20)


def wide(char: str) -> str:
    return chr(ord(char) + 0xFEE0) if "!" <= char <= "~" else char


def found(word: str, text: str) -> bool:
    return list(Matcher({fold(word): word}).find(text)) == [word]


@given(HAN, OTHER, OTHER, st.data())
def test_a_chinese_word_is_found_however_it_is_written(word, before, after, data) -> None:
    spread = "".join(
        data.draw(st.sampled_from([char, BOTH.get(char, char)])) + data.draw(BETWEEN)
        for char in word
    )
    assert word in list(Matcher({fold(word): word}).find(f"{before}{spread}{after}"))


@given(LATIN, OTHER, st.data())
def test_a_latin_word_is_found_in_any_width_and_case(word, around, data) -> None:
    changes = st.sampled_from([str, str.upper, wide, lambda char: char + "\u0301"])
    written = "".join(data.draw(changes)(char) for char in word)
    assert word in list(Matcher({fold(word): word}).find(f"{around}好{written}!{around}"))
    spread = data.draw(st.sampled_from([" ", ".", "-", "。"])).join(written)
    assert word in list(Matcher({fold(word): word}).find(f"好{spread}好"))


@given(st.lists(HAN | LATIN, max_size=20), OTHER)
def test_unrelated_text_is_not_found(words, text) -> None:
    assert not list(Matcher({fold(word): word for word in words}).find(text))


@given(st.text(max_size=200))
def test_any_text_is_folded(text) -> None:
    assert all(unit and not any(char.isspace() for char in unit) for unit in fold(text))


@pytest.mark.parametrize(
    ("word", "text"),
    [
        ("ass", "class passes"),
        ("2023", "12023 20231"),
        ("qq群", "qq好友群"),
        ("赌博", "赌一把博一次"),
    ],
)
def test_parts_of_other_words_are_not_found(word, text) -> None:
    assert not found(word, text)


@pytest.mark.parametrize(
    ("word", "text"),
    [("QQ", "加qq123456"), ("V X", "vx同号"), ("加vx", "加 v.X 吧"), ("ⅤIP", "vip通道")],
)
def test_words_end_where_letters_and_digits_meet(word, text) -> None:
    assert found(word, text)


# --- the lists ----------------------------------------------------------------------------------


@pytest.fixture
def session(db) -> Session:
    return SessionFactory()


@pytest.fixture
def moderator(session):
    return actor(FairStaffFactory(fair=session.fair, role=StaffRole.MODERATOR).person)


@pytest.fixture(autouse=True)
def _at_once(request) -> None:
    """Effects of a commit do not come in these tests; lists are read again at each look."""
    request.getfixturevalue("monkeypatch").setattr(screening, "FRESH_S", 0)


def listed(moderator, session, *words, action=WordAction.HOLD, fair=True):
    where = session.fair if fair else None
    return services.list_words(actor=moderator, fair=where, words=words, action=action, note="群骗")


def test_the_stronger_word_decides(session, moderator) -> None:
    manager = actor(FairStaffFactory(role=StaffRole.MANAGER).person)
    listed(moderator, session, "加微信")
    listed(manager, session, "刷单", "加微信", action=WordAction.REFUSE, fair=False)
    fair = session.fair_id
    assert screening.screen(fair, "岗位还有吗") is None
    assert screening.screen(fair, "加 微 信，刷單") == screening.Hit("refuse", "加微信")
    assert screening.screen(SessionFactory().fair_id, "刷-单") == screening.Hit("refuse", "刷单")


def test_a_held_word_is_named_and_a_refused_one_told(session, moderator) -> None:
    viewer = rules.standing(session, UserFactory())
    listed(moderator, session, "加微信")
    listed(moderator, session, "刷单", action=WordAction.REFUSE)
    assert rules.require_unlisted(session, viewer, "你好") == ""
    assert rules.require_unlisted(session, viewer, "加ＷＸ加微信") == "加微信"
    with pytest.raises(Invalid) as refusal:
        rules.require_unlisted(session, viewer, "日结刷單")
    assert refusal.value.code == "text_blocked"
    assert "刷单" in str(refusal.value.message)
    crew = rules.standing(session, moderator.require_user())
    assert rules.require_unlisted(session, crew, "刷单") == ""


def test_a_posted_message_waits_or_is_refused_and_the_crew_s_is_shown(session, moderator) -> None:
    listed(moderator, session, "加微信")
    listed(moderator, session, "刷单", action=WordAction.REFUSE)

    def post(who, text):
        made = services.post_message(actor=who, session=session, client_id=new_id(), text=text)
        return made[0]

    viewer = actor(UserFactory())
    held = post(viewer, "加V加 微 信")
    assert (held.status, held.held_because) == ("held", "加微信")
    with pytest.raises(Invalid):
        post(viewer, "刷-單")
    assert post(moderator, "别加微信，别刷单").status == "shown"


def test_a_message_costs_no_query(session, moderator, monkeypatch, query_count) -> None:
    monkeypatch.setattr(screening, "FRESH_S", 60)
    word = listed(moderator, session, "加微信")[0]
    assert screening.screen(session.fair_id, "加微信")
    with query_count() as queries:
        assert screening.screen(session.fair_id, "加微信")
    assert len(queries) == 0
    services.unlist_word(actor=moderator, word=word, reason="误伤")
    screening.forget()  # what the commit does, and every other process within FRESH_S
    assert screening.screen(session.fair_id, "加微信") is None


def test_edits_are_audited_and_nothing_is_listed_twice(session, moderator) -> None:
    [word] = listed(moderator, session, "賭錢")
    assert listed(moderator, session, "赌 钱", action=WordAction.REFUSE) == []
    word.refresh_from_db()
    assert (word.word, word.action) == ("賭錢", "refuse")
    services.unlist_word(actor=moderator, word=word)
    services.unlist_word(actor=moderator, word=word)
    [again] = listed(moderator, session, "赌钱")
    assert again != word
    actions = AuditEvent.objects.order_by("pk").values_list("action", flat=True)
    assert list(actions) == ["word.list", "word.change", "word.unlist", "word.list"]
    assert BlockedWord.objects.get(pk=word.pk).ended_at is not None


@pytest.mark.parametrize("word", ["的", "a", "！！", "\u200b", "ﷺ" * 40])
def test_what_would_hit_everything_is_refused(session, moderator, word) -> None:
    with pytest.raises(Invalid):
        listed(moderator, session, "加微信", word)
    assert not BlockedWord.objects.exists()


@pytest.mark.parametrize("who", ["reviewer", "operator", "other fair's", "stranger"])
def test_others_may_not_edit(session, moderator, who) -> None:
    [word] = listed(moderator, session, "加微信")
    person = {
        "reviewer": lambda: FairStaffFactory(fair=session.fair, role=StaffRole.REVIEWER).person,
        "operator": lambda: SessionCrewFactory(session=session, role="operator").person,
        "other fair's": lambda: FairStaffFactory(role=StaffRole.MODERATOR).person,
        "stranger": UserFactory,
    }[who]()
    for refused in (
        lambda: listed(actor(person), session, "刷单"),
        lambda: listed(actor(person), session, "刷单", fair=False),
        lambda: services.change_word(actor=actor(person), word=word, action=WordAction.REFUSE),
        lambda: services.unlist_word(actor=actor(person), word=word),
    ):
        with pytest.raises(NotAllowed):
            refused()
    with pytest.raises(NotAllowed):  # the list of the installation is for managers
        listed(moderator, session, "刷单", fair=False)
