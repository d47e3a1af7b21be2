// Bundles static/src into static/dist. Names carry their content (`app-1A2B3C4D.css`), so a browser may keep them for ever;
// manifest.json says which name is current. Run: node infra/frontend/build.mjs

import { createHash } from "node:crypto";
import { mkdir, readFile, readdir, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";

import { build } from "esbuild";

const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../..");
const SRC = path.join(ROOT, "static/src");
const DIST = path.join(ROOT, "static/dist");
const LUCIDE = path.join(ROOT, "node_modules/lucide-static/icons");

const SHARED = {
  absWorkingDir: ROOT,
  outdir: DIST,
  entryNames: "[name]-[hash]",
  chunkNames: "[name]-[hash]",
  bundle: true,
  minify: true,
  format: "esm",
  // CSS is left as written: light-dark() and nesting are in every browser this targets.
  target: ["chrome123", "firefox121", "safari17.5"],
  supported: { nesting: true },
  sourcemap: false,
  metafile: true,
  write: false,
  legalComments: "none",
};

// What every page loads is one file of each kind. The islands share their code in chunks, and what few need comes when it is needed.
const FRAME = [
  { in: "static/src/js/app.js", out: "app" },
  { in: "static/src/css/app.css", out: "app" },
];
const ISLANDS = [
  { in: "static/src/js/dag/dag-editor.js", out: "dag-editor" },
  { in: "static/src/js/graph/dag-graph.js", out: "dag-graph" },
  { in: "static/src/js/graph/layout-worker.js", out: "layout-worker" },
  { in: "static/src/js/runs/task-log.js", out: "task-log" },
];

async function bundles() {
  const frame = await bundled({ entryPoints: FRAME });
  return [...frame, ...(await bundled({ entryPoints: ISLANDS, splitting: true }))];
}

async function bundled(options) {
  const result = await build({ ...SHARED, ...options });
  return result.outputFiles.map((output) => {
    const { entryPoint } = result.metafile.outputs[path.relative(ROOT, output.path)];
    const file = path.basename(output.path);
    // A chunk has no name of its own that a page could ask for; two of them may even have the same.
    const isAsked = [...FRAME, ...ISLANDS].some((entry) => entry.in === entryPoint);
    return { name: isAsked ? path.basename(entryPoint) : file, file, contents: output.contents };
  });
}

async function iconSprite() {
  const names = JSON.parse(await readFile(path.join(SRC, "icons.json"), "utf8"));
  const symbols = await Promise.all(names.map(iconSymbol));
  const shapes = symbols.join("");
  return hashed(
    "icons.svg",
    Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg">${shapes}</svg>`),
  );
}

async function iconSymbol(name) {
  const svg = await readFile(path.join(LUCIDE, `${name}.svg`), "utf8").catch(() => {
    throw new Error(`static/src/icons.json names “${name}”, which lucide-static does not have`);
  });
  const inside = svg.slice(svg.indexOf(">", svg.indexOf("<svg")) + 1, svg.lastIndexOf("</svg>"));
  return `<symbol id="${name}" viewBox="0 0 24 24">${inside.replace(/\s+/g, " ").replace(/> </g, "><").trim()}</symbol>`;
}

// The shape that settings.WHITENOISE_IMMUTABLE_FILE_TEST expects, for files that esbuild does not name.
function hashed(name, contents) {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  const digest = createHash("sha256").update(contents).digest();
  const hash = [...digest.subarray(0, 8)].map((byte) => alphabet[byte & 31]).join("");
  const { name: stem, ext } = path.parse(name);
  return { name, file: `${stem}-${hash}${ext}`, contents };
}

// Pages of a server that still runs name the files of the build before.
async function previous() {
  try {
    return Object.values(JSON.parse(await readFile(path.join(DIST, "manifest.json"), "utf8")));
  } catch {
    return [];
  }
}

async function publish(files) {
  await mkdir(DIST, { recursive: true });
  const before = await previous();
  for (const { file, contents } of files) await writeFile(path.join(DIST, file), contents);
  const manifest = Object.fromEntries(files.map(({ name, file }) => [name, file]));
  // The manifest last and whole: a server that reads it finds every file it names.
  const draft = path.join(DIST, "manifest.json.new");
  await writeFile(draft, `${JSON.stringify(manifest, null, 2)}\n`);
  await rename(draft, path.join(DIST, "manifest.json"));
  const kept = new Set(["manifest.json", ...before, ...files.map(({ file }) => file)]);
  for (const file of await readdir(DIST)) {
    if (!kept.has(file) && !file.startsWith("."))
      await rm(path.join(DIST, file), { recursive: true });
  }
}

const favicon = hashed("favicon.svg", await readFile(path.join(SRC, "favicon.svg")));
await publish([...(await bundles()), await iconSprite(), favicon]);
