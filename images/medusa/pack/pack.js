// Creates the tree that runs from the full one, by what record.js recorded:
//   node pack.js FULL_TREE OUT_TREE RECORD.json...
// Every recorded script is written to one file, without comments and spaces, beside an index of its require() calls: a start reads
// three files instead of six thousand, and looks no path up on the disk.
"use strict";

const fs = require("node:fs");
const path = require("node:path");

const [full, out, ...records] = process.argv.slice(2);
const { transformSync } = require(path.join(full, "node_modules/esbuild"));

const recorded = records.map((file) => JSON.parse(fs.readFileSync(file, "utf8")));
const inTree = (file) => file.startsWith(`${full}/node_modules/`);
const files = [...new Set(recorded.flatMap((record) => record.files))].filter(inTree).sort();

// Node loads other kinds of scripts, and our own code and configuration, as usual.
function kind(file) {
  if (file.endsWith(".json")) return "json";
  if (!/\.c?js$/.test(file)) return null;
  if (file.endsWith(".js") && nearestPackage(path.dirname(file)).type === "module") return null;
  return "script";
}

const packages = new Map();
function nearestPackage(folder) {
  if (packages.has(folder)) return packages.get(folder);
  const file = path.join(folder, "package.json");
  const found = fs.existsSync(file) ? JSON.parse(fs.readFileSync(file, "utf8")) : nearestPackage(path.dirname(folder));
  packages.set(folder, found);
  return found;
}

function minify(file, text) {
  // Node would read the whole package a second time for its import(), to find the names that it exports.
  const requires = text.replace(/\bimport\(("@medusajs\/[^"]+")\)/g, "Promise.resolve().then(() => require($1))");
  try {
    const { code } = transformSync(requires, { loader: "js", minifyWhitespace: true, legalComments: "none", charset: "ascii", target: "node22" });
        return code;
  } catch (error) {
    throw new Error(`${file}: ${error.message}`);
  }
}

function writePack() {
  const chunks = [];
  const index = { files: [], resolutions: {} };
  const numbers = new Map();
  let offset = 0;
  for (const file of files) {
    const type = kind(file);
    if (type === null) continue;
    const text = fs.readFileSync(file, "utf8").replace(/^\ufeff/, "").replace(/^#!.*/, "");
    const packed =
      type === "json" ? JSON.stringify(JSON.parse(text)) : `(function(exports,require,module,__filename,__dirname){${minify(file, text)}\n})`;
    const ascii = packed.replace(/[\u0080-\uffff]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`);
    const chunk = Buffer.from(ascii, "latin1");
    numbers.set(file, index.files.length);
    index.files.push([path.relative(full, file), offset, chunk.length]);
    chunks.push(chunk);
    offset += chunk.length;
  }
  for (const [folder, request, file] of recorded.flatMap((record) => record.resolutions)) {
    if (!inTree(`${folder}/`) || !numbers.has(file)) continue;
    (index.resolutions[path.relative(full, folder)] ??= {})[request] = numbers.get(file);
  }
  fs.mkdirSync(path.join(out, "pack"), { recursive: true });
  fs.writeFileSync(path.join(out, "pack/scripts.js"), Buffer.concat(chunks));
  fs.writeFileSync(path.join(out, "pack/index.json"), JSON.stringify(index));
  return { files: index.files.length, bytes: offset };
}

// Medusa looks for its routes, models and migrations by reading folders, so its own files keep their places on the disk. So do
// all that were loaded: what is missing in the pack is found there.
const unused = /^@medusajs\/(admin-bundler|admin-sdk|admin-vite-plugin|dashboard|icons|types|ui|ui-preset|js-sdk|test-utils|medusa-oas-cli)\//;

function copyTree() {
  const modules = path.join(full, "node_modules");
  const kept = new Set(files);
  for (const entry of fs.readdirSync(path.join(modules, "@medusajs"), { recursive: true, withFileTypes: true })) {
    const file = path.join(entry.parentPath, entry.name);
    const name = path.relative(modules, file);
    if (!entry.isFile() || unused.test(name) || name.includes("/src/admin/") || name.includes("/__")) continue;
    if (/\.(js|json)$/.test(name) && !name.endsWith(".d.ts")) kept.add(file);
  }
  for (const file of [...kept]) {
    for (let folder = path.dirname(file); folder !== modules; folder = path.dirname(folder)) {
      const manifest = path.join(folder, "package.json");
      if (fs.existsSync(manifest)) kept.add(manifest);
    }
  }
  // Loaded by import(), which record.js does not see.
  for (const name of fs.readdirSync(path.join(modules, "xxhash-wasm"), { recursive: true })) {
    const file = path.join(modules, "xxhash-wasm", name);
    if (/\.(js|cjs|mjs|json)$/.test(name) && fs.statSync(file).isFile()) kept.add(file);
  }
  for (const file of kept) {
    const target = path.join(out, path.relative(full, file));
    fs.mkdirSync(path.dirname(target), { recursive: true });
    fs.copyFileSync(file, target);
  }
  return kept.size;
}

const pack = writePack();
const copied = copyTree();
console.log(`packed ${pack.files} files, ${(pack.bytes / 1e6).toFixed(1)} MB; copied ${copied} files`);
