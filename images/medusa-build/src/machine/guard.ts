import type { MedusaRequest, MedusaResponse } from "@medusajs/framework/http";
import { settings } from "../settings";
import { isMachineToken, machineHeader } from "./token";

const { machine } = settings(process.env);

type Handler = (req: MedusaRequest, res: MedusaResponse) => Promise<void>;

/** Whether the platform sent the request. */
export async function isFromMachine(req: MedusaRequest): Promise<boolean> {
  return isMachineToken(machine, req.get(machineHeader));
}

/** A route for the platform only. Medusa guards neither /shopflow nor what is below it. */
export function forMachine(handler: Handler): Handler {
  return async (req, res) => {
    res.set("Cache-Control", "no-store");
    if (await isFromMachine(req)) {
      return handler(req, res);
    }
    res.status(401).json({ message: "Only the platform can do this" });
  };
}
