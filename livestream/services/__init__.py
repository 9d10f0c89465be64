"""Writing sessions and their rooms. Every function owns its transaction and audits itself."""

from livestream.services.answers import answer_question, pin_question, unpin_question
from livestream.services.chat import (
    Outcome,
    Post,
    post_message,
    post_messages,
    release_message,
)
from livestream.services.cutting import cut_picture
from livestream.services.moderation import (
    decide_messages,
    lift_sanction,
    remove_message,
    restore_message,
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
    ask_question,
    dismiss_question,
    release_question,
    reopen_question,
    route_question,
    unvote,
    vote,
)
from livestream.services.rehearsals import create_rehearsal, delete_rehearsal
from livestream.services.room import note_minute
from livestream.services.run_sheet import (
    add_item,
    move_item,
    place_item,
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
    resume_session,
    update_session,
)
from livestream.services.watching import store_spans
from livestream.services.words import change_word, list_words, unlist_word

__all__ = [
    "Outcome",
    "Post",
    "add_crew",
    "add_item",
    "answer_question",
    "ask_question",
    "change_word",
    "create_guest",
    "create_rehearsal",
    "create_session",
    "cut_picture",
    "decide_messages",
    "delete_rehearsal",
    "dismiss_question",
    "end_crew",
    "end_session",
    "lift_sanction",
    "list_words",
    "mark_off_air",
    "mark_on_air",
    "move_item",
    "note_minute",
    "pin_question",
    "pin_vacancies",
    "place_item",
    "post_message",
    "post_messages",
    "publish_replay",
    "release_message",
    "release_question",
    "remove_message",
    "reopen_question",
    "restore_item",
    "restore_message",
    "resume_session",
    "review_honour",
    "route_question",
    "sanction",
    "set_guests",
    "set_mode",
    "skip_item",
    "start_item",
    "start_next",
    "store_spans",
    "submit_honour",
    "unlist_word",
    "unpin",
    "unpin_question",
    "unvote",
    "update_guest",
    "update_session",
    "vote",
]
