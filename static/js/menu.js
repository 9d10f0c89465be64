// details[data-menu]: closes on Escape, on a click elsewhere, and when another one opens.
const menus = "details[data-menu][open]";

function closeAll(except) {
  document.querySelectorAll(menus).forEach((menu) => {
    if (menu !== except) {
      menu.open = false;
    }
  });
}

document.addEventListener("click", (event) => closeAll(event.target.closest("details[data-menu]")));

document.addEventListener("keydown", (event) => {
  const menu = event.key === "Escape" ? document.querySelector(menus) : null;
  if (menu) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});
