"""Vacancy search finds what stands in the text, all of it, on both databases."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import Invalid
from core.search import bigrams, phrases
from employers import rules, search_index
from employers.enums import Board, Education, Shift
from employers.models import Vacancy
from employers.search import containing, search_vacancies
from tests.factories import EmployerFactory, VacancyFactory

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]

#: Few characters, so that repetitions, overlaps and near misses are common; rare ones beside.
CHINESE = st.text(alphabet="机械设计师工焊电鿏䶵", min_size=1, max_size=24)
TEXT = st.lists(
    st.one_of(
        CHINESE, st.sampled_from(["CNC", "ｃｎｃ", "c++", "5G", ",", "。", "\n", "|", "'", '"'])
    ),
    min_size=1,
    max_size=6,
).map("".join)


def vacancy(**fields: Any) -> Vacancy:
    row = VacancyFactory(**fields)
    Vacancy.objects.filter(pk=row.pk).update(search_text=rules.search_text_of(row))
    return row


def titles(found: Any) -> set[str]:
    return {row.title for row in found}


def query(text: str) -> set[int]:
    return set(containing(Vacancy.objects.all(), text).values_list("pk", flat=True))


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(texts=st.lists(TEXT, min_size=1, max_size=5), wanted=CHINESE)
def test_search_finds_exactly_what_a_substring_search_finds(texts: list[str], wanted: str) -> None:
    employer = EmployerFactory(name="某厂")
    rows = Vacancy.objects.bulk_create(
        Vacancy(
            employer=employer,
            publisher=employer,
            title=f"{number}",
            duties=text,
            search_text=bigrams(text),
        )
        for number, text in enumerate(texts)
    )
    mine = {row.pk for row in rows}
    needles = {wanted, *(text[i : i + 3] for text in texts for i in range(len(text)))}
    for needle in needles:
        if all("\u3400" <= letter <= "\u9fff" for letter in needle):
            naive = {row.pk for row in rows if needle in row.duties}
            assert query(needle) & mine == naive, needle


def test_a_text_of_any_length_is_searched_to_its_end() -> None:
    """PostgreSQL's positions end at 16,383 and 256 a word; a phrase beyond is still found."""
    row = vacancy(duties="焊工" * 10_000 + "数控铣床")
    assert query("数控铣床") == {row.pk}
    assert query("工数控") == {row.pk}
    assert query("数铣") == set()
    long_word = vacancy(duties="a" * 5_000)
    assert query("a" * 3_000) == {long_word.pk}


def test_words_latin_width_and_case() -> None:
    row = vacancy(title="数控铣工", duties="ＣＮＣ 操作,熟悉 C++")
    for text in ("cnc", "CN", "cnc 铣工", "c++", "铣", "操作 数控", "数控,cnc"):
        assert query(text) == {row.pk}, text
    assert query("c++ 车工") == set()
    assert query("???") == set()
    assert query("数控 操作") == {row.pk}
    assert query("工CNC") == {row.pk}  # each part stands in the text
    assert phrases(" 、") == []


def test_the_index_follows_every_write() -> None:
    row = vacancy(title="铆工")
    assert query("铆工") == {row.pk}
    Vacancy.objects.filter(pk=row.pk).update(search_text=bigrams("钳工"))
    assert query("铆工") == set()
    assert query("钳工") == {row.pk}
    row.revisions.all().delete()
    row.delete()
    assert query("钳工") == set()


@pytest.mark.django_db(transaction=True)
def test_the_index_comes_back_after_the_table_was_built_anew() -> None:
    row = vacancy(title="铆工")
    search_index.remove(connection)
    search_index.install(connection)
    search_index.install(connection)
    assert query("铆工") == {row.pk}


def test_filters() -> None:
    far = vacancy(
        title="北京电工", place_text="北京", place_code="11", trade="电工", shift=Shift.DAY,
        education=Education.BACHELOR, experience_years=5, board=Board.BOTH,
        pay_monthly_min_fen=1_000_000, pay_monthly_max_fen=None,
    )  # fmt: skip
    near = vacancy(
        title="广州焊工", place_text="广州-天河区", place_code="440106", trade="电焊工",
        education=Education.SECONDARY, board=Board.MEALS, shift=Shift.TWO_SHIFT,
        pay_monthly_min_fen=500_000, pay_monthly_max_fen=800_000,
    )  # fmt: skip
    plain = vacancy(
        title="普工", trade="普工", pay_monthly_min_fen=None, pay_monthly_max_fen=None,
        pay_negotiable=True,
    )  # fmt: skip
    everything = {far.title, near.title, plain.title}
    for params, expected in [
        ({}, everything),
        ({"place": "44"}, {near.title}),
        ({"place": "广州"}, {near.title}),
        ({"place": "本市"}, {plain.title}),
        ({"trade": "焊工"}, {near.title}),
        ({"pay_min": "8000"}, {far.title, near.title}),
        ({"pay_min": "10000.5"}, set()),
        ({"education": "30"}, {far.title}),
        ({"experience": "4"}, {near.title, plain.title}),
        ({"shift": "day"}, {far.title}),
        ({"board": "meals"}, {far.title, near.title}),
        ({"employer": str(near.employer.public_id)}, {near.title}),
        ({"employer": str(uuid4())}, set()),
        ({"q": "车工", "place": "11"}, set()),
        ({"pay_min": "much", "q": "电工"}, {far.title}),
        ({"page": "2"}, everything),
    ]:
        assert titles(search_vacancies(Vacancy.objects.all(), params)) == expected, params


def test_strict_search_names_what_it_cannot_read() -> None:
    with pytest.raises(Invalid) as refused:
        search_vacancies(Vacancy.objects.all(), {"pay_min": "much", "shift": "x"}, strict=True)
    assert set(refused.value.fields) == {"pay_min", "shift"}


def test_titles_come_first_then_the_newest() -> None:
    body = vacancy(title="车间主管", duties="管理焊工")
    title = vacancy(title="焊工")
    newest = vacancy(title="普工", trade="", duties="协助焊工")
    found = search_vacancies(Vacancy.objects.all(), {"q": "焊工"})
    assert [row.pk for row in found] == [title.pk, newest.pk, body.pk]


def test_search_combines_with_joins_and_counts() -> None:
    row = vacancy(title="铆工")
    vacancy(title="普工", trade="普工", duties="搬运", requirements="无")
    assert Vacancy.objects.public().filter(employer__name=row.employer.name).count() == 1
    found = search_vacancies(Vacancy.objects.public().for_cards(), {"q": "铆"})
    assert found.count() == 1
    assert found.filter(employer__status="verified").exists()
