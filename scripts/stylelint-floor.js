// The parts of the browser floor (Chromium 80, iOS 13) that need a look at the whole rule.
import stylelint from "stylelint";

const ruleName = "jobfair/floor";
const messages = stylelint.utils.ruleMessages(ruleName, {
  gap: () =>
    "iOS 13 and Chromium 80 have no gap in flex boxes: use margins, or put gap beside display: grid (grid-gap elsewhere)",
  unit: () => "dvh, svh and lvh need the same declaration in vh before them",
  ratio: () => "aspect-ratio belongs inside @supports (aspect-ratio: 1), after a padding fallback",
  focus: () => ":focus-visible makes old browsers drop the whole rule: give it a rule of its own",
  nesting: () => "nesting is not in Chromium 80 or iOS 13",
});

const isGrid = (rule) =>
  rule.some(
    (node) =>
      node.type === "decl" &&
      ((node.prop === "display" && /grid/.test(node.value)) ||
        node.prop.startsWith("grid-") ||
        /^column(s|-count|-width)$/.test(node.prop)),
  );

const insideSupports = (node) => {
  for (let parent = node.parent; parent; parent = parent.parent) {
    if (parent.type === "atrule" && parent.name === "supports") return true;
  }
  return false;
};

const hasFallback = (declaration) =>
  declaration.parent.some(
    (node) =>
      node.type === "decl" &&
      node.prop === declaration.prop &&
      node !== declaration &&
      declaration.parent.index(node) < declaration.parent.index(declaration),
  );

const problemOf = (declaration) => {
  const { prop, value } = declaration;
  if (/^(gap|row-gap|column-gap)$/.test(prop) && !isGrid(declaration.parent)) return messages.gap();
  if (insideSupports(declaration)) return null;
  if (/\d[dsl]v[hw]\b/.test(value) && !hasFallback(declaration)) return messages.unit();
  return prop === "aspect-ratio" ? messages.ratio() : null;
};

const rule = (enabled) => (root, result) => {
  if (!enabled) return;
  const report = (node, message) => stylelint.utils.report({ ruleName, result, node, message });
  root.walkDecls((declaration) => {
    const message = problemOf(declaration);
    if (message) report(declaration, message);
  });
  root.walkRules((node) => {
    if (node.parent.type === "rule") report(node, messages.nesting());
    const focus = node.selectors.filter((selector) => selector.includes(":focus-visible"));
    if (focus.length && focus.length < node.selectors.length) report(node, messages.focus());
  });
};

rule.ruleName = ruleName;
rule.messages = messages;
export default stylelint.createPlugin(ruleName, rule);
