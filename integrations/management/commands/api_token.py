"""Create, list and end API tokens from the command line."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import User
from core.errors import DomainError
from integrations import services
from integrations.models import ApiToken


class Command(BaseCommand):
    help = "Create, rotate, list or revoke the API tokens of an account."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("action", choices=["create", "rotate", "list", "revoke"])
        parser.add_argument("phone", help="the account's phone number, E.164")
        parser.add_argument("--name", default="token")
        parser.add_argument("--scope", action="append", default=[], help="read, write (repeatable)")

    def handle(self, *args: Any, **options: Any) -> None:
        owner = User.objects.filter(phone=options["phone"]).first()
        if owner is None:
            raise CommandError(f"No account has the phone number {options['phone']}.")
        try:
            getattr(self, f"_{options['action']}")(owner, options)
        except DomainError as error:
            raise CommandError(str(error.message)) from error

    def _create(self, owner: User, options: dict[str, Any]) -> None:
        scopes = options["scope"] or ["read"]
        _token, plain = services.create_token(owner=owner, name=options["name"], scopes=scopes)
        self.stdout.write(plain)

    def _rotate(self, owner: User, options: dict[str, Any]) -> None:
        _token, plain = services.rotate_token(owner=owner, token=self._named(owner, options))
        self.stdout.write(plain)

    def _list(self, owner: User, options: dict[str, Any]) -> None:
        for token in owner.api_tokens.order_by("id"):
            state = "valid" if token.is_valid else "ended"
            self.stdout.write(f"{token.name}\t{','.join(token.scopes)}\t{state}")

    def _revoke(self, owner: User, options: dict[str, Any]) -> None:
        services.revoke_token(owner=owner, token=self._named(owner, options))

    def _named(self, owner: User, options: dict[str, Any]) -> ApiToken:
        token = owner.api_tokens.filter(name=options["name"], revoked_at=None).last()
        if token is None:
            raise CommandError(f"No valid token is named {options['name']}.")
        return token
