// The code page, and the same two fields in the sheet of an intent. [data-resend] counts down
// before the code may be sent again; form[data-code-form] is sent by itself when the sixth digit
// is typed or pasted.
const DIGITS = 6;

function countDown(button) {
  const ready = button.textContent;
  const until = Date.now() + Number(button.dataset.resend) * 1000;
  const show = () => {
    const left = Math.ceil((until - Date.now()) / 1000);
    button.disabled = left > 0;
    button.textContent = left > 0 ? button.dataset.textWait.replace("{n}", String(left)) : ready;
    if (left > 0 && document.contains(button)) {
      setTimeout(show, 1000);
    }
  };
  show();
}

function sendWhenComplete(form) {
  const box = form.querySelector("input[name=code]");
  let sent = box.value;
  box.select(); // after a wrong code the next digit replaces it
  box.addEventListener("input", () => {
    const digits = box.value.normalize("NFKC").replace(/\D/g, "");
    if (digits.length === DIGITS && digits !== sent) {
      sent = digits;
      form.querySelector("[type=submit]").click();
    }
  });
}

/** Give the fields of signing in inside `root` their behaviour. */
export function enhanceSignIn(root) {
  root.querySelectorAll("[data-resend]").forEach(countDown);
  root.querySelectorAll("form[data-code-form]").forEach(sendWhenComplete);
}

enhanceSignIn(document);
