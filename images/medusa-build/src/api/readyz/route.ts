import type { MedusaRequest, MedusaResponse } from "@medusajs/framework/http";
import { ContainerRegistrationKeys } from "@medusajs/framework/utils";
import { connectedCache } from "../../web/cache";
import { within } from "../../web/within";

const patienceMs = 900;

/** The check in progress. While the database hangs, probes share it instead of piling up. */
let checking: Promise<void> | undefined;

async function check(req: MedusaRequest): Promise<void> {
  const database = req.scope.resolve(ContainerRegistrationKeys.PG_CONNECTION);
  const cache = await connectedCache();
  await Promise.all([database.raw("select 1"), cache.ping()]);
}

/** Answers 200 when the database and the cache answer, else 503. It says nothing else, because anyone can ask. */
export async function GET(req: MedusaRequest, res: MedusaResponse) {
  checking ??= check(req).finally(() => {
    checking = undefined;
  });
  try {
    await within(patienceMs, checking);
    res.status(200).type("text").send("ready\n");
  } catch {
    res.status(503).type("text").send("not ready\n");
  }
}
