// Starts Medusa, as server or as worker (MEDUSA_WORKER_MODE), when its database and its cache can be reached.
"use strict";

const net = require("node:net");

const patienceMs = 120_000;
const pauseMs = 50;

// As the first process of a container, Node ignores SIGTERM without a listener, and Medusa adds one only when it is up.
const stop = () => process.exit(143);
process.on("SIGTERM", stop);
process.on("SIGINT", stop);

function reach(host, port) {
  const deadline = Date.now() + patienceMs;
  return new Promise((done, failed) => {
    const attempt = () => {
      const socket = net.connect({ host, port, timeout: 1000 });
      const again = (why) => {
        socket.destroy();
        if (Date.now() > deadline) {
          failed(new Error(`${host}:${port} cannot be reached: ${why}`));
        } else {
          setTimeout(attempt, pauseMs);
        }
      };
      socket.once("connect", () => {
        socket.destroy();
        done();
      });
      socket.once("timeout", () => again("no answer"));
      socket.once("error", (error) => again(error.message));
    };
    attempt();
  });
}

async function main() {
  const reached = Promise.all([
    reach(process.env.DATABASE_HOST || "database", Number(process.env.DATABASE_PORT || 5432)),
    reach(process.env.CACHE_HOST || "cache", Number(process.env.CACHE_PORT || 6379)),
  ]);
  // Most of a start is loading code, which needs neither.
  const start = require("@medusajs/medusa/commands/start").default;
  await reached;
  await start({ directory: __dirname, port: Number(process.env.PORT || 9000) });
  process.off("SIGTERM", stop);
  process.off("SIGINT", stop);
  const pack = globalThis[Symbol.for("shopflow.pack")];
  if (pack?.rejected() > 0) {
    console.log(JSON.stringify({ level: "warn", message: `${pack.rejected()} scripts had bytecode of another Node.js` }));
  }
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
