import type { AuthenticatedMedusaRequest, MedusaResponse } from "@medusajs/framework/http";
import { ContainerRegistrationKeys } from "@medusajs/framework/utils";
import { removeProofOrders } from "../../../../proof/remove";

/** Restores the shop to its state before the proof of sale. Only an administrator gets here: Medusa guards all of /admin. */
export async function DELETE(req: AuthenticatedMedusaRequest, res: MedusaResponse) {
  res.json(await removeProofOrders(req.scope.resolve(ContainerRegistrationKeys.PG_CONNECTION)));
}
