// [data-desk-nav]: on phones the navigation is one line that scrolls; the page one is on comes into sight.
const nav = document.querySelector("[data-desk-nav]");
const here = nav && nav.querySelector("[aria-current]");

if (here) {
  nav.scrollLeft = here.offsetLeft - nav.offsetLeft - 16;
}
