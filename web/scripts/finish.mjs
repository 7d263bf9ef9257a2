// The last step of a build. The folder is part of every checkout, its content is not. Every file that shrinks gets a .br and a .gz beside it, so that serving it costs no
// processor time and no compressor has to be linked into the program that serves it.
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const DIST = new URL("../dist/", import.meta.url).pathname;
writeFileSync(
  `${DIST}.gitignore`,
  "# Made by the build; only this file is kept, so that the folder is always there.\n*\n!.gitignore\n",
);

const SHRINKS = /\.(html|js|css|svg|json|txt)$/;

for (const name of readdirSync(DIST, { recursive: true })) {
  const path = join(DIST, name);
  if (!SHRINKS.test(name) || !statSync(path).isFile() || name.startsWith(".vite")) continue;
  const bytes = readFileSync(path);
  const brotli = brotliCompressSync(bytes, {
    params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length },
  });
  const gzip = gzipSync(bytes, { level: 9 });
  if (brotli.length < bytes.length) writeFileSync(`${path}.br`, brotli);
  if (gzip.length < bytes.length) writeFileSync(`${path}.gz`, gzip);
}
