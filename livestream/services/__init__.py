"""Writing sessions and their rooms. Every function owns its transaction and audits itself."""

from livestream.services.chat import post_message, release_message
from livestream.services.moderation import (
    lift_sanction,
    remove_message,
    sanction,
    set_mode,
)
from livestream.services.people import (
    add_crew,
    create_guest,
    end_crew,
    review_honour,
    set_guests,
    submit_honour,
    update_guest,
)
from livestream.services.pins import pin_vacancies, unpin
from livestream.services.questions import (
    answer_question,
    ask_question,
    dismiss_question,
    unvote,
    vote,
)
from livestream.services.run_sheet import (
    add_item,
    insert_item,
    move_item,
    reorder,
    restore_item,
    skip_item,
    start_item,
    start_next,
)
from livestream.services.sessions import (
    create_session,
    end_session,
    mark_off_air,
    mark_on_air,
    publish_replay,
    start_session,
    update_session,
)

__all__ = [
    "add_crew",
    "add_item",
    "answer_question",
    "ask_question",
    "create_guest",
    "create_session",
    "dismiss_question",
    "end_crew",
    "end_session",
    "insert_item",
    "lift_sanction",
    "mark_off_air",
    "mark_on_air",
    "move_item",
    "pin_vacancies",
    "post_message",
    "publish_replay",
    "release_message",
    "remove_message",
    "reorder",
    "restore_item",
    "review_honour",
    "sanction",
    "set_guests",
    "set_mode",
    "skip_item",
    "start_item",
    "start_next",
    "start_session",
    "submit_honour",
    "unpin",
    "unvote",
    "update_guest",
    "update_session",
    "vote",
]
