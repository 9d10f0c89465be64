"""What cloud live tells us: a stream began, a stream ended.

Only the provider that ``MEDIA_SERVER`` names is heard; to everybody else there is no such address.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Final

from django.conf import settings
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST

from core.errors import DomainError, NotFound
from core.transactions import write
from livestream.enums import TakeEnd
from livestream.media.adapters import aliyun, cloud, tencent
from livestream.services.locking import locked

log = logging.getLogger(__name__)

#: A beginning that is told of later than this began, for us, this long ago.
_LATEST: Final = timedelta(seconds=30)


@csrf_exempt
@never_cache
@require_POST
def from_tencent(request: HttpRequest) -> JsonResponse:
    """Tencent's callbacks; answered with ``{"code": 0}``, repeated by them otherwise."""
    return _hear(request, "tencent", tencent.Tencent(), tencent.HOLDS_S)


@never_cache
@require_GET
def from_aliyun(request: HttpRequest) -> JsonResponse:
    """Aliyun's callbacks come as GET requests and are repeated until they are answered."""
    return _hear(request, "aliyun", aliyun.Aliyun(), aliyun.HOLDS_S)


def _hear(request: HttpRequest, provider: str, adapter: cloud.Cloud, holds_s: int) -> JsonResponse:
    if provider != settings.MEDIA_SERVER:
        raise NotFound
    notice = adapter.notice(request)
    if notice is not None and cloud.is_first(notice, provider, holds_s):
        try:
            _obey(adapter, notice)
        except DomainError as error:
            # Repeating it would change nothing.
            log.warning("a stream of %s was refused: %s", notice.stream, error.code)
        except BaseException:
            cloud.forget(notice, provider)
            raise
    return JsonResponse({"code": 0})


def _obey(adapter: cloud.Cloud, notice: cloud.Notice) -> None:
    now = timezone.now()
    at = min(notice.at, now)
    with write():  # a beginning that fails half-way can be told again
        locked(notice.stream)  # a beginning and its end may be told of at once
        if not notice.begins:
            take = adapter.ended_by(notice)
            if take is None:
                adapter.remember_end(notice)
            else:
                adapter.down(take=take, reason=TakeEnd.STOPPED, last_at=at)
        elif adapter.is_over(notice):
            log.warning("a stream of %s had ended when its beginning was told of", notice.stream)
        else:
            take = adapter.authorize(
                stream=notice.stream,
                token=notice.key,
                connection_id=notice.connection_id,
                began_at=at,
            )
            adapter.up(take=take, first_at=max(at, now - _LATEST))
