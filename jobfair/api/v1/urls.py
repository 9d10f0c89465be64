"""Addresses of the REST API."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from accounts.api import CodeView, VerifyView
from jobfair.api.v1 import fairs, intents, schema, sessions, statistics, vacancies

urlpatterns: list[URLPattern | URLResolver] = [
    path("schema/", schema.SchemaView.as_view(), name="api-schema"),
    path("auth/code/", CodeView.as_view(), name="api-auth-code"),
    path("auth/verify/", VerifyView.as_view(), name="api-auth-verify"),
    path("fairs/", fairs.FairsView.as_view(), name="api-fairs"),
    path("fairs/<slug:slug>/", fairs.FairView.as_view(), name="api-fair"),
    path("fairs/<slug:slug>/statistics/", statistics.StatisticsView.as_view()),
    path("fairs/<slug:slug>/vacancies/", fairs.FairVacanciesView.as_view()),
    path("vacancies/", vacancies.VacanciesView.as_view(), name="api-vacancies"),
    path("vacancies/<uuid:vacancy>/", vacancies.VacancyView.as_view(), name="api-vacancy"),
    path("sessions/<uuid:session>/", sessions.SessionView.as_view(), name="api-session"),
    path("sessions/<uuid:session>/events/", sessions.EventsView.as_view()),
    path("sessions/<uuid:session>/messages/", sessions.MessagesView.as_view()),
    path("sessions/<uuid:session>/pin/", sessions.PinView.as_view()),
    path("sessions/<uuid:session>/unpin/", sessions.UnpinView.as_view()),
    path("sessions/<uuid:session>/on-air/", sessions.OnAirView.as_view()),
    path("sessions/<uuid:session>/off-air/", sessions.OffAirView.as_view()),
    path("sessions/<uuid:session>/questions/", sessions.QuestionsView.as_view()),
    path("questions/<uuid:question>/vote/", sessions.VoteView.as_view()),
    path("questions/<uuid:question>/answer/", sessions.AnswerView.as_view()),
    path("questions/<uuid:question>/pin/", sessions.QuestionPinView.as_view()),
    path("questions/<uuid:question>/route/", sessions.QuestionRouteView.as_view()),
    path("intents/", intents.IntentsView.as_view(), name="api-intents"),
    path("intents/<uuid:public_id>/", intents.IntentView.as_view(), name="api-intent"),
    path("intents/<uuid:public_id>/withdraw/", intents.WithdrawView.as_view()),
    path("intents/<uuid:public_id>/accept/", intents.AcceptView.as_view()),
    path("intents/<uuid:public_id>/undo/", intents.UndoView.as_view()),
    path("intents/<uuid:public_id>/decline/", intents.DeclineView.as_view()),
    path("intents/<uuid:public_id>/advance/", intents.AdvanceView.as_view()),
    path("intents/<uuid:public_id>/reveal/", intents.RevealView.as_view()),
]
