// Browser floor: Chromium 80 and iOS 13 (package.json, browserslist).
export default {
  plugins: ["stylelint-no-unsupported-browser-features", "./scripts/stylelint-floor.js"],
  ignoreFiles: ["static/vendor/**", "node_modules/**"],
  reportDescriptionlessDisables: true,
  reportNeedlessDisables: true,
  rules: {
    "plugin/no-unsupported-browser-features": [
      true,
      {
        ignorePartialSupport: true,
        ignore: [
          // Checked more exactly by scripts/stylelint-floor.js, or harmless where absent:
          "css-focus-visible", // allowed in a rule of its own
          "viewport-unit-variants", // allowed after a vh fallback
          "css-overscroll-behavior", // iOS 13 scrolls the page behind; nothing is lost
          "css-scrollbar", // decoration
          "css-selection", // decoration
          "css3-cursors", // phones have no cursor
          "css-text-wrap-balance", // decoration
          "text-size-adjust",
          "css-touch-action", // a hint to the browser
          "css-resize", // the handle of a textarea
          "css-backdrop-filter", // the solid colour under it is the fallback
          "css-appearance", // written with its -webkit- form
          "css-print-color-adjust", // printing from a phone keeps its own colours
          "css-page-break", // print only
          "css-paged-media", // print only
          "prefers-reduced-motion",
          "will-change",
          "user-select-none",
          "css-sticky",
        ],
      },
    ],
    "jobfair/floor": true,
    "selector-pseudo-class-disallowed-list": ["is", "where", "has", "user-valid", "user-invalid"],
    "at-rule-disallowed-list": ["layer", "container", "scope", "property", "import"],
    "property-disallowed-list": [
      ["inset", "/^inset-/", "margin-inline", "margin-block", "padding-inline", "padding-block", "border-inline", "border-block", "translate", "rotate", "scale"],
      { message: "not in Chromium 80 or iOS 13: write the single properties, or transform" },
    ],
    "function-disallowed-list": ["color-mix", "light-dark", "oklch", "oklab", "lch", "lab", "round"],
    "max-nesting-depth": 0,
    "block-no-empty": true,
    "color-no-invalid-hex": true,
    "custom-property-no-missing-var-function": true,
    "declaration-block-no-duplicate-properties": [true, { ignore: ["consecutive-duplicates"] }],
    "font-family-no-duplicate-names": true,
    "function-calc-no-unspaced-operator": true,
    "no-duplicate-at-import-rules": true,
    "no-duplicate-selectors": true,
    "no-invalid-double-slash-comments": true,
    "property-no-unknown": true,
    "selector-pseudo-class-no-unknown": true,
    "selector-pseudo-element-no-unknown": true,
    "unit-no-unknown": true,
  },
  overrides: [
    {
      // Tokens are grouped by subject, all on :root.
      files: ["static/css/tokens.css"],
      rules: { "no-duplicate-selectors": null },
    },
  ],
};
