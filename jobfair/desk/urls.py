"""Addresses of the desk."""

from __future__ import annotations

from django.urls import path

from jobfair.desk import (
    board,
    fairs,
    guests,
    imports,
    intents,
    reviews,
    room_messages,
    sessions,
)

urlpatterns = [
    path("", board.board, name="desk"),
    path("fairs/new/", fairs.create, name="desk-fair-new"),
    path("fairs/<slug:slug>/", fairs.overview, name="desk-fair"),
    path("fairs/<slug:slug>/edit/", fairs.edit, name="desk-fair-edit"),
    path("fairs/<slug:slug>/move/", fairs.move, name="desk-fair-move"),
    path("fairs/<slug:slug>/partners/", fairs.partners, name="desk-partners"),
    path("fairs/<slug:slug>/staff/", fairs.invite_staff, name="desk-staff"),
    path("fairs/<slug:slug>/staff/end/", fairs.end_staff, name="desk-staff-end"),
    path("fairs/<slug:slug>/staff/revoke/", fairs.revoke_invitation, name="desk-staff-revoke"),
    path("fairs/<slug:slug>/channels/", fairs.add_channel, name="desk-channels"),
    path("fairs/<slug:slug>/import/", imports.upload_page, name="desk-imports"),
    path("fairs/<slug:slug>/import/<uuid:batch_id>/", imports.preview, name="desk-import"),
    path(
        "fairs/<slug:slug>/import/<uuid:batch_id>/settle/",
        imports.settle,
        name="desk-import-settle",
    ),
    path("fairs/<slug:slug>/intents/new/", intents.by_phone, name="desk-phone-intent"),
    path("fairs/<slug:slug>/sessions/new/", sessions.create, name="desk-session-new"),
    path("sessions/<uuid:session_id>/", sessions.overview, name="desk-session"),
    path("sessions/<uuid:session_id>/edit/", sessions.edit, name="desk-session-edit"),
    path("sessions/<uuid:session_id>/crew/", sessions.invite_crew, name="desk-crew"),
    path("sessions/<uuid:session_id>/crew/end/", sessions.end_crew, name="desk-crew-end"),
    path("sessions/<uuid:session_id>/guests/", sessions.set_guests, name="desk-session-guests"),
    path("sessions/<uuid:session_id>/items/", sessions.add_item, name="desk-item-new"),
    path(
        "sessions/<uuid:session_id>/items/<uuid:item_id>/", sessions.move_item, name="desk-item"
    ),
    path("booths/", fairs.booths, name="desk-booths"),
    path("booths/<uuid:booth_id>/", fairs.decide_booth, name="desk-booth"),
    path("employers/", reviews.employers, name="desk-employers"),
    path("employers/<uuid:employer_id>/", reviews.employer, name="desk-employer"),
    path(
        "employers/<uuid:employer_id>/decide/",
        reviews.decide_employer,
        name="desk-employer-decide",
    ),
    path("claims/", reviews.claims, name="desk-claims"),
    path("claims/<uuid:claim_id>/", reviews.decide_claim, name="desk-claim"),
    path("vacancies/", reviews.vacancies, name="desk-vacancies"),
    path("vacancies/open/", reviews.open_vacancies, name="desk-vacancies-open"),
    path("vacancies/<uuid:vacancy_id>/", reviews.decide_vacancy, name="desk-vacancy"),
    path("honours/", reviews.honours, name="desk-honours"),
    path("honours/<uuid:honour_id>/", reviews.decide_honour, name="desk-honour"),
    path("guests/", guests.listing, name="desk-guests"),
    path("guests/new/", guests.create, name="desk-guest-new"),
    path("guests/<uuid:guest_id>/", guests.edit, name="desk-guest"),
    path("guests/<uuid:guest_id>/honours/", guests.add_honour, name="desk-guest-honour"),
    path("intents/unanswered/", intents.unanswered, name="desk-unanswered"),
    path("messages/", room_messages.listing, name="desk-messages"),
    path("messages/<uuid:message_id>/", room_messages.decide, name="desk-message"),
]
