// Questions: new ones and answers arrive from the room log; asking and voting leave no page.
import { toast } from "../toast.js";
import { newClientId } from "./outbox.js";

const list = document.querySelector("[data-questions]");
const template = document.querySelector("template[data-question-line]");
const empty = document.querySelector("[data-questions-empty]");
const clock = new Intl.DateTimeFormat(document.documentElement.lang || "zh", {
  hour: "2-digit",
  minute: "2-digit",
  hour12: false,
  timeZone: "Asia/Shanghai",
});

function slot(item, name) {
  return item.querySelector("[data-question-" + name + "]");
}

function find(id) {
  return list.querySelector('[data-question="' + CSS.escape(id) + '"]');
}

function add(event) {
  if (event.data.hidden || find(event.data.id)) {
    return;
  }
  const item = template.content.firstElementChild.cloneNode(true);
  item.dataset.question = event.data.id;
  item.dataset.seq = event.seq;
  slot(item, "text").textContent = event.data.text;
  slot(item, "name").textContent = event.by ? event.by.name : "";
  slot(item, "time").textContent = clock.format(new Date(event.at));
  const form = slot(item, "vote");
  form.action = "questions/" + event.data.id + "/vote/";
  list.prepend(item);
  if (empty) {
    empty.hidden = true;
  }
}

function answer(event) {
  const item = event.data.id ? find(event.data.id) : null;
  if (!item) {
    return;
  }
  item.classList.add("is-answered");
  slot(item, "answer-text").textContent = event.data.text || list.dataset.textLive;
  slot(item, "answer").hidden = false;
  slot(item, "vote").querySelector("button").disabled = true;
}

function drop(event) {
  const item = list.querySelector('[data-seq="' + Number(event.data.ref) + '"]');
  if (item) {
    item.remove();
  }
}

async function send(form, body) {
  const response = await fetch(form.action, {
    method: "POST",
    credentials: "same-origin",
    headers: { Accept: "application/json" },
    body: body || new FormData(form),
  });
  const answered = await response.json().catch(() => ({}));
  if (!response.ok) {
    throw new Error(answered.title || "");
  }
  return answered;
}

function complain(error) {
  if (error.message) {
    toast(error.message, { kind: "bad" });
  }
}

async function vote(form) {
  if (!list.dataset.signedIn) {
    const gate = document.querySelector("[data-sign-in]");
    if (gate) {
      gate.click();
    }
    return;
  }
  try {
    const told = await send(form);
    form.querySelector("button").setAttribute("aria-pressed", String(told.voted));
    slot(form, "votes").textContent = told.votes;
  } catch (error) {
    complain(error);
  }
}

async function ask(form) {
  const button = form.querySelector("button");
  button.setAttribute("aria-busy", "true");
  const body = new FormData(form);
  if (!form.dataset.clientId) {
    form.dataset.clientId = newClientId();
  }
  body.set("client_id", form.dataset.clientId);
  try {
    await send(form, body);
    form.reset();
    delete form.dataset.clientId;
    toast(form.dataset.textDone, { kind: "ok" });
  } catch (error) {
    complain(error);
  }
  button.removeAttribute("aria-busy");
}

if (list && template) {
  document.addEventListener("room:event", (event) => {
    const entry = event.detail;
    if (entry.kind === "question") {
      add(entry);
    } else if (entry.kind === "answer") {
      answer(entry);
    } else if (entry.kind === "removed") {
      drop(entry);
    }
  });
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.matches("[data-question-vote]")) {
      event.preventDefault();
      vote(form);
    } else if (form.matches("[data-ask]")) {
      event.preventDefault();
      ask(form);
    }
  });
}
