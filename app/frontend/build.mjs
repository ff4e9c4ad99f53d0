// Bundles each page's script and style, the workers, and the pictures beside them: node build.mjs FOLDER [--watch]
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
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
  legalComments: "none",
  metafile: true,
  logLevel: "warning",
};

/** What the authors of the packages in the bundles want said of them. */
function licences({ inputs }) {
  const packages = Object.keys(inputs).map((path) => path.match(/^node_modules\/((@[^/]+\/)?[^/]+)/)?.[1]);
  return [...new Set(packages)]
    .filter(Boolean)
    .sort()
    .map((name) => {
      const file = readdirSync(`node_modules/${name}`).find((each) => /^licen[cs]e/i.test(each));
      return `${name}\n\n${readFileSync(`node_modules/${name}/${file}`, "utf8").trim()}\n`;
    })
    .join("\n\n");
}

if (watch === "--watch") {
  await (await esbuild.context(options)).watch();
} else {
  const { metafile } = await esbuild.build(options);
  writeFileSync(`${folder}/licences.txt`, licences(metafile));
}
