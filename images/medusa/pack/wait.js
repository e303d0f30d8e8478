// Waits until an address answers 200, or a file exists: node wait.js http://...|file:PATH PID. Fails when process PID has ended.
"use strict";

const fs = require("node:fs");

const [target, pid] = process.argv.slice(2);
const deadline = Date.now() + 180_000;

async function there() {
  if (target.startsWith("file:")) return fs.existsSync(target.slice("file:".length));
  try {
    return (await fetch(target, { signal: AbortSignal.timeout(2000) })).ok;
  } catch {
    return false;
  }
}

async function main() {
  while (!(await there())) {
    process.kill(Number(pid), 0);
    if (Date.now() > deadline) throw new Error(`${target}: timed out`);
    await new Promise((done) => setTimeout(done, 50));
  }
}

main().catch((error) => {
  console.error(error.message);
  process.exit(1);
});
