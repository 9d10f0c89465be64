"""The house: what lies where, and which way imports and foreign keys run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps
from django.contrib.contenttypes.fields import GenericForeignKey
from django.db import models

from tests.support.scripts import house, lint

ROOT = Path(__file__).resolve().parents[2]
# From the bottom up; names in one group do not know each other.
LAYERS = [
    {"core"},
    {"jobs"},
    {"accounts"},
    {"employers", "seekers"},
    {"fairs"},
    {"livestream"},
    {"intents"},
    {"insights"},
    {"integrations"},
    {"jobfair"},
]
LEVEL = {app: level for level, group in enumerate(LAYERS) for app in group}
EMPTY_OF_MODELS = {"core", "jobfair"}


def own_models() -> list[type[models.Model]]:
    return [model for model in apps.get_models() if model._meta.app_label in LEVEL]


def relations() -> Iterator[tuple[str, str, str]]:
    """(field, its app, the app it points to) of every relation of our models."""
    for model in own_models():
        for field in [*model._meta.local_fields, *model._meta.local_many_to_many]:
            target = field.related_model
            if target is not None and not isinstance(target, str):
                yield (
                    f"{model.__name__}.{field.name}",
                    model._meta.app_label,
                    target._meta.app_label,
                )


def test_foreign_keys_point_downward() -> None:
    wrong = [
        f"{name}: {source} -> {target}"
        for name, source, target in relations()
        if target in LEVEL and source != target and LEVEL[target] >= LEVEL[source]
    ]
    assert not wrong


def test_packages_never_point_at_us() -> None:
    """A third-party model may reach our User and nothing else of ours."""
    wrong = [
        f"{model._meta.label}.{field.name}"
        for model in apps.get_models()
        if model._meta.app_label not in LEVEL
        for field in model._meta.local_fields
        if isinstance(field.related_model, type)
        and field.related_model._meta.app_label in LEVEL
        and field.related_model._meta.label != "accounts.User"
    ]
    assert not wrong


def test_no_generic_foreign_keys() -> None:
    """A relation the database cannot check is not one of ours."""
    wrong = [
        model._meta.label
        for model in own_models()
        if any(isinstance(field, GenericForeignKey) for field in model._meta.private_fields)
    ]
    assert not wrong


def test_core_and_composition_root_hold_no_tables() -> None:
    tables = {
        model._meta.label for model in own_models() if model._meta.app_label in EMPTY_OF_MODELS
    }
    assert not tables


def test_constraints_and_indexes_carry_the_name_of_their_app() -> None:
    """A violated constraint must be recognisable by its name alone."""
    wrong = [
        f"{model._meta.label}: {constraint.name}"
        for model in own_models()
        for constraint in model._meta.constraints
        if not constraint.name or constraint.name.startswith(("unique_", "check_"))
    ]
    assert not wrong


@pytest.mark.parametrize("name", ["imports", "migrations", "system"])
def test_check_of_make_lint(name: str) -> None:
    """Those of `make lint` that guard the house itself; a single test run must not miss them."""
    outcome = lint.run(name)
    assert not outcome.failed, outcome.output


@pytest.mark.parametrize("check", house.CHECKS, ids=lambda check: check.__name__)
def test_house_rule(check: house.Check) -> None:
    problems = list(check())
    assert not problems, "\n".join(problems)


def test_every_application_is_installed() -> None:
    labels = {config.label for config in apps.get_app_configs()}
    assert set(LEVEL) <= labels


def test_tests_mirror_applications() -> None:
    pages = {path.name for path in (ROOT / "jobfair").iterdir() if path.is_dir()}
    across = {"support", "house", "journeys", "permissions", "security", "deploy", "faults"}
    known = set(LEVEL) | pages | across
    strange = [
        path.name
        for path in (ROOT / "tests").iterdir()
        if path.is_dir() and not path.name.startswith((".", "_")) and path.name not in known
    ]
    assert not strange
