// A preload (node -r) that takes scripts from the pack instead of the disk, together with the bytecode that V8 wrote in an earlier
// run (docs/adr/0015). With PACK_WRITE_CACHE=FILE it writes that bytecode: on SIGUSR2, after the process has served what matters.
"use strict";

const Module = require("node:module");
const fs = require("node:fs");
const path = require("node:path");
const vm = require("node:vm");

const root = __dirname;
const scripts = fs.readFileSync(path.join(root, "pack/scripts.js"));
const { files, resolutions } = JSON.parse(fs.readFileSync(path.join(root, "pack/index.json"), "latin1"));
const writing = process.env.PACK_WRITE_CACHE;

// File number -> position and length of its bytecode in code.cache.
let cacheIndex = [];
let cache = Buffer.alloc(0);
if (!writing && fs.existsSync(path.join(root, "pack/code.json"))) {
  cacheIndex = JSON.parse(fs.readFileSync(path.join(root, "pack/code.json"), "latin1"));
  cache = fs.readFileSync(path.join(root, "pack/code.cache"));
}

const numbers = new Map(files.map(([name], number) => [path.join(root, name), number]));
const compiled = new Map();
let rejected = 0;

function compile(number, filename) {
  const [, start, length] = files[number];
  const place = cacheIndex[number];
  const cachedData = place ? cache.subarray(place[0], place[0] + place[1]) : undefined;
  const script = new vm.Script(scripts.latin1Slice(start, start + length), {
    filename,
    cachedData,
    importModuleDynamically: vm.constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  });
  if (script.cachedDataRejected) rejected++;
  if (writing) compiled.set(number, script);
  return script.runInThisContext();
}

function loadPacked(number, parent) {
  const filename = path.join(root, files[number][0]);
  const known = Module._cache[filename];
  if (known) return known.exports;
  const module = new Module(filename, parent);
  const folder = path.dirname(filename);
  module.filename = filename;
  module.paths = Module._nodeModulePaths(folder);
  Module._cache[filename] = module;
  let done = false;
  try {
    if (filename.endsWith(".json")) {
      const [, start, length] = files[number];
      module.exports = JSON.parse(scripts.latin1Slice(start, start + length));
    } else {
      const run = compile(number, filename);
      Reflect.apply(run, module.exports, [module.exports, requireOf(module), module, filename, folder]);
    }
    done = true;
  } finally {
    if (!done) delete Module._cache[filename];
  }
  module.loaded = true;
  return module.exports;
}

function requireOf(module) {
  const require = (request) => Module._load(request, module, false);
  require.resolve = (request, options) => Module._resolveFilename(request, module, false, options);
  require.resolve.paths = (request) => Module._resolveLookupPaths(request, module);
  require.main = process.mainModule;
  require.extensions = Module._extensions;
  require.cache = Module._cache;
  return require;
}

// Folder -> request -> file number.
const byFolder = new Map(Object.entries(resolutions).map(([folder, answers]) => [path.join(root, folder), new Map(Object.entries(answers))]));
const folders = new Map();

function find(request, parent) {
  const filename = parent?.filename;
  if (!filename) return undefined;
  let answers = folders.get(filename);
  if (answers === undefined) {
    answers = byFolder.get(path.dirname(filename)) ?? null;
    folders.set(filename, answers);
  }
  return answers?.get(request) ?? (path.isAbsolute(request) ? numbers.get(request) : undefined);
}

const load = Module._load;
const resolve = Module._resolveFilename;

Module._load = function (request, parent, isMain) {
  const number = find(request, parent);
  return number === undefined ? load.call(this, request, parent, isMain) : loadPacked(number, parent);
};

Module._resolveFilename = function (request, parent, isMain, options) {
  const number = options ? undefined : find(request, parent);
  return number === undefined ? resolve.call(this, request, parent, isMain, options) : path.join(root, files[number][0]);
};

// Packed files that Node itself loads, by their paths.
for (const extension of [".js", ".json", ".cjs"]) {
  const original = Module._extensions[extension] ?? Module._extensions[".js"];
  Module._extensions[extension] = function (module, filename) {
    const number = numbers.get(filename);
    if (number === undefined || extension === ".json") return original.call(this, module, filename);
    const run = compile(number, filename);
    Reflect.apply(run, module.exports, [module.exports, requireOf(module), module, filename, path.dirname(filename)]);
  };
}

/** How many packed scripts had bytecode that this Node rejects: it was written by another binary or under other flags. */
globalThis[Symbol.for("shopflow.pack")] = { rejected: () => rejected };

if (writing) {
  process.on("SIGUSR2", () => {
    const index = [];
    const chunks = [];
    let offset = 0;
    for (const [number, script] of compiled) {
      const data = script.createCachedData();
      // V8 requires bytecode at addresses that are multiples of eight.
      const padded = Buffer.alloc(Math.ceil(data.length / 8) * 8);
      data.copy(padded);
      index[number] = [offset, data.length];
      chunks.push(padded);
      offset += padded.length;
    }
    fs.writeFileSync(`${writing}.cache`, Buffer.concat(chunks));
    fs.writeFileSync(`${writing}.json`, JSON.stringify(index));
    console.log(`bytecode of ${chunks.length} scripts, ${(offset / 1e6).toFixed(1)} MB`);
  });
}
