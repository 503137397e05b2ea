// Measures what the browser loads before it can show the webhooks, and fails above the budget.
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const BUDGET_KB = 300;
const ENTRY = "index.html";
const PAGE = "src/pages/webhooks/index.tsx";
const dist = new URL("../dist/", import.meta.url);

const manifest = JSON.parse(readFileSync(new URL(".vite/manifest.json", dist), "utf8"));
const files = new Set();
const seen = new Set();

/** Collects a chunk and whatever it imports at once. */
function collect(key) {
  const chunk = manifest[key];
  if (chunk === undefined) throw new Error(`the build has no ${key}`);
  if (seen.has(key)) return;
  seen.add(key);
  files.add(chunk.file);
  for (const style of chunk.css ?? []) files.add(style);
  for (const imported of chunk.imports ?? []) collect(imported);
}

collect(ENTRY);
collect(PAGE);

let total = 0;
for (const file of [...files].sort()) {
  const bytes = gzipSync(readFileSync(new URL(file, dist)), { level: 9 }).length;
  total += bytes;
  console.log(`${(bytes / 1000).toFixed(1).padStart(8)} KB  ${file}`);
}
console.log(
  `${(total / 1000).toFixed(1).padStart(8)} KB  in all, gzip; the budget is ${BUDGET_KB} KB`,
);
if (total > BUDGET_KB * 1000) {
  console.error("the first load is over its budget");
  process.exit(1);
}
