// Bundles each page's script and style, the workers, and the pictures beside them: node build.mjs FOLDER [--watch]
import { readdirSync } from "node:fs";
import * as esbuild from "esbuild";

const [folder, watch] = process.argv.slice(2);
const files = (name) => readdirSync(name).map((file) => `${name}/${file}`);

const options = {
  entryPoints: [...files("pages"), ...files("workers"), ...files("pictures")],
  entryNames: "[name]",
  outdir: folder,
  bundle: true,
  minify: true,
  format: "esm",
  target: ["es2023", "chrome123", "firefox121", "safari17.5"],
  loader: { ".svg": "copy", ".png": "copy" },
  legalComments: "linked",
  logLevel: "warning",
};

if (watch === "--watch") {
  await (await esbuild.context(options)).watch();
} else {
  await esbuild.build(options);
}
