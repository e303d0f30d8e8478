import type { MedusaRequest, MedusaResponse } from "@medusajs/framework/http";
import { ContainerRegistrationKeys } from "@medusajs/framework/utils";
import Redis from "ioredis";
import { settings } from "../../settings";

const patienceMs = 900;

// Without a queue for the time when there is no connection: a check then fails at once.
const cache = new Redis(settings(process.env).cacheUrl, {
  lazyConnect: true,
  enableOfflineQueue: false,
  maxRetriesPerRequest: 0,
  retryStrategy: (attempts) => Math.min(attempts * 50, 500),
});
cache.on("error", () => undefined);

/** The check under way. While the database hangs, probes wait for the same one instead of piling up. */
let checking: Promise<void> | undefined;

async function check(req: MedusaRequest): Promise<void> {
  const database = req.scope.resolve(ContainerRegistrationKeys.PG_CONNECTION);
  if (cache.status === "wait") {
    await cache.connect();
  }
  await Promise.all([database.raw("select 1"), cache.ping()]);
}

/** Answers 200 when the database and the cache answer, else 503. It says nothing else: anybody can ask. */
export async function GET(req: MedusaRequest, res: MedusaResponse) {
  checking ??= check(req).finally(() => {
    checking = undefined;
  });
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error("no answer in time")), patienceMs);
  });
  try {
    await Promise.race([checking, late]);
    res.status(200).type("text").send("ready\n");
  } catch {
    res.status(503).type("text").send("not ready\n");
  } finally {
    clearTimeout(timer);
  }
}
