"""What the page to go live from says, and the pictures it can send."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy


@dataclass(frozen=True, slots=True)
class Quality:
    """A size of the picture: its short side in pixels, and kbit/s of picture and sound."""

    lines: int
    kbps: int
    name: str | Promise


QUALITIES: Final = (
    Quality(360, 700, gettext_lazy("Saves data")),
    Quality(540, 1200, gettext_lazy("Clear")),
    Quality(720, 2000, gettext_lazy("Sharp")),
)


def broadcast_words() -> dict[str, str]:
    """Words for the scripts, in the active language; ``{name}`` is filled in by the page."""
    return {**_states(), **_troubles(), **_line(), **_devices()}


def _states() -> dict[str, str]:
    return {
        "ready": _("Not on air"),
        "wentOff": _("Off air"),
        "wasCut": _("Cut off"),
        "ended": _("Ended"),
        "counting": _("About to start"),
        "connecting": _("Connecting…"),
        "starting": _("The picture is on its way to the viewers…"),
        "live": _("On air"),
        "rehearsing": _("Rehearsal running"),
        "reconnecting": _("Reconnecting…"),
        "retryAt": _("Next try in {n} s"),
        "stopping": _("Going off air…"),
        "standbyOn": _("Viewers see the slide “back soon”. Picture and sound are paused."),
        "muted": _("Your microphone is muted."),
        "back": _("You are off air"),
        "lasted": _("You were on air for {time}. The session itself goes on until it is ended."),
        "neverUp": _("The picture did not reach the viewers."),
        "cut": _("The crew took you off air"),
        "cutText": _("If that was not meant, talk to the operator and then go live again."),
        "over": _("The session has ended"),
        "overText": _("It takes no picture any more."),
        "slide": _("Back soon"),
        "slideText": _("The host will be right back"),
        "leave": _("You are on air. Leaving this page takes you off air."),
        "hidden": _("This page was in the background: viewers may have seen a still picture."),
        "takenBy": _("{who} is on air by {path} since {time}."),
        "takenBySomebody": _("Somebody is on air by {path} since {time}."),
    }


def _troubles() -> dict[str, str]:
    return {
        "wechat": _("Open this page in your browser"),
        "wechatText": _(
            "WeChat does not let pages record. Tap ··· in the upper right corner, then choose "
            "“Open in browser”. Or copy the link and paste it there."
        ),
        "insecure": _("This address is not secure"),
        "insecureText": _(
            "Browsers give the camera only to pages with https. Open this page by its https "
            "address, or ask whoever runs the site."
        ),
        "unsupported": _("This browser cannot go live"),
        "unsupportedText": _(
            "Update it, or use Chrome, Edge or Firefox of the last years; on an iPhone Safari "
            "from iOS 14.5 on. Or go live with OBS."
        ),
        "denied": _("Camera and microphone are not allowed"),
        "deniedText": _(
            "Tap the symbol beside the address, allow camera and microphone for this site, then "
            "try again. On a phone also look into the settings of the browser app."
        ),
        "noCamera": _("No camera was found"),
        "noCameraText": _("Plug one in or switch it on, then try again."),
        "noMicrophone": _("No microphone was found"),
        "noMicrophoneText": _("Plug one in or switch it on, then try again."),
        "inUse": _("The camera is in use"),
        "inUseText": _(
            "Another app or page has it, perhaps a video meeting. Close that and try again."
        ),
        "broken": _("The camera did not start"),
        "brokenText": _("Try again. If it stays like that, restart the browser or the phone."),
        "lost": _("The camera is gone"),
        "lostText": _("It was unplugged, or another app took it. Viewers see the slide meanwhile."),
        "full": _("The server carries no more broadcasts"),
        "fullText": _("Too many are on air from browsers at once. Try again in a few minutes."),
        "refused": _("That did not work"),
        "refusedText": _("Check your connection and try again."),
        "format": _("The server cannot use this browser's recording"),
        "formatText": _("Use another browser, for example Chrome, or go live with OBS."),
    }


def _line() -> dict[str, str]:
    return {
        "measuring": _("Measuring the line…"),
        "good": _("Line good"),
        "fair": _("Line so-so"),
        "poor": _("Line too slow"),
        "unknown": _("Line not measured"),
        "figures": _("up {mbit} Mbit/s, {ms} ms there and back"),
        "goodText": _("There is room to spare for this picture."),
        "fairText": _("It may stutter. Choose a smaller picture or move closer to the Wi-Fi."),
        "poorText": _(
            "Choose {lines}p, change to another Wi-Fi or mobile network, and stop other uploads."
        ),
        "poorLeast": _("Change to another Wi-Fi or mobile network, and stop other uploads."),
        "unknownText": _("The server did not answer. Check your connection."),
        "slow": _("The line is slow: {s} s of picture are waiting to be sent."),
        "lowered": _("The line was too slow. You now send {lines}p."),
        "lowest": _("The line is too slow even for the smallest picture. Change the network."),
    }


def _devices() -> dict[str, str]:
    return {
        "camera": _("Camera {n}"),
        "microphone": _("Microphone {n}"),
    }
