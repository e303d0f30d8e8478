// A preload (node -r) for migrating and seeding: ids that are created in the same millisecond sort in the order of their creation.
// Medusa reads lists by id; with its random ids two builds would go through them in two orders.
"use strict";

const Module = require("node:module");

const load = Module._load;
let ordered;

Module._load = function (request, ...rest) {
  const exported = load.call(this, request, ...rest);
  if (request !== "ulid") return exported;
  ordered ??= { ...exported, ulid: exported.monotonicFactory() };
  return ordered;
};
