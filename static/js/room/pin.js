/**
 * The card of what is being presented now.
 *
 * Hooks: [data-pin] with [data-pin-cards] and template[data-pin-card]; in a card
 * data-field="title" (its text; the element hides when empty) and data-bind="href:url …".
 */

let current = null;

/**
 * The card on the screen.
 * @returns {{seq: number, vacancies: object[]} | null}
 */
export function currentPin() {
  return current;
}

/** A card's values with the words of the page's language on top. */
function words(card) {
  const lang = (document.documentElement.lang || "zh-hans").toLowerCase();
  const texts = card.text || {};
  return Object.assign({}, card, texts[lang] || texts["zh-hans"] || {});
}

function value(card, path) {
  const found = path.split(".").reduce(function (part, name) {
    return part === null || part === undefined ? "" : part[name];
  }, card);
  if (found === null || found === undefined || found === false) return "";
  return Array.isArray(found) ? found.join(" · ") : String(found);
}

function bind(element, card) {
  element.dataset.bind.split(/\s+/).forEach(function (pair) {
    const split = pair.indexOf(":");
    const name = pair.slice(0, split);
    const text = value(card, pair.slice(split + 1));
    const unsafe = (name === "href" || name === "src") && !/^(\/(?!\/)|https?:)/.test(text);
    if (!unsafe && !/^on/i.test(name)) element.setAttribute(name, text);
  });
}

function each(root, selector, act) {
  if (root.matches(selector)) act(root);
  root.querySelectorAll(selector).forEach(act);
}

function render(template, card) {
  const element = template.content.firstElementChild.cloneNode(true);
  each(element, "[data-field]", function (part) {
    const text = value(card, part.dataset.field);
    if (text !== "true") part.textContent = text;
    part.hidden = text === "";
  });
  each(element, "[data-bind]", function (part) {
    bind(part, card);
  });
  return element;
}

function show(root, pin) {
  current = pin;
  root.hidden = pin === null;
  root.dataset.pinSeq = pin ? pin.seq : "";
  const place = root.querySelector("[data-pin-cards]");
  const template = root.querySelector("template[data-pin-card]");
  if (place && template) {
    place.textContent = "";
    (pin ? pin.vacancies : []).forEach(function (card) {
      place.appendChild(render(template, words(card)));
    });
  }
  document.dispatchEvent(new CustomEvent("room:pin", { detail: pin }));
}

/**
 * @param {Element} root the [data-pin] element, with the server's cards in it
 * @param {{seq: number, vacancies: object[]} | null} first what the page was made with
 */
export function createPin(root, first) {
  current = first;
  root.hidden = current === null;
  return {
    /** Follow an entry of the room log. */
    event: function (event) {
      if (event.kind === "pinned") show(root, { seq: event.seq, vacancies: event.data.vacancies || [] });
      else if (event.kind === "unpinned") show(root, null);
    },
  };
}
