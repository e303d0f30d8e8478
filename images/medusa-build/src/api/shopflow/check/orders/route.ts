import { ContainerRegistrationKeys } from "@medusajs/framework/utils";
import { removeChecks } from "../../../../check/remove";
import { forMachine } from "../../../../machine/guard";

/** Removes all that checks have left, while customers buy. */
export const DELETE = forMachine(async (req, res) => {
  res.json(await removeChecks(req.scope.resolve(ContainerRegistrationKeys.PG_CONNECTION)));
});
