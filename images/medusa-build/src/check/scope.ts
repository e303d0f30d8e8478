import { AsyncLocalStorage } from "node:async_hooks";
import type { MedusaNextFunction, MedusaRequest, MedusaResponse } from "@medusajs/framework/http";
import { isFromMachine } from "../machine/guard";
import { adaptServices } from "./services";

const scope = new AsyncLocalStorage<true>();

const inCheck = (): boolean => scope.getStore() === true;

/**
 * Marks the platform's requests to the shop, with all that they cause, as those of a check. Nothing of a check runs elsewhere: no step
 * of the workflows behind a purchase is one that the worker takes over.
 */
export async function checks(req: MedusaRequest, _res: MedusaResponse, next: MedusaNextFunction): Promise<void> {
  if (!req.path.startsWith("/store/") || !(await isFromMachine(req))) {
    return next();
  }
  adaptServices(req.scope, inCheck);
  scope.run(true, next);
}
