// Fails when the first view costs more than it may: all scripts that a browser loads until the graphs of the Status
// view stand, and all styles, as gzip sends them.
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const DIST = new URL("../dist/", import.meta.url).pathname;
const FIRST_VIEW = ["index.html", "src/views/status/index.tsx", "src/graphs/graph.tsx"];
const BUDGET = { js: 60 * 1024, css: 15 * 1024 };

const manifest = JSON.parse(readFileSync(`${DIST}.vite/manifest.json`, "utf8"));
const files = new Set(["theme.js"]);
const seen = new Set();
function follow(name) {
  const chunk = manifest[name];
  if (!chunk) throw new Error(`the build has no chunk ${name}: mend FIRST_VIEW in scripts/size.mjs`);
  if (seen.has(name)) return;
  seen.add(name);
  files.add(chunk.file);
  for (const file of chunk.css ?? []) files.add(file);
  for (const next of chunk.imports ?? []) follow(next);
}
FIRST_VIEW.forEach(follow);

const total = { js: 0, css: 0 };
for (const file of files) {
  const size = gzipSync(readFileSync(DIST + file), { level: 9 }).length;
  const kind = file.endsWith(".css") ? "css" : "js";
  total[kind] += size;
  console.log(`${String(size).padStart(7)}  ${file}`);
}
let over = false;
for (const kind of ["js", "css"]) {
  const verdict = total[kind] > BUDGET[kind] ? "  <- too much" : "";
  over ||= verdict !== "";
  console.log(
    `${String(total[kind]).padStart(7)}  of ${BUDGET[kind]} bytes of gzipped ${kind} for the first view${verdict}`,
  );
}
process.exitCode = over ? 1 : 0;
