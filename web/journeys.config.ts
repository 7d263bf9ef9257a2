/** The journeys of tests/browser run with this folder's packages, one after the other: they share two processors. */
import { resolve } from "node:path";
import { defineConfig } from "vitest/config";

const packages = resolve(import.meta.dirname, "node_modules");

export default defineConfig({
  root: resolve(import.meta.dirname, "../tests/browser"),
  resolve: { alias: { "playwright-core": resolve(packages, "playwright-core/index.mjs") } },
  server: { fs: { allow: [resolve(import.meta.dirname, "..")] } },
  test: {
    include: [process.env.JOURNEYS ? `${process.env.JOURNEYS}.ts` : "*.test.ts"],
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 60_000,
    cache: false,
  },
});
