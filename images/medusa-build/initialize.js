// Initializes a store in an empty database, as without golden data: migrations, administrator, sample shop, publishable key. It is
// the baseline that `make bench` compares with. `node initialize.js wait` only waits until another process has done it.
"use strict";

const { execFileSync } = require("node:child_process");
const path = require("node:path");
const { Client } = require("pg");
const { settings } = require("./src/settings");

const patienceMs = 300_000;
const pauseMs = 100;
const { databaseUrl, publishableKey, storeName } = settings(process.env);

async function query(sql, values) {
  const client = new Client({ connectionString: databaseUrl, connectionTimeoutMillis: 2000 });
  await client.connect();
  try {
    return (await client.query(sql, values)).rows;
  } finally {
    await client.end();
  }
}

async function eventually(what, attempt) {
  const deadline = Date.now() + patienceMs;
  for (;;) {
    const done = await attempt().catch(() => false);
    if (done) return;
    if (Date.now() > deadline) throw new Error(`${what}: timed out after ${patienceMs / 1000} s`);
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
}

const initialized = () => query("select from api_key where token = $1", [publishableKey]).then((rows) => rows.length > 0);

function medusa(...words) {
  execFileSync(process.execPath, [path.join(__dirname, "node_modules/@medusajs/cli/cli.js"), ...words], { cwd: __dirname, stdio: "inherit" });
}

async function main() {
  if (process.argv[2] === "wait") return eventually("the initialized database", initialized);
  await eventually("the database", () => query("select 1").then(() => true));
  if (await initialized().catch(() => false)) return;
  medusa("db:migrate");
  medusa("user", "--email", process.env.ADMIN_EMAIL, "--password", process.env.ADMIN_PASSWORD);
  medusa("exec", "./src/scripts/seed.js");
  await query("update store set name = $1", [storeName]);
  await query("update api_key set token = $1 where type = 'publishable'", [publishableKey]);
}

main().catch((error) => {
  console.error(error.message);
  process.exit(1);
});
