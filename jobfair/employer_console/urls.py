"""Addresses of the employer's console."""

from __future__ import annotations

from django.urls import include, path

from jobfair.employer_console import fairs, inbox, onboarding, questions, vacancies

_one = [
    path("", inbox.inbox, name="employer-inbox"),
    path("list/", inbox.inbox_list, name="employer-inbox-list"),
    path("intents/<uuid:intent>/", inbox.inbox, name="employer-intent"),
    path("intents/<uuid:intent>/accept/", inbox.accept, name="employer-accept"),
    path("intents/<uuid:intent>/undo/", inbox.undo, name="employer-undo"),
    path("intents/<uuid:intent>/decline/", inbox.decline, name="employer-decline"),
    path("intents/<uuid:intent>/phone/", inbox.reveal, name="employer-reveal"),
    path("intents/<uuid:intent>/advance/", inbox.advance, name="employer-advance"),
    path("questions/", questions.listing, name="employer-questions"),
    path("questions/list/", questions.rows, name="employer-questions-list"),
    path("questions/<uuid:question>/answer/", questions.answer, name="employer-answer-question"),
    path("questions/<uuid:question>/reopen/", questions.reopen, name="employer-reopen-question"),
    path("setup/", onboarding.setup, name="employer-setup"),
    path("setup/licence/", onboarding.upload_document, name="employer-upload-document"),
    path("setup/submit/", onboarding.submit, name="employer-submit"),
    path("setup/claim/", onboarding.claim, name="employer-claim"),
    path("profile/", onboarding.profile, name="employer-profile"),
    path("team/", onboarding.team, name="employer-team"),
    path("team/<uuid:person>/remove/", onboarding.remove_member, name="employer-remove-member"),
    path("team/invitations/<uuid:invitation>/revoke/", onboarding.revoke, name="employer-revoke"),
    path("vacancies/", vacancies.table, name="employer-vacancies"),
    path("vacancies/new/", vacancies.create, name="employer-new-vacancy"),
    path("vacancies/many/", vacancies.many, name="employer-many-vacancies"),
    path("vacancies/complete/", vacancies.complete, name="employer-complete"),
    path("vacancies/<uuid:vacancy>/", vacancies.edit, name="employer-vacancy"),
    path("vacancies/<uuid:vacancy>/<slug:step>/", vacancies.step, name="employer-vacancy-step"),
    path("fairs/", fairs.fairs, name="employer-fairs"),
    path("fairs/<slug:slug>/", fairs.fair, name="employer-fair"),
    path("fairs/<slug:slug>/apply/", fairs.apply, name="employer-apply"),
    path("fairs/<slug:slug>/<slug:answer>/", fairs.answer, name="employer-answer-booth"),
    path("import/", fairs.upload, name="employer-import"),
    path("import/template/", fairs.template, name="employer-template"),
    path("import/<uuid:batch>/", fairs.batch, name="employer-import-batch"),
    path("import/<uuid:batch>/<slug:step>/", fairs.settle, name="employer-settle-import"),
]

urlpatterns = [
    path("employer/", onboarding.start, name="employer-console"),
    path("employer/new/", onboarding.register, name="employer-register"),
    path("employer/documents/<uuid:document>/", onboarding.document, name="employer-document"),
    path("employer/<uuid:employer>/", include(_one)),
]
