"""Addresses of the sign-in and account pages."""

from __future__ import annotations

from django.urls import include, path

from accounts import views

urlpatterns = [
    path("sign-in/", views.sign_in_page, name="sign-in"),
    path("sign-in/code/", views.sign_in_code_page, name="sign-in-code"),
    # The same page by the names allauth looks for:
    path("sign-in/", views.sign_in_page, name="account_login"),
    path("sign-in/", views.sign_in_page, name="account_request_login_code"),
    path("sign-out/", views.sign_out_page, name="sign-out"),
    path("me/account/", views.account_page, name="account"),
    path(
        "me/account/sign-out-everywhere/",
        views.sign_out_everywhere_page,
        name="sign-out-everywhere",
    ),
    path("account/2fa/required/", views.second_factor_page, name="second-factor"),
    path("account/2fa/", include("allauth.mfa.urls")),
]
