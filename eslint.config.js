// Browser floor: Chromium 80 and iOS 13 (package.json, browserslist). There is no build step, so
// the syntax written here is the syntax a five-year-old phone parses.
import js from "@eslint/js";
import compat from "eslint-plugin-compat";
import esx from "eslint-plugin-es-x";
import globals from "globals";

const floor = "is not in Chromium 80 or iOS 13";

const restrictedSyntax = [
  ["ChainExpression", `?. ${floor}`],
  ["LogicalExpression[operator='??']", `?? ${floor}`],
  ["ExportAllDeclaration[exported]", `export * as ${floor}`],
  ["CallExpression[callee.property.name=/^(replaceAll|at|findLast|findLastIndex|toSorted|toReversed|toSpliced|replaceChildren|hasOwn|randomUUID|requestSubmit|checkVisibility|showPopover)$/]", `this method ${floor}`],
  ["CallExpression[callee.object.name='AbortSignal']", `AbortSignal.timeout and any: ${floor}`],
  ["NewExpression[callee.name='FormData'][arguments.length>1]", `FormData(form, submitter) ${floor}`],
  ["CallExpression[callee.property.name='addEventListener'][callee.object.callee.name='matchMedia']", "iOS 13 knows only matchMedia().addListener"],
  ["CallExpression[callee.property.name='addEventListener'][callee.object.callee.property.name='matchMedia']", "iOS 13 knows only matchMedia().addListener"],
  ["AssignmentExpression[left.property.name=/^(innerHTML|outerHTML)$/]", "build nodes or use a <template>; HTML strings let stored script in"],
  ["CallExpression[callee.property.name=/^(insertAdjacentHTML|createContextualFragment)$/]", "build nodes or use a <template>; HTML strings let stored script in"],
  ["CallExpression[callee.object.name='document'][callee.property.name=/^(write|writeln)$/]", "document.write is not for pages"],
  ["AssignmentExpression[left.object.property.name='style'][left.property.name='cssText']", "classes belong in the style sheets"],
].map(([selector, message]) => ({ selector, message }));

export default [
  { ignores: ["node_modules/", "static/vendor/", "var/", ".venv/", "scripts/"] },
  js.configs.recommended,
  esx.configs["flat/restrict-to-es2019"],
  compat.configs["flat/recommended"],
  {
    files: ["static/js/**/*.js"],
    languageOptions: {
      ecmaVersion: 2020, // for import() and import.meta alone; the rest of 2020 is refused below
      sourceType: "module",
      globals: { ...globals.browser, htmx: "readonly", Hls: "readonly" },
    },
    settings: {
      // Not on every phone of the floor; used only behind a check that they are there.
      polyfills: [
        "AudioContext", "MediaRecorder", "navigator.clipboard", "navigator.connection",
        "navigator.permissions", "navigator.share", "navigator.wakeLock",
      ],
    },
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: {
      // In Chromium 80 and iOS 13 although newer than ES2019:
      "es-x/no-dynamic-import": "off",
      "es-x/no-import-meta": "off",
      "es-x/no-global-this": "off",
      "es-x/no-promise-all-settled": "off",
      "es-x/no-string-prototype-matchall": "off",
      "es-x/no-bigint": "error",
      "no-restricted-syntax": ["error", ...restrictedSyntax],
      "no-var": "error",
      "prefer-const": "error",
      "eqeqeq": ["error", "smart"],
      "no-eval": "error",
      "no-implied-eval": "error",
      "no-new-func": "error",
      "no-restricted-globals": ["error", "alert", "prompt", "event", "name"],
      "no-console": ["error", { allow: ["error", "warn"] }],
      "no-unused-vars": ["error", { args: "after-used", caughtErrors: "none" }],
      "max-lines": ["error", 500],
    },
  },
  {
    // The service worker has its own globals.
    files: ["static/js/sw.js", "static/js/*worker*.js"],
    languageOptions: { globals: { ...globals.serviceworker } },
  },
];
