// A preload (node -r) that records what each require() resolves to, and writes it to $RECORD_FILE when the process ends.
"use strict";

const Module = require("node:module");
const fs = require("node:fs");
const path = require("node:path");

const resolutions = new Map();
const resolve = Module._resolveFilename;

Module._resolveFilename = function (request, parent, ...rest) {
  const file = resolve.call(this, request, parent, ...rest);
  if (parent?.filename && path.isAbsolute(file)) {
    resolutions.set(JSON.stringify([path.dirname(parent.filename), request]), file);
  }
  return file;
};

process.on("exit", () => {
  const entries = [...resolutions].map(([key, file]) => [...JSON.parse(key), file]);
  fs.writeFileSync(process.env.RECORD_FILE, JSON.stringify({ files: Object.keys(Module._cache), resolutions: entries }));
});
