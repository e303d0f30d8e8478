// Reads a plain dump of PostgreSQL and writes it with ids and times that depend on the order of the rows alone, so that two builds
// end with the same data: node fixed-rows.js <DUMP >FIXED
"use strict";

const { readFileSync, writeFileSync } = require("node:fs");

/** The time of each table's first row; the others follow a second apart, so that sorting by time keeps their order. */
const epoch = Date.UTC(2026, 0, 1);

const ulid = /(?<![0-9A-Za-z])[0-9A-HJKMNP-TV-Z]{26}(?![0-9A-Za-z])/g;
const timestamp = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)?(?<zone>\+00)?$/;

/** A ULID of a number: the time of the epoch in ten digits of Crockford's base 32, then the number in sixteen. */
function fixedUlid(number) {
  const crockford = (value, digits) =>
    value
      .toString(32)
      .replace(/./g, (digit) => "0123456789ABCDEFGHJKMNPQRSTVWXYZ"[Number.parseInt(digit, 32)])
      .padStart(digits, "0");
  return crockford(epoch, 10) + crockford(number, 16);
}

/** Calls visit with each row of each table, as its table's columns, its fields and its position; others are passed on. */
function mapRows(lines, visit) {
  let columns = null;
  let position = 0;
  return lines.map((line) => {
    const copy = /^COPY \S+ \((.*)\) FROM stdin;$/.exec(line);
    if (copy) {
      columns = copy[1].split(", ");
      position = 0;
    } else if (line === "\\.") {
      columns = null;
    } else if (columns) {
      return visit(columns, line.split("\t"), position++).join("\t");
    }
    return line;
  });
}

function fixRows(dump) {
  const lines = dump.split("\n");
  const fixed = new Map();
  const fix = (id) => {
    if (!fixed.has(id)) fixed.set(id, fixedUlid(fixed.size + 1));
    return fixed.get(id);
  };
  // The rows of a table are numbered before anything that refers to them, so that their ids sort as they do.
  mapRows(lines, (columns, fields) => {
    const own = columns.indexOf("id");
    if (own !== -1) fields[own].replace(ulid, fix);
    return fields;
  });
  const timed = mapRows(lines, (_columns, fields, position) => {
    const time = new Date(epoch + position * 1000).toISOString().slice(0, "2026-01-01T00:00:00".length).replace("T", " ");
    return fields.map((field) => field.replace(timestamp, (_match, zone = "") => time + zone));
  });
  // The schema has one too: a default that Medusa computes when it migrates.
  return timed.join("\n").replace(ulid, fix);
}

writeFileSync(1, fixRows(readFileSync(0, "utf8")));
