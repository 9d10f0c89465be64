"""Who watched what and for how long: the append-only log of played-time reports."""

from __future__ import annotations

from typing import Any, Final

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import F, Q
from django.db.models.sql.compiler import SQLCompiler

from core.db import one_of
from livestream.enums import WatchKind
from livestream.models.session import Session

#: A page's clock and ours may differ by this much within one report.
TOLERANCE_MS: Final = 2_000


class ElapsedMs(models.Func):
    """Milliseconds from the first moment to the second, also inside a check constraint.

    (Django's own difference of two moments needs a function that only Django's connections have.)
    """

    arity = 2
    output_field = models.FloatField()
    template = "(EXTRACT(EPOCH FROM %(expressions)s) * 1000)"

    def as_postgresql(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **extra: Any
    ) -> Any:
        start, end = self.source_expressions
        swapped = self.copy()
        swapped.set_source_expressions([end, start])
        return swapped.as_sql(compiler, connection, arg_joiner=" - ", **extra)

    def as_sqlite(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **extra: Any
    ) -> Any:
        (start, first), (end, second) = (
            compiler.compile(expression) for expression in self.source_expressions
        )
        return f"((julianday({end}) - julianday({start})) * 86400000.0)", (*second, *first)


class WatchSpan(models.Model):
    """One report: within ``starts_at`` … ``ends_at`` the person played ``played_ms``.

    Written by ``livestream.services.watching.store_spans`` and nothing else, never changed. A
    fair of 50,000 people and two hours has six million rows, so a row is small and has one index,
    in the order in which they are counted. ``key`` is the pseudonymous person key at that moment
    (an account's or a device's); ``channel`` is the code of the entry channel, if any. Moments
    are whole milliseconds.
    """

    session = models.ForeignKey(
        Session, on_delete=models.CASCADE, related_name="watch_spans", db_index=False
    )
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    played_ms = models.PositiveIntegerField()
    kind = models.CharField(max_length=5, choices=WatchKind.choices)
    key = models.CharField(max_length=24)
    channel = models.CharField(max_length=32, blank=True)

    class Meta:
        indexes = [models.Index(fields=["session", "ends_at"], name="watch_span_of_session")]
        constraints = [
            models.CheckConstraint(
                condition=one_of("kind", WatchKind), name="watch_span_kind_known"
            ),
            models.CheckConstraint(
                condition=Q(ends_at__gte=F("starts_at")), name="watch_span_ends_after_start"
            ),
            models.CheckConstraint(
                condition=Q(played_ms__gte=0)
                & Q(played_ms__lte=ElapsedMs("starts_at", "ends_at") + TOLERANCE_MS),
                name="watch_span_played_within",
            ),
            models.CheckConstraint(condition=~Q(key=""), name="watch_span_has_person"),
        ]
