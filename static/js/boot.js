// Runs before the first paint: the reader's own choice of theme and text size.
(() => {
  const root = document.documentElement;
  root.setAttribute("data-js", "");
  ["theme", "type"].forEach((name) => {
    try {
      const value = localStorage.getItem("jobfair." + name);
      if (value) {
        root.setAttribute("data-" + name, value);
      }
    } catch (error) {
      /* Storage may be closed to us; the defaults are fine. */
    }
  });
})();
