// Bundles the front end into crm/static/: hashed names, one manifest, everything compressed.
//
//   main.css   Tabler's rules for the classes in use, then css/main.css
//   main.js    and what it imports; a dynamic import() becomes a file of its own
//   calendar.css, reporting.css  what only these pages have
//   icons.svg  the icons named in icons.txt and our own glyphs, as one sprite
//   images/    as they are
//   inter-*.ttf  the fonts of documents
//
// The result is made beside crm/static and takes its place at the end, so that a build that fails
// leaves the old one standing.
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile, readdir, rename, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import { promisify } from "node:util";
import zlib from "node:zlib";

import esbuild from "esbuild";
import { PurgeCSS } from "purgecss";

import { SAFELIST } from "./safelist.mjs";

const here = import.meta.dirname;
const root = path.resolve(here, "../..");
const target = path.join(root, "crm/static");
const draft = `${target}.new`;
const require = createRequire(import.meta.url);
const manifest = {};

async function bundle() {
  const { metafile } = await esbuild.build({
    entryPoints: [
      { in: "entry:main.css", out: "main" },
      { in: "entry:main.js", out: "main" },
      { in: "calendar/calendar.css", out: "calendar" },
      { in: "reporting/reporting.css", out: "reporting" },
    ],
    absWorkingDir: here,
    outdir: draft,
    bundle: true,
    splitting: true,
    format: "esm",
    minify: true,
    metafile: true,
    legalComments: "none",
    logLevel: "warning",
    target: ["es2022", "chrome123", "firefox120", "safari17.5"], // the first with light-dark()
    entryNames: "[name]-[hash]",
    chunkNames: "[name]-[hash]",
    assetNames: "[name]-[hash]",
    loader: { ".woff2": "file", ".svg": "file", ".png": "file" },
    plugins: [sources],
  });
  for (const [output, { entryPoint, inputs }] of Object.entries(metafile.outputs)) {
    const name = entryPoint?.startsWith("entry:") ? entryPoint.slice(6) : sheet(entryPoint) ?? asset(Object.keys(inputs));
    if (name) manifest[name] = path.basename(output);
  }
}

// The stylesheet of one page.
function sheet(entryPoint) {
  return entryPoint?.endsWith(".css") ? path.basename(entryPoint) : undefined;
}

// A file that CSS refers to has exactly one source; what a module imports needs no name.
function asset(inputs) {
  return inputs.length === 1 && !/\.m?js$/.test(inputs[0]) ? path.basename(inputs[0]) : undefined;
}

const sources = {
  name: "comptoir",
  setup(build) {
    // An esbuild entry is one file: these say what it consists of, and in which order.
    build.onResolve({ filter: /^entry:/ }, ({ path: name }) => ({ path: name.slice(6), namespace: "entry" }));
    build.onLoad({ filter: /css$/, namespace: "entry" }, () => ({
      contents: `@import "purged:tabler.css";${imports("./css/main.css")}`,
      loader: "css",
      resolveDir: here,
    }));
    build.onLoad({ filter: /js$/, namespace: "entry" }, () => ({ contents: imports("./main.js"), resolveDir: here }));
    build.onResolve({ filter: /^purged:/ }, () => ({ path: "tabler.css", namespace: "purged" }));
    build.onLoad({ filter: /.*/, namespace: "purged" }, async () => ({ contents: await tabler(), loader: "css" }));
  },
};

function imports(file) {
  if (!existsSync(path.join(here, file))) return "";
  return file.endsWith(".css") ? `@import "${file}";` : `import "${file}";`;
}

async function tabler() {
  const css = await readFile(require.resolve("@tabler/core/dist/css/tabler.css"), "utf8");
  const [{ css: purged }] = await new PurgeCSS().purge({
    // Our policy blocks data: pictures, and the browser would report each of them.
    css: [{ raw: css.replace(/url\((["']?)data:.*?\1\)/g, "none") }],
    content: ["templates/**/*.html", "crm/**/*.py", "crm/assets/*.js", "crm/assets/!(node_modules)/**/*.js"].map(
      (pattern) => path.join(root, pattern),
    ),
    defaultExtractor: (text) => text.match(/[\w-]+/g) ?? [],
    ...SAFELIST,
  });
  return purged;
}

async function sprite() {
  const { icons, width, height } = require("@iconify-json/tabler/icons.json");
  const names = existsSync(path.join(here, "icons.txt"))
    ? (await readFile(path.join(here, "icons.txt"), "utf8")).split("\n").map((line) => line.trim())
    : [];
  const symbols = names.filter((name) => name && !name.startsWith("#")).map((name) => {
    if (!icons[name]) throw new Error(`icons.txt: Tabler has no icon called ${name}`);
    // Width and colour of the line come from our CSS, through <use>; a filled icon has no line.
    const body = icons[name].body.replace(/ (?:stroke(?:-\w+)?="[^"]*"|fill="none")/g, "").replace(/<g>(.*)<\/g>/, "$1");
    const filled = body.includes('fill="currentColor"') ? ' stroke="none"' : "";
    return `<symbol id="i-${name}" viewBox="0 0 ${width} ${height}"${filled}>${body}</symbol>`;
  });
  const glyphs = existsSync(path.join(here, "glyphs.svg"))
    ? (await readFile(path.join(here, "glyphs.svg"), "utf8")).match(/<symbol[\s\S]*?<\/symbol>/g) ?? []
    : [];
  await add("icons.svg", `<svg xmlns="http://www.w3.org/2000/svg">${[...glyphs, ...symbols].join("")}</svg>`);
}

async function images() {
  const folder = path.join(here, "images");
  if (!existsSync(folder)) return;
  for (const name of await readdir(folder)) await add(name, await readFile(path.join(folder, name)));
}

// Browsers have the variable font; typst reads one weight a file.
async function fonts() {
  for (const [weight, name] of [[400, "400Regular"], [600, "600SemiBold"]]) {
    const file = require.resolve(`@expo-google-fonts/inter/${name}/Inter_${name}.ttf`);
    await add(`inter-${weight}.ttf`, await readFile(file));
  }
}

async function add(name, content) {
  const { name: stem, ext } = path.parse(name);
  const hash = createHash("sha256").update(content).digest("hex").slice(0, 8).toUpperCase();
  manifest[name] = `${stem}-${hash}${ext}`;
  await writeFile(path.join(draft, manifest[name]), content);
}

async function compress() {
  const brotli = promisify(zlib.brotliCompress);
  const gzip = promisify(zlib.gzip);
  for (const name of await readdir(draft)) {
    if (/\.(woff2|png|jpe?g|webp|ttf)$/.test(name)) continue; // compressed already, or not for browsers
    const content = await readFile(path.join(draft, name));
    await writeFile(path.join(draft, `${name}.br`), await brotli(content));
    await writeFile(path.join(draft, `${name}.gz`), await gzip(content, { level: 9 }));
  }
}

function sorted(object) {
  return Object.fromEntries(Object.entries(object).sort());
}

await rm(draft, { recursive: true, force: true });
await mkdir(draft, { recursive: true });
await bundle();
await sprite();
await images();
await fonts();
await compress();
await writeFile(path.join(draft, "manifest.json"), JSON.stringify(sorted(manifest), null, 2));
await rm(target, { recursive: true, force: true });
await rename(draft, target);
