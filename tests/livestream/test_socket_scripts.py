"""The room's scripts in a real Chromium, against a small model of the server."""

from __future__ import annotations

import json
import random
from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from livestream.realtime import frames
from livestream.realtime.strings import room_strings
from tests.livestream.scripted import ORIGIN, Server, lines, online, wait_until

pytestmark = pytest.mark.browser


@pytest.fixture
def server(page: Page) -> Server:
    return Server(page)


# --- the log: every entry exactly once ----------------------------------------------------------------

# Histories of [from, to, left out, pause] and of what happens to each reading over HTTP:
# 0 works, 1 fails, 2 overlaps what is known, 3 is short.
DRIVE = """async (histories) => {
  const { createLog } = await import("/static/js/room/log.js");
  const pause = (ms) => new Promise((done) => setTimeout(done, ms));
  async function live([after, frames, fates]) {
    const log = [], got = [];
    for (let seq = 1; seq <= 60; seq++) log.push({ seq });
    const page = createLog({
      after, pageSize: 10, onEvent: (event) => got.push(event.seq),
      fetchPage: async (last) => {
        const fate = fates.pop();
        if (fate === 1) throw new Error("no network");
        return log.slice(Math.max(0, last - (fate === 2 ? 3 : 0)), last + (fate === 3 ? 2 : 10));
      },
    });
    for (const [from, to, out, wait] of frames) {
      const events = log.slice(from - 1, to).filter((event) => !out.includes(event.seq));
      page.frame(out.length ? { from, to, events, left_out: out.length } : { from, to, events });
      if (wait) await pause(wait);
    }
    page.frame({ from: 61, to: 60, events: [] });
    for (let turn = 0; turn < 400 && page.last() < 60; turn++) await pause(20);
    return [got, page.last()];
  }
  return Promise.all(histories.map(live));
}"""


def history(chance: random.Random) -> list[Any]:
    """Ticks as a bad line delivers them: some lost, doubled, late, sampled, or a reconnect's tail."""
    sampling = chance.random() < 0.5
    ticks, seq = [], 1
    while seq <= 60:
        end = min(60, seq + chance.randrange(6))
        chat = [n for n in range(seq, end + 1) if sampling and n % 3 and chance.random() < 0.4]
        ticks.append([seq, end, chat])
        seq = end + 1
    delivered = []
    for place, one in enumerate(ticks):
        fate = chance.random()
        if fate < 0.2:
            continue  # lost
        if fate < 0.3 and place:
            delivered.append(ticks[chance.randrange(place)])  # doubled
        if fate < 0.4:
            delivered.append([chance.randrange(1, one[1] + 1), one[1], []])  # reconnected
        delivered.insert(len(delivered) - (fate > 0.8 and bool(delivered)), one)  # or late
    paced = [[*one, chance.choice([0, 0, 0, 3])] for one in delivered]
    fates = [chance.choice([0, 0, 2, 3]) for _ in range(12)]
    fates[chance.randrange(12)] = 1
    return [chance.randrange(10), paced, fates]


def test_any_delivery_applies_each_entry_exactly_once(page: Page, server: Server) -> None:
    server.boot = {}
    page.route(f"{ORIGIN}/blank/", lambda route: route.fulfill(content_type="text/html", body=""))
    page.goto(f"{ORIGIN}/blank/")
    histories = [history(random.Random(seed)) for seed in range(150)]
    outcomes = page.evaluate(DRIVE, histories)
    for (after, delivered, _fates), (got, last) in zip(histories, outcomes, strict=True):
        out = {seq for one in delivered for seq in one[2]}
        assert got == sorted(set(got))
        assert set(range(after + 1, 61)) - out <= set(got) <= set(range(after + 1, 61))
        assert last == 60


# --- the page -------------------------------------------------------------------------------------------


def test_ticks_are_shown_in_order_and_a_gap_is_read(page: Page, server: Server) -> None:
    server.open()
    online(page)
    expect(page.locator("[data-room-present]")).to_have_text("5")
    expect(page.locator("[data-room-count]")).to_have_text("5 人在房间")
    one, two, three = server.add(), server.add(), server.add()
    server.tick(three)
    expect(page.locator("[data-chat-list] li")).to_have_count(3)
    server.tick(one, two, head=2)
    assert lines(page) == [1, 2, 3]
    assert server.pages_read == 1
    expect(page.locator("[data-room-present]")).to_have_text("7")
    expect(page.locator("[data-room-count]")).to_have_text("4 人在看")
    first = page.locator("[data-seq='1']")
    expect(first.locator("[data-line-role]")).to_have_text(room_strings()["roles"]["host"])
    expect(first.locator("[data-line-time]")).to_have_text("14:00")


def test_a_dropped_line_comes_back_with_what_was_missed(page: Page, server: Server) -> None:
    server.open()
    online(page)
    server.tick(server.add())
    expect(page.locator("[data-chat-list] li")).to_have_count(1)
    server.add()
    server.add()
    server.sockets[-1].close(code=1001)
    expect(page.locator("[data-chat-list] li")).to_have_count(3)
    assert [hello["after"] for hello in server.hellos] == [0, 1]
    assert lines(page) == [1, 2, 3]


@pytest.mark.parametrize("code", [4401, 4403])
def test_an_ended_token_is_renewed(page: Page, server: Server, code: int) -> None:
    server.open()
    online(page)
    server.sockets[-1].close(code=code)
    wait_until(page, lambda: len(server.hellos) == 2)
    assert server.hellos[1]["token"] == "fresh"


def test_an_own_message_shows_at_once_and_once(page: Page, server: Server) -> None:
    server.open()
    online(page)
    server.silent = True
    page.fill("[name=text]", "夜班有补贴吗？")
    page.press("[name=text]", "Enter")
    line = page.locator("[data-chat-list] li")
    expect(line).to_have_attribute("data-state", "pending")
    expect(line.locator("[data-line-note]")).to_have_text(room_strings()["sending"])
    wait_until(page, lambda: len(server.received) == 2)
    first = server.received[-1]
    server.sockets[-1].close(code=1001)  # before the answer
    server.silent = False
    wait_until(page, lambda: first in server.received[2:])  # the same client_id again
    server.tick(*server.log)
    expect(page.locator("[data-seq='1'][data-own]")).to_be_visible()
    expect(line).to_have_count(1)
    assert len(server.log) == 1


def test_a_refused_message_says_why_and_can_be_sent_again(page: Page, server: Server) -> None:
    server.open()
    online(page)
    server.silent = True
    page.fill("[name=text]", "你好")
    page.press("[name=text]", "Enter")
    wait_until(page, lambda: len(server.received) == 2)
    frame = server.received[-1]
    error = {"type": "error", "client_id": frame["client_id"], "code": "muted", "message": "请稍等"}
    server.sockets[-1].send(json.dumps(error))
    line = page.locator("[data-chat-list] li")
    expect(line).to_have_attribute("data-state", "failed")
    expect(line.locator("[data-line-note]")).to_contain_text("请稍等")
    server.silent = False
    page.click("[data-line-retry]")
    wait_until(page, lambda: len(server.received) == 3)
    assert server.received[2] == frame
    expect(line).not_to_have_attribute("data-state", "failed")


def test_an_unanswered_message_outlives_a_reload(page: Page, server: Server) -> None:
    server.open()
    online(page)
    server.silent = True
    page.fill("[name=text]", "还在吗")
    page.press("[name=text]", "Enter")
    wait_until(page, lambda: len(server.received) == 2)
    server.silent = False
    page.reload()
    wait_until(page, lambda: len(server.log) == 1)
    assert server.received[-1]["client_id"] == server.received[1]["client_id"]


@pytest.mark.allow_console("429")
def test_without_sockets_the_page_asks_and_posts_over_http(page: Page, server: Server) -> None:
    server.refusing = True
    server.refuse_code = 4404
    server.add()
    server.open(after=0)
    expect(page.locator("[data-room-state]")).to_have_attribute("data-state", "polling")
    expect(page.locator("[data-chat-list] li")).to_have_count(1)
    page.fill("[name=text]", "你好")
    page.click("[data-chat-form] button")
    expect(page.locator("[data-seq='2'][data-own]")).to_be_visible(timeout=8000)
    assert lines(page) == [1, 2]
    server.failing = True
    page.fill("[name=text]", "再来")
    page.click("[data-chat-form] button")
    note = page.locator("[data-state=failed] [data-line-note]")
    expect(note).to_contain_text("太快了")


def test_a_socket_that_works_again_ends_the_polling(page: Page, server: Server) -> None:
    server.refusing = True
    server.open()
    expect(page.locator("[data-room-state]")).to_have_attribute("data-state", "polling")
    server.refusing = False
    expect(page.locator("[data-room-state]")).to_have_attribute(
        "data-state", "online", timeout=12_000
    )
    read = server.pages_read
    page.wait_for_timeout(4500)
    assert server.pages_read == read


def test_reading_back_keeps_its_place_and_counts_what_is_new(page: Page, server: Server) -> None:
    server.open()
    online(page)
    server.tick(*[server.add() for _ in range(30)])
    expect(page.locator("[data-seq='30']")).to_be_visible()
    page.evaluate("document.querySelector('[data-chat-list]').scrollTop = 10")
    server.tick(*[server.add() for _ in range(2)])
    more = page.locator("[data-chat-more]")
    expect(more).to_have_text(room_strings()["newMessages"].replace("{count}", "2"))
    assert page.evaluate("document.querySelector('[data-chat-list]').scrollTop") == 10
    more.click()
    expect(more).to_be_hidden()
    expect(page.locator("[data-seq='32']")).to_be_in_viewport()


def test_a_removed_line_goes_and_tells_its_author(page: Page, server: Server) -> None:
    server.open()
    online(page)
    server.tick(server.add(), server.add(key="me"), server.add("message", hidden="held"))
    expect(page.locator("[data-chat-list] li")).to_have_count(2)
    server.tick(server.add("removed", ref=1), server.add("removed", ref=2))
    expect(page.locator("[data-seq='1']")).to_have_count(0)
    expect(page.locator("[data-seq='2'] [data-line-note]")).to_have_text(
        room_strings()["removedOwn"]
    )


def test_the_card_follows_the_log_and_cannot_carry_a_script(page: Page, server: Server) -> None:
    card = {
        "id": "v1",
        "url": "javascript:alert(1)",
        "title": "<img src=x onerror=alert(1)>",
        "employer": {"name": "永兴机械厂", "verified": True},
        "text": {"zh-hans": {"pay": "8千–1.2万/月", "tags": ["包住", "两班倒"]}, "en": {}},
    }
    server.open()
    online(page)
    server.tick(server.add("pinned", vacancies=[card, {**card, "url": "/vacancies/2/"}]))
    pin = page.locator("[data-pin]")
    expect(pin).to_be_visible()
    expect(pin).to_have_attribute("data-pin-seq", "1")
    expect(pin.locator("a").first).to_have_text(card["title"])
    assert pin.locator("a").first.get_attribute("href") is None
    expect(pin.locator("a").last).to_have_attribute("href", "/vacancies/2/")
    expect(pin.locator("a").last).to_have_attribute("data-vacancy", "v1")
    expect(pin.locator("article").first).to_contain_text("8千–1.2万/月")
    expect(pin.locator("em").first).to_have_text("包住 · 两班倒")
    expect(pin.locator("i").first).to_have_text("✓")
    server.tick(server.add("unpinned"))
    expect(pin).to_be_hidden()


def test_a_closed_chat_says_so_and_opens_again(page: Page, server: Server) -> None:
    server.open()
    online(page)
    server.tick(server.add("mode", chat_open=False, hold=False, slow_s=0))
    field = page.locator("[name=text]")
    expect(field).to_be_disabled()
    expect(field).to_have_attribute("placeholder", room_strings()["chatClosed"])
    server.tick(server.add("mode", chat_open=True, hold=False, slow_s=0))
    expect(field).to_be_enabled()


def test_client_ids_are_uuids(page: Page, server: Server) -> None:
    server.open()
    ids = page.evaluate(
        """async () => {
          const { newClientId } = await import("/static/js/room/outbox.js");
          return [newClientId(), newClientId()];
        }"""
    )
    assert len(set(ids)) == 2
    for client_id in ids:
        frame = {"type": "message", "client_id": client_id, "text": "x"}
        assert isinstance(frames.parse_client(json.dumps(frame)), frames.Post)
    assert str(uuid4())[14] == ids[0][14] == "4"
