import js from "@eslint/js";
import globals from "globals";

export default [
  { ignores: ["static/dist/", "node_modules/", ".venv/"] },
  js.configs.recommended,
  {
    rules: {
      "no-eval": "error",
      "no-implied-eval": "error",
      "no-new-func": "error",
      "no-var": "error",
      "prefer-const": "error",
      eqeqeq: "error",
      // Text becomes HTML in one place only, inside htmx: everything else builds nodes.
      "no-restricted-properties": [
        "error",
        ...["innerHTML", "outerHTML", "insertAdjacentHTML"].map((property) => ({
          property,
          message: "Build nodes, or clone a <template>.",
        })),
        { object: "document", property: "write" },
      ],
    },
  },
  { files: ["static/src/**/*.js"], languageOptions: { globals: globals.browser } },
  { files: ["infra/**/*.mjs", "eslint.config.js"], languageOptions: { globals: globals.node } },
];
