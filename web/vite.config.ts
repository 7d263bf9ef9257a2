import tailwindcss from "@tailwindcss/vite";
import { defineConfig } from "vitest/config";

/** Where `npm run dev` finds the API. */
const CONTROL = process.env.CONTROL_URL ?? "http://127.0.0.1:8000";

export default defineConfig({
  base: "/ui/",
  plugins: [tailwindcss()],
  build: {
    target: "es2022",
    // Inlined modules and data would need a laxer Content-Security-Policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    manifest: true,
  },
  server: { proxy: { "/api": { target: CONTROL, ws: true }, "/health": CONTROL } },
  test: { environment: "happy-dom", include: ["src/**/*.test.{ts,tsx}"] },
});
