// The page's icons for elements that a script makes.
const SVG = "http://www.w3.org/2000/svg";

/** Return an svg element showing the icon `name` of static/icons/icons.svg, `size` px wide. */
export function icon(name, size) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("width", size || 20);
  svg.setAttribute("height", size || 20);
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", document.documentElement.dataset.icons + "#" + name);
  svg.appendChild(use);
  return svg;
}
