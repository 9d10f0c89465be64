"""Who may use which address: every method of every address of the site, in one table.

``test_matrix.py`` compares it with the URL conf (a new address fails until it is listed here) and
then asks each for everybody. How a line reads is written at :class:`~tests.permissions.rows.Row`.
"""

from __future__ import annotations

from datetime import timedelta
from itertools import chain

from django.utils import timezone

from core.ids import new_id
from intents import consent
from jobfair.studio.actions import ACTIONS
from jobfair.studio.replay import ACTIONS as REPLAY_ACTIONS
from tests.permissions.rows import (
    EVERYBODY,
    FORBIDDEN,
    HIDDEN,
    NOBODY,
    PEOPLE,
    Content,
    Row,
    both,
)
from tests.permissions.world import Role, Things

SEEKER = frozenset({Role.SEEKER})
MANAGER = frozenset({Role.MANAGER})
REVIEWERS = MANAGER | {Role.REVIEWER}
MODERATORS = MANAGER | {Role.MODERATOR}
STATISTICIANS = MANAGER | {Role.STATISTICIAN}
STAFF = REVIEWERS | MODERATORS | {Role.STATISTICIAN}
#: The people who run a session: its crew and the fair's managers; moderators sit beside them.
CREW = MANAGER | {Role.OPERATOR}
STUDIO = CREW | MODERATORS
#: Employers, vacancies and guests belong to the installation: staff of any fair look after them.
ANY_MANAGER = MANAGER | {Role.OTHER_MANAGER}
ANY_REVIEWER = REVIEWERS | {Role.OTHER_MANAGER}
ANY_MODERATOR = MODERATORS | {Role.OTHER_MANAGER}
#: An employer's console: its members, and staff of its fairs acting for it.
CONSOLE = REVIEWERS | {Role.RECRUITER}
ANSWERING = MANAGER | {Role.RECRUITER}
#: Who may know of the other fair's sessions.
OTHERS_SESSION = frozenset({Role.OTHER_OPERATOR, Role.OTHER_MANAGER})
#: Crew of any session: they moderate their own room, also from the desk.
CONSOLES = frozenset({Role.OPERATOR, Role.OTHER_OPERATOR})

PHONE = "13800138000"


def moment(hours: int) -> str:
    return f"{timezone.localtime() + timedelta(hours=hours):%Y-%m-%dT%H:%M}"


def a_fair(t: Things) -> Content:
    return {
        "name": "秋送岗位",
        "slug": f"new-{new_id()}",
        "starts_at": moment(1),
        "ends_at": moment(9),
    }


def a_session(t: Things) -> Content:
    times = {"starts_at": moment(1), "ends_at": moment(3)}
    return {"title": "车工专场", "video_source": "hosted", "declared_delay_s": "0", **times}


def a_vacancy(t: Things) -> Content:
    return {"title": "铣工", "trade": "铣工", "headcount": "3", "pay": "6-8千/月"}


def a_call(t: Things) -> Content:
    return {"phone": PHONE, "evidence": "上午来电，已读同意书", "client_id": new_id()}


def a_draft(t: Things) -> str:
    return f"vacancy={t.vacancy.public_id}"


# fmt: off
PUBLIC = [
    Row("", "GET", EVERYBODY),
    Row("fairs/<slug:slug>/", "GET", EVERYBODY, other=frozenset({Role.OTHER_MANAGER})),
    Row("guests/<uuid:guest>/", "GET", EVERYBODY, other=OTHERS_SESSION | ANY_MANAGER),
    # The other employer's vacancy was open once: whoever kept the link reads what was approved.
    Row("vacancies/<uuid:vacancy>/", "GET", EVERYBODY, other=EVERYBODY),
    Row("employers/<uuid:employer>/", "GET", EVERYBODY, other=frozenset({Role.OTHER_RECRUITER}), superuser_other=HIDDEN),
    Row("i18n/setlang/", "GET", EVERYBODY, is_page=False),
    Row("i18n/setlang/", "POST", EVERYBODY, body={"language": "en"}),
    # Pictures under random names; there is none of this.
    Row("files/<path:name>", "GET", NOBODY, anonymous=HIDDEN, superuser=HIDDEN, fixed={"name": "guest/none.png"}, is_page=False),
    # The test channel is made by `manage.py make_test_channel`; there is none here.
    Row("media/testchannel/live.m3u8", "GET", NOBODY, anonymous=HIDDEN, superuser=HIDDEN, is_page=False),
    Row("media/testchannel/<slug:version>/<int:number>.ts", "GET", NOBODY, anonymous=HIDDEN, superuser=HIDDEN, fixed={"version": "v1", "number": "0"}, is_page=False),
    # For the provider of cloud live where there is one; here is none.
    Row("media/callbacks/tencent/", "POST", NOBODY, anonymous=HIDDEN, superuser=HIDDEN, is_page=False),
    Row("media/callbacks/aliyun/", "GET", NOBODY, anonymous=HIDDEN, superuser=HIDDEN, is_page=False),
    # Whoever has a signed address; this one is nobody's.
    Row("media/hls/<int:expires>/<str:signature>/<path:path>", "GET", NOBODY, anonymous=FORBIDDEN, rest=FORBIDDEN, superuser=FORBIDDEN, fixed={"expires": "1", "signature": "x", "path": f"{'0' * 32}/live.m3u8"}, is_page=False),
]

ROOM = [
    Row("live/<uuid:session>/", "GET", EVERYBODY, other=OTHERS_SESSION),
    Row("live/<uuid:session>/token/", "GET", EVERYBODY, other=OTHERS_SESSION, is_page=False),
    # A token of the room's page lets a report in, and nothing else does.
    Row("live/<uuid:session>/watched/", "POST", NOBODY, anonymous=HIDDEN, superuser=HIDDEN, is_page=False),
    # For proxies: the same for everybody, so of public rooms only. No segment is whole here.
    Row("live/<uuid:session>/feed/tail.json", "GET", EVERYBODY, other=NOBODY, superuser_other=HIDDEN, is_page=False),
    Row("live/<uuid:session>/feed/<int:revision>/<int:number>.json", "GET", NOBODY, anonymous=HIDDEN, superuser=HIDDEN, fixed={"revision": "0", "number": "0"}, is_page=False),
    Row("live/<uuid:session>/playback/", "GET", EVERYBODY, other=OTHERS_SESSION, is_page=False),
    # A session that is over has a replay; this one is live.
    Row("live/<uuid:session>/replay/index.json", "GET", NOBODY, anonymous=HIDDEN, superuser=HIDDEN, is_page=False),
    Row("live/<uuid:session>/replay/playback.json", "GET", NOBODY, anonymous=HIDDEN, superuser=HIDDEN, is_page=False),
    Row("live/<uuid:session>/replay/captions/<slug:language>.vtt", "GET", NOBODY, anonymous=HIDDEN, superuser=HIDDEN, fixed={"language": "zh-hans"}, is_page=False),
    Row("live/<uuid:session>/say/", "POST", PEOPLE, other=OTHERS_SESSION, body={"text": "你好"}),
    Row("live/<uuid:session>/ask/", "POST", PEOPLE, other=OTHERS_SESSION, body={"text": "包住吗？"}),
    # What became of the own message; nobody else has written any.
    Row("live/<uuid:session>/mine/", "GET", SEEKER, other=NOBODY, query=lambda t: f"seq={t.message.seq}", superuser=HIDDEN, is_page=False),
    # Made for everybody alike: who may see more gets no more here.
    Row("live/<uuid:session>/feed/questions/<int:page>.json", "GET", EVERYBODY, other=NOBODY, superuser_other=HIDDEN, fixed={"page": "1"}, is_page=False),
    Row("live/<uuid:session>/questions/pages/<int:page>.json", "GET", EVERYBODY, other=OTHERS_SESSION, fixed={"page": "1"}, is_page=False),
    Row("live/<uuid:session>/questions/mine.json", "GET", PEOPLE, other=OTHERS_SESSION, is_page=False),
    Row("live/<uuid:session>/questions/<uuid:question>/vote/", "POST", PEOPLE, other=OTHERS_SESSION),
]

ACCOUNT = [
    *both("sign-in/", EVERYBODY, body={"phone": PHONE}),
    *both("sign-in/code/", EVERYBODY, body={"code": "000000"}),
    Row("sign-out/", "POST", EVERYBODY),
    *both("me/account/", PEOPLE, body={"display_name": "王师傅"}),
    Row("me/account/sign-out-everywhere/", "POST", PEOPLE),
    Row("account/2fa/required/", "GET", PEOPLE),
    Row("account/2fa/", "GET", PEOPLE),
    *both("account/2fa/authenticate/", EVERYBODY),
    *both("account/2fa/reauthenticate/", PEOPLE),
    *both("account/2fa/totp/activate/", PEOPLE),
    *both("account/2fa/totp/deactivate/", PEOPLE),
    Row("account/2fa/recovery-codes/", "GET", PEOPLE),
    *both("account/2fa/recovery-codes/generate/", PEOPLE),
    Row("account/2fa/recovery-codes/download/", "GET", PEOPLE, is_page=False),
]

SEEKERS = [
    Row("intents/new/", "GET", EVERYBODY, query=a_draft, other=EVERYBODY),
    Row("intents/new/", "POST", EVERYBODY, query=a_draft, other=EVERYBODY, body=lambda t: {"vacancy": t.vacancy.public_id}),
    *both("intents/new/code/", EVERYBODY, body={"code": "000000"}),
    *both("intents/<uuid:public_id>/done/", SEEKER, superuser=HIDDEN, body={"trade": "焊工"}),
    Row("me/", "GET", PEOPLE),
    *both("me/profile/", PEOPLE, body={"trade": "焊工"}),
    Row("me/questions/", "GET", PEOPLE),
    Row("me/data/", "GET", PEOPLE, is_page=False, shows_phone=True),
    Row("me/intents/<uuid:public_id>/withdraw/", "POST", SEEKER, superuser=HIDDEN),
]

FAIRS = "desk/fairs/<slug:slug>/"
FIGURES = "desk/fairs/<slug>/statistics/export.<form>"
DESK_FAIRS = [
    Row("desk/", "GET", STAFF | CREW | OTHERS_SESSION),
    *both("desk/fairs/new/", ANY_MANAGER, body=a_fair),
    Row(FAIRS, "GET", STAFF),
    *both(FAIRS + "edit/", MANAGER, body=a_fair),
    Row(FAIRS + "move/", "POST", MANAGER, body={"to": "closed"}),
    Row(FAIRS + "partners/", "POST", MANAGER, body={"organiser": "市总工会"}),
    Row(FAIRS + "staff/", "POST", MANAGER, body={"phone": PHONE, "role": "reviewer"}),
    Row(FAIRS + "staff/end/", "POST", MANAGER, body=lambda t: {"person": t.manager.public_id, "role": "manager"}),
    Row(FAIRS + "staff/revoke/", "POST", MANAGER, body=lambda t: {"invitation": t.fair_invitation.public_id}),
    Row(FAIRS + "statistics/", "GET", STATISTICIANS),
    Row(FIGURES, "GET", STATISTICIANS, fixed={"form": "xlsx"}, is_page=False),
    Row(FIGURES, "GET", STATISTICIANS, fixed={"form": "csv"}, is_page=False),
    Row(FAIRS + "channels/", "POST", MANAGER, body={"name": "海报", "code": "poster2"}),
    *both(FAIRS + "import/", REVIEWERS),
    Row(FAIRS + "import/<uuid:batch_id>/", "GET", REVIEWERS),
    Row(FAIRS + "import/<uuid:batch_id>/settle/", "POST", REVIEWERS, body={"decision": "confirm"}),
    Row(FAIRS + "import/template/", "GET", REVIEWERS, is_page=False),
    Row(FAIRS + "intents/new/", "GET", MANAGER),
    *both(FAIRS + "intents/new/<uuid:vacancy_id>/", MANAGER, body=a_call),
    *both(FAIRS + "sessions/new/", MANAGER, body=a_session),
    Row("desk/booths/", "GET", ANY_MANAGER),
    Row("desk/booths/<uuid:booth_id>/", "POST", MANAGER, body={"decision": "approve"}),
    Row("desk/intents/unanswered/", "GET", ANY_MANAGER),
    Row("desk/intents/<uuid:intent_id>/phone/", "POST", MANAGER, shows_phone=True, second_factor=MANAGER),
    Row("desk/intents/<uuid:intent_id>/lapse/", "POST", MANAGER, body={"reason": "单位一直没有回应"}),
]

SESSIONS = "desk/sessions/<uuid:session_id>/"
DESK_SESSIONS = [
    Row(SESSIONS, "GET", MANAGER),
    *both(SESSIONS + "edit/", MANAGER, body=a_session),
    Row(SESSIONS + "rehearse/", "POST", MANAGER),
    Row(SESSIONS + "delete-rehearsal/", "POST", MANAGER),
    Row(SESSIONS + "crew/", "POST", MANAGER, body={"phone": PHONE, "role": "host"}),
    Row(SESSIONS + "crew/end/", "POST", MANAGER, body=lambda t: {"person": t.operator.public_id, "role": "operator"}),
    Row(SESSIONS + "crew/revoke/", "POST", MANAGER, body=lambda t: {"invitation": t.session_invitation.public_id}),
    Row(SESSIONS + "guests/", "POST", MANAGER, body=lambda t: {"guests": [t.guest.public_id]}),
    Row(SESSIONS + "items/", "POST", MANAGER, body={"kind": "story", "title": "劳模故事", "planned_minutes": "10"}),
    Row(SESSIONS + "items/<uuid:item_id>/", "POST", MANAGER, body={"move": "up"}),
    Row("desk/questions/", "GET", ANY_MODERATOR | CONSOLES),
    Row("desk/questions/<uuid:question_id>/", "POST", STUDIO, body={"decision": "aside", "text": "重复"}),
    Row("desk/messages/", "GET", ANY_MODERATOR | CONSOLES),
    Row("desk/messages/decide/", "POST", ANY_MODERATOR | CONSOLES, body=lambda t: {"decision": "remove", "reason": "广告", "message": [t.message.public_id]}),
    *both("desk/messages/<uuid:message_id>/", STUDIO, body={"decision": "remove", "reason": "广告"}),
    Row("desk/people/<uuid:person_id>/", "GET", STUDIO),
    Row("desk/people/<uuid:person_id>/sanction/", "POST", STUDIO, body=lambda t: {"session": t.session.public_id, "measure": "mute-10", "reason": "刷屏"}),
    Row("desk/people/<uuid:person_id>/block/", "POST", MANAGER, body={"decision": "block", "words": "诈骗"}),
    Row("desk/sanctions/", "GET", ANY_MODERATOR | CONSOLES),
    Row("desk/sanctions/<uuid:sanction_id>/lift/", "POST", STUDIO, body={"reason": "误判"}),
    *both("desk/words/", ANY_MODERATOR, body=lambda t: {"fair": t.fair.slug, "words": "加微信", "action": "hold"}),
    Row("desk/words/<uuid:word_id>/", "POST", MODERATORS, body={"action": "refuse"}),
]

BATCH = "desk/employers/batch/<uuid:batch_id>/"
DESK_REVIEWS = [
    Row("desk/employers/", "GET", ANY_REVIEWER),
    Row("desk/employers/<uuid:employer_id>/", "GET", ANY_REVIEWER, other=ANY_REVIEWER),
    Row("desk/employers/<uuid:employer_id>/decide/", "POST", ANY_REVIEWER, other=ANY_REVIEWER, body={"decision": "suspend", "reason": "投诉"}),
    Row("desk/employers/<uuid:employer_id>/act-for/", "POST", CONSOLE - {Role.RECRUITER}),
    Row("desk/employers/stop-acting/", "POST", ANY_REVIEWER),
    *both("desk/employers/batch/", ANY_REVIEWER),
    Row("desk/employers/batch/template/", "GET", ANY_REVIEWER, is_page=False),
    # A batch is its uploader's alone.
    Row(BATCH, "GET", MANAGER, superuser=HIDDEN, named={"batch_id": "review_batch"}),
    Row(BATCH + "settle/", "POST", MANAGER, superuser=HIDDEN, named={"batch_id": "review_batch"}, body={"decision": "confirm"}),
    Row("desk/claims/", "GET", ANY_REVIEWER),
    Row("desk/claims/<uuid:claim_id>/", "POST", ANY_REVIEWER, other=ANY_REVIEWER, body={"decision": "reject", "reason": "不符"}),
    Row("desk/vacancies/", "GET", ANY_REVIEWER),
    Row("desk/vacancies/open/", "POST", ANY_REVIEWER, body=lambda t: {"vacancy": [t.draft.public_id]}),
    Row("desk/vacancies/<uuid:vacancy_id>/", "POST", ANY_REVIEWER, other=ANY_REVIEWER, body={"decision": "reject", "reason": "缺薪资"}),
    *both("desk/vacancies/<uuid:vacancy_id>/edit/", ANY_REVIEWER, other=ANY_REVIEWER, body=a_vacancy),
    Row("desk/honours/", "GET", ANY_REVIEWER),
    Row("desk/honours/<uuid:honour_id>/", "POST", ANY_REVIEWER, other=ANY_REVIEWER, body={"decision": "revoked", "reason": "查无"}),
    Row("desk/honours/<uuid:honour_id>/evidence/", "GET", ANY_REVIEWER, other=ANY_REVIEWER, is_page=False),
    Row("desk/guests/", "GET", ANY_MANAGER),
    *both("desk/guests/new/", ANY_MANAGER, body={"name": "张师傅"}),
    *both("desk/guests/<uuid:guest_id>/", ANY_MANAGER, other=ANY_MANAGER, body={"name": "张师傅"}),
    Row("desk/guests/<uuid:guest_id>/honours/", "POST", ANY_MANAGER, other=ANY_MANAGER, body={"level": "city", "title": "工匠", "year": "2020", "issuer": "市总工会"}),
]

# fmt: on
#: Buttons of the studio that moderators have, too.
MODERATION = {
    "mode",
    "release",
    "remove",
    "show-again",
    "sanction",
    "lift",
    "dismiss",
    "release-question",
}


def studio_button(action: str) -> Row:
    return Row(
        "studio/<uuid:session>/<slug:action>/",
        "POST",
        STUDIO if action in MODERATION else CREW,
        # Only a moderator without the console reaches the button and is told no.
        forbidden=frozenset() if action in MODERATION else frozenset({Role.MODERATOR}),
        fixed={"action": action},
        headers={"Accept": "application/json"},
        body=lambda t: {
            "item": t.item.public_id,
            "after": t.item.public_id,
            "vacancies": [t.vacancy.public_id],
            "question": t.question.public_id,
            "sanction": t.sanction.public_id,
            "seq": t.message.seq,
            "reason": "广告",
            "text": "包住",
            "title": "加一个",
            "chat": "1",
        },
    )


STUDIO_PAGES = [
    Row("studio/<uuid:session>/", "GET", STUDIO),
    Row("studio/<uuid:session>/live/", "GET", CREW),
    Row("studio/<uuid:session>/live/state/", "GET", CREW, is_page=False),
    Row("studio/<uuid:session>/live/key/", "POST", CREW),
    Row("studio/<uuid:session>/live/take-over/", "POST", CREW),
    Row("studio/<uuid:session>/live/probe/", "POST", CREW),
    Row("studio/<uuid:session>/replay/", "GET", CREW),
    # There is no recording of the session here.
    Row("studio/<uuid:session>/replay/state/", "GET", NOBODY, superuser=HIDDEN, is_page=False),
    Row(
        "studio/<uuid:session>/replay/download/<int:number>/",
        "GET",
        NOBODY,
        superuser=HIDDEN,
        fixed={"number": "0"},
        is_page=False,
    ),
    *(
        Row("studio/<uuid:session>/replay/<slug:action>/", "POST", CREW, fixed={"action": action})
        for action in REPLAY_ACTIONS
        if action != "prepare"
    ),
    Row(
        "studio/<uuid:session>/replay/<slug:action>/",
        "POST",
        NOBODY,
        superuser=HIDDEN,
        fixed={"action": "prepare"},
    ),
    *both("studio/<uuid:session>/encoder/", CREW, body={"do": "issue"}),
    Row("studio/<uuid:session>/encoder/state/", "GET", CREW, is_page=False),
    *(studio_button(action) for action in ACTIONS),
    Row("studio/<uuid:session>/captions/", "GET", STUDIO),
    Row(
        "studio/<uuid:session>/captions/add/",
        "POST",
        STUDIO,
        body={"text": "大家好", "language": "zh-hans"},
    ),
    # Nothing has been typed or uploaded.
    Row(
        "studio/<uuid:session>/captions/remove/",
        "POST",
        NOBODY,
        superuser=HIDDEN,
        body={"seq": "1"},
    ),
    Row("studio/<uuid:session>/captions/upload/", "POST", CREW, body={"language": "en"}),
    Row(
        "studio/<uuid:session>/captions/<slug:language>.vtt",
        "GET",
        NOBODY,
        superuser=HIDDEN,
        fixed={"language": "en"},
        is_page=False,
    ),
]

# fmt: off
ONE = "employer/<uuid:employer>/"
INTENT = ONE + "intents/<uuid:intent>/"
EMPLOYER = [
    Row("employer/", "GET", PEOPLE),
    *both("employer/new/", PEOPLE, body={"name": "新厂"}),
    Row("employer/documents/<uuid:document>/", "GET", CONSOLE | ANY_REVIEWER, other=ANY_REVIEWER | {Role.OTHER_RECRUITER}, is_page=False),
    Row(ONE, "GET", CONSOLE),
    Row(ONE + "list/", "GET", CONSOLE, is_page=False),
    Row(INTENT, "GET", ANSWERING),
    Row(INTENT + "accept/", "POST", ANSWERING),
    Row(INTENT + "undo/", "POST", ANSWERING),
    Row(INTENT + "decline/", "POST", ANSWERING, body={"reason": "已招满"}),
    Row(INTENT + "phone/", "POST", ANSWERING, shows_phone=True, second_factor=MANAGER),
    Row(INTENT + "advance/", "POST", ANSWERING, body={"to": "3", "effective_on": "2026-12-03"}),
    Row(ONE + "questions/", "GET", CONSOLE),
    Row(ONE + "questions/list/", "GET", CONSOLE, is_page=False),
    Row(ONE + "questions/<uuid:question>/answer/", "POST", CONSOLE, body={"text": "包住"}),
    # The crew answered it here: the employer's people take back their own answers.
    Row(ONE + "questions/<uuid:question>/reopen/", "POST", MANAGER, forbidden=CONSOLE - MANAGER),
    *both(ONE + "setup/", CONSOLE, body={"name": "永兴机械"}),
    Row(ONE + "setup/licence/", "POST", CONSOLE),
    Row(ONE + "setup/submit/", "POST", CONSOLE),
    Row(ONE + "setup/claim/", "POST", CONSOLE, body=lambda t: {"unclaimed": t.unclaimed.public_id}),
    *both(ONE + "profile/", CONSOLE, body={"intro": "工厂"}),
    *both(ONE + "team/", CONSOLE, body={"phone": PHONE, "role": "recruiter"}),
    Row(ONE + "team/<uuid:person>/remove/", "POST", CONSOLE),
    Row(ONE + "team/invitations/<uuid:invitation>/revoke/", "POST", CONSOLE),
    Row(ONE + "vacancies/", "GET", CONSOLE),
    *both(ONE + "vacancies/new/", CONSOLE, body=a_vacancy),
    Row(ONE + "vacancies/many/", "POST", CONSOLE, body=lambda t: {"act": "close", "vacancy": [t.vacancy.public_id]}),
    *both(ONE + "vacancies/complete/", CONSOLE),
    *both(ONE + "vacancies/<uuid:vacancy>/", CONSOLE, body=a_vacancy),
    Row(ONE + "vacancies/<uuid:vacancy>/<slug:step>/", "POST", CONSOLE, fixed={"step": "close"}),
    Row(ONE + "fairs/", "GET", CONSOLE),
    *both(ONE + "fairs/<slug:slug>/", CONSOLE, body=lambda t: {"vacancy": [t.vacancy.public_id]}),
    # Archived fairs take nobody new; only their own staff still know of them.
    Row(ONE + "fairs/<slug:slug>/apply/", "POST", CONSOLE, other=frozenset({Role.OTHER_MANAGER}), nested=False),
    Row(ONE + "fairs/<slug:slug>/<slug:answer>/", "POST", CONSOLE, fixed={"answer": "decline"}),
    *both(ONE + "import/", CONSOLE),
    Row(ONE + "import/template/", "GET", CONSOLE, is_page=False),
    Row(ONE + "import/<uuid:batch>/", "GET", CONSOLE),
    Row(ONE + "import/<uuid:batch>/<slug:step>/", "POST", CONSOLE, other=frozenset({Role.OTHER_MANAGER}), fixed={"step": "discard"}),
]

API_SESSION = "api/v1/sessions/<uuid:session>/"
API_INTENT = "api/v1/intents/<uuid:public_id>/"
STEP = {"may": ANSWERING, "forbidden": SEEKER}
API = [
    Row("api/v1/schema/", "GET", EVERYBODY),
    Row("api/v1/auth/code/", "POST", EVERYBODY, body={"phone": PHONE}),
    Row("api/v1/auth/verify/", "POST", EVERYBODY, body={"phone": PHONE, "code": "000000"}),
    Row("api/v1/fairs/", "GET", EVERYBODY),
    Row("api/v1/fairs/<slug:slug>/", "GET", EVERYBODY, other=frozenset({Role.OTHER_MANAGER})),
    Row("api/v1/fairs/<slug:slug>/vacancies/", "GET", EVERYBODY, other=frozenset({Role.OTHER_MANAGER})),
    Row("api/v1/vacancies/", "GET", EVERYBODY),
    Row("api/v1/vacancies/<uuid:vacancy>/", "GET", EVERYBODY, other=EVERYBODY),
    Row("api/v1/fairs/<slug:slug>/statistics/", "GET", STATISTICIANS, rest=FORBIDDEN),
    Row(API_SESSION, "GET", EVERYBODY, other=OTHERS_SESSION),
    Row(API_SESSION + "events/", "GET", EVERYBODY, other=OTHERS_SESSION),
    Row(API_SESSION + "messages/", "POST", PEOPLE, other=OTHERS_SESSION, body=lambda t: {"client_id": new_id(), "text": "你好"}),
    Row(API_SESSION + "pin/", "POST", CREW, rest=FORBIDDEN, body=lambda t: {"vacancies": [t.vacancy.public_id]}),
    Row(API_SESSION + "unpin/", "POST", CREW, rest=FORBIDDEN),
    Row(API_SESSION + "on-air/", "POST", CREW, rest=FORBIDDEN),
    Row(API_SESSION + "off-air/", "POST", CREW, rest=FORBIDDEN),
    Row(API_SESSION + "questions/", "GET", EVERYBODY, other=OTHERS_SESSION),
    Row(API_SESSION + "questions/", "POST", PEOPLE, other=OTHERS_SESSION, body=lambda t: {"client_id": new_id(), "text": "包住吗？"}),
    # Nobody votes for their own question.
    Row("api/v1/questions/<uuid:question>/vote/", "POST", PEOPLE - SEEKER, forbidden=SEEKER, other=OTHERS_SESSION),
    Row("api/v1/questions/<uuid:question>/vote/", "DELETE", PEOPLE, other=OTHERS_SESSION),
    Row("api/v1/questions/<uuid:question>/answer/", "POST", CREW | {Role.RECRUITER}, rest=FORBIDDEN, body={"text": "包住"}),
    Row("api/v1/questions/<uuid:question>/pin/", "POST", CREW, rest=FORBIDDEN),
    Row("api/v1/questions/<uuid:question>/pin/", "DELETE", CREW, rest=FORBIDDEN),
    Row("api/v1/questions/<uuid:question>/route/", "POST", CREW, rest=FORBIDDEN, body={"employer": None}),
    Row("api/v1/intents/", "GET", PEOPLE),
    Row("api/v1/intents/", "POST", PEOPLE, body=lambda t: {"client_id": new_id(), "vacancy": t.vacancy.public_id, "consent_version": consent.CURRENT}),
    Row(API_INTENT, "GET", ANSWERING | SEEKER),
    Row(API_INTENT + "withdraw/", "POST", MANAGER | SEEKER, forbidden=frozenset({Role.RECRUITER}), body={}),
    Row(API_INTENT + "accept/", "POST", **STEP),
    Row(API_INTENT + "undo/", "POST", **STEP),
    Row(API_INTENT + "decline/", "POST", **STEP, body={"reason": "已招满"}),
    Row(API_INTENT + "advance/", "POST", **STEP, body={"to": 3, "effective_on": "2026-12-03"}),
    Row(API_INTENT + "reveal/", "POST", ANSWERING, forbidden=SEEKER, other=frozenset({Role.OTHER_MANAGER}), other_forbidden=frozenset({Role.OTHER_RECRUITER}), shows_phone=True, second_factor=MANAGER),
]

# fmt: on
TABLE: tuple[Row, ...] = tuple(
    chain(
        PUBLIC,
        ROOM,
        ACCOUNT,
        SEEKERS,
        DESK_FAIRS,
        DESK_SESSIONS,
        DESK_REVIEWS,
        STUDIO_PAGES,
        EMPLOYER,
        API,
    )
)  # fmt: skip
