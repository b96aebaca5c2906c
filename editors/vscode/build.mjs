// Puts the extension together in out/: one file of JavaScript, and the grammar that all editors share.
import { copyFile, mkdir } from "node:fs/promises";
import { build } from "esbuild";

await mkdir("out", { recursive: true });
await copyFile("../textmate/weft.tmLanguage.json", "out/weft.tmLanguage.json");
await build({
  entryPoints: ["src/extension.ts"],
  outfile: "out/extension.js",
  bundle: true,
  minify: true,
  platform: "node",
  target: "node18",
  format: "cjs",
  external: ["vscode"],
  legalComments: "none",
});
