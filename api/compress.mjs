// Puts a compressed form beside each file of a folder that gets shorter by it: `.gz` and `.br`. Node has
// both, and is there whenever there is something to compress.
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, gzipSync } from "node:zlib";

const text = /\.(js|css|svg|json|txt|webmanifest|ico)$/;

for (const entry of readdirSync(process.argv[2], { recursive: true, withFileTypes: true })) {
  if (!entry.isFile() || !text.test(entry.name)) continue;
  const path = join(entry.parentPath ?? entry.path, entry.name);
  const plain = readFileSync(path);
  for (const [suffix, compressed] of [
    ["gz", gzipSync(plain, { level: 9 })],
    ["br", brotliCompressSync(plain)],
  ]) {
    if (compressed.length < plain.length) writeFileSync(`${path}.${suffix}`, compressed);
  }
}
