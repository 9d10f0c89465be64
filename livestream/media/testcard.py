"""Drawing the test channel's picture: a warm card with a clock that turns once a minute.

The second the clock shows is the second of the wall clock at which that frame is broadcast
(the loop is one minute long and starts on the minute), so a person or a test can read the delay
off the screen: programme time comes from the playlist, the drawn second from the picture. The ten
small squares at the lower right are the frame number of the minute in binary, for a machine.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

WIDTH, HEIGHT = 640, 360
FRAME_RATE = 15
LOOP_SECONDS = 60
FRAMES = FRAME_RATE * LOOP_SECONDS
MARK_BITS = 10

_SCALE = 2  # drawn twice as large and reduced: Pillow's own lines have hard edges
_DIAL = (434, 74, 604, 244)  # the square around the clock, in picture coordinates
_PAPER = (255, 248, 240)
_INK = (74, 24, 16)
_GOLD = (255, 205, 120)
_TOP, _BOTTOM = (176, 42, 30), (232, 120, 62)
_SWATCHES = ("#4a1810", "#8c231a", "#c8402b", "#f5a65b", "#fbd08a", "#ffe3b8", "#fff6ea")
_MARK_X, _MARK_Y, _MARK = 490, 322, 10

# Family, file and the face inside a collection that carries simplified Chinese forms.
_CJK_FONTS: tuple[tuple[str, int], ...] = (
    ("/usr/share/fonts/opentype/noto/NotoSansCJK-Bold.ttc", 2),
    ("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc", 2),
    ("/usr/share/fonts/noto-cjk/NotoSansCJK-Bold.ttc", 2),
    ("/usr/share/fonts/google-noto-cjk/NotoSansCJK-Bold.ttc", 2),
    ("/usr/share/fonts/truetype/wqy/wqy-microhei.ttc", 0),
    ("/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc", 0),
    ("/usr/share/fonts/truetype/droid/DroidSansFallbackFull.ttf", 0),
    ("/System/Library/Fonts/PingFang.ttc", 0),
    ("/System/Library/Fonts/STHeiti Medium.ttc", 0),
    ("C:/Windows/Fonts/msyhbd.ttc", 0),
    ("C:/Windows/Fonts/msyh.ttc", 0),
)

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


def cjk_font_file() -> tuple[str, int] | None:
    """Path and face number of the first Chinese font this machine has, or None."""
    return next((pair for pair in _CJK_FONTS if Path(pair[0]).is_file()), None)


def _font(size: int) -> Font:
    found = cjk_font_file()
    if found is None:
        return ImageFont.load_default(size)
    return ImageFont.truetype(found[0], size, index=found[1])


def _blend(start: tuple[int, int, int], end: tuple[int, int, int], part: float) -> str:
    return "#" + "".join(
        f"{round(a + (b - a) * part):02x}" for a, b in zip(start, end, strict=True)
    )


def _wall() -> Image.Image:
    """The unmoving part at double size: a warm wall with light from the upper left."""
    width, height = WIDTH * _SCALE, HEIGHT * _SCALE
    picture = Image.new("RGB", (width, height))
    draw = ImageDraw.Draw(picture)
    for y in range(height):
        draw.line((0, y, width, y), fill=_blend(_TOP, _BOTTOM, y / height))
    light = Image.new("L", (width // 8, height // 8), 0)
    beams = ImageDraw.Draw(light)
    for left in range(-20, width // 8, 26):
        beams.polygon(
            [(left, 0), (left + 9, 0), (left - 21, height // 8), (left - 36, height // 8)], fill=16
        )
    picture.paste(_PAPER, mask=light.resize((width, height), Image.Resampling.BICUBIC))
    return picture


def background() -> Image.Image:
    """The card without its clock, at picture size."""
    picture = _wall()
    draw = ImageDraw.Draw(picture)
    chinese = cjk_font_file() is not None
    s = _SCALE
    draw.rounded_rectangle((36 * s, 74 * s, 44 * s, 178 * s), 4 * s, fill=_GOLD)
    draw.text((60 * s, 66 * s), "TEST CHANNEL", font=_font(38 * s), fill=_PAPER)
    if chinese:
        draw.text((58 * s, 112 * s), "测试频道", font=_font(50 * s), fill=_PAPER)
        lines = ["直播招聘会 · Jobfair Live", "画面循环播放，与钟表同步"]
    else:
        lines = ["Jobfair Live", "A looping picture, in step with the clock"]
    for row, text in enumerate(lines):
        draw.text((60 * s, (192 + 26 * row) * s), text, font=_font(17 * s), fill="#ffe3cd")
    for place, colour in enumerate(_SWATCHES):
        left = (36 + 52 * place) * s
        draw.rounded_rectangle((left, 316 * s, left + 44 * s, 338 * s), 5 * s, fill=colour)
    return picture.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS)


def _dial_face(size: int) -> Image.Image:
    face = Image.new("RGBA", (size, size), (0, 0, 0, 0))
    draw = ImageDraw.Draw(face)
    draw.ellipse((2, 2, size - 3, size - 3), fill=(*_PAPER, 255), outline=(*_GOLD, 255), width=8)
    centre = size / 2
    for tick in range(60):
        angle = math.tau * tick / 60
        inner = centre - (34 if tick % 5 == 0 else 24)
        draw.line(
            (*_on(centre, inner, angle), *_on(centre, centre - 16, angle)),
            fill=_INK if tick % 5 == 0 else (190, 150, 130),
            width=6 if tick % 5 == 0 else 3,
        )
    return face


def _on(centre: float, radius: float, angle: float) -> tuple[float, float]:
    """The point at `angle` (radians clockwise from twelve) on a circle about the centre."""
    return centre + radius * math.sin(angle), centre - radius * math.cos(angle)


def _draw_hand(draw: ImageDraw.ImageDraw, size: int, seconds: float, font: Font) -> None:
    centre, angle = size / 2, math.tau * seconds / LOOP_SECONDS
    ring = (30, 30, size - 31, size - 31)
    draw.arc(ring, -90, -90 + 360 * seconds / LOOP_SECONDS, fill=_TOP, width=8)
    tip, tail = _on(centre, centre - 44, angle), _on(centre, centre - 78, angle)
    draw.line((*tail, *tip), fill=_TOP, width=8)
    draw.ellipse((tip[0] - 8, tip[1] - 8, tip[0] + 8, tip[1] + 8), fill=_TOP)
    draw.text((centre, centre), f"{int(seconds):02d}", font=font, fill=_INK, anchor="mm")


def mark_boxes() -> list[tuple[int, int, int, int]]:
    """Where the squares of the frame number are, most significant first (picture pixels)."""
    step = _MARK + 2
    return [
        (_MARK_X + step * bit, _MARK_Y, _MARK_X + step * bit + _MARK - 1, _MARK_Y + _MARK - 1)
        for bit in range(MARK_BITS)
    ]


def frames() -> Iterator[bytes]:
    """Every frame of one minute in order, as packed RGB rows."""
    card = background()
    left, top, right, bottom = _DIAL
    size = (right - left) * _SCALE
    face, font = _dial_face(size), _font(46 * _SCALE)
    small = (right - left, bottom - top)
    for number in range(FRAMES):
        dial = face.copy()
        _draw_hand(ImageDraw.Draw(dial), size, number / FRAME_RATE, font)
        picture = card.copy()
        dial = dial.reduce(_SCALE) if dial.size != small else dial
        picture.paste(dial, (left, top), dial)
        draw = ImageDraw.Draw(picture)
        for bit, box in enumerate(mark_boxes()):
            on = number >> (MARK_BITS - 1 - bit) & 1
            draw.rectangle(box, fill=_PAPER if on else _INK)
        yield picture.tobytes()
