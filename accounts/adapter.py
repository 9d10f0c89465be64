"""Joins allauth to accounts that are known by phone number."""

from __future__ import annotations

from allauth.account.adapter import DefaultAccountAdapter


class AccountAdapter(DefaultAccountAdapter):
    """Phone numbers instead of user names and e-mail addresses."""
