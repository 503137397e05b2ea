import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

/** Where the api listens that the pages of `npm run dev` talk to. */
const api = process.env.POSTRIDER_API ?? "http://127.0.0.1:8080";

export default defineConfig({
  plugins: [react()],
  resolve: { alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) } },
  // The api puts a fresh nonce in the place of this text in every answer.
  html: { cspNonce: "__CSP_NONCE__" },
  build: {
    target: "es2022",
    // These know light-dark(), which must not be rewritten: its rewriting misses our colours.
    cssTarget: ["chrome123", "firefox120", "safari17.5"],
    // Nothing is inlined: the pages' policy allows scripts and styles of the api alone.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    // What is passed on with the pages passes on its licences, too.
    license: { fileName: "assets/licenses.txt" },
    // `npm run size` reads from it what a page needs.
    manifest: true,
  },
  server: {
    host: "127.0.0.1",
    port: 5173,
    proxy: {
      // The Host of the browser is kept, so that the api sees its own origin.
      "/api": { target: api, changeOrigin: false },
      "/docs": { target: api, changeOrigin: false },
      "/openapi.json": { target: api, changeOrigin: false },
    },
  },
  test: {
    include: ["src/**/*.test.ts"],
    environment: "node",
  },
});
