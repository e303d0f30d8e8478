import type { MedusaRequest, MedusaResponse } from "@medusajs/framework/http";
import { ContainerRegistrationKeys } from "@medusajs/framework/utils";

const maxNumber = 2 ** 31 - 1;
const maxEmail = 254;

/**
 * Finds a shopper's order by its number and email address. One query decides, and the answer is the same whatever is wrong: it
 * does not reveal whether a number or an address exists.
 */
export async function GET(req: MedusaRequest, res: MedusaResponse) {
  const number = Number(req.query.number);
  const email = typeof req.query.email === "string" ? req.query.email.trim().slice(0, maxEmail) : "";
  const valid = Number.isInteger(number) && number > 0 && number <= maxNumber;
  const database = req.scope.resolve(ContainerRegistrationKeys.PG_CONNECTION);
  const { rows } = await database.raw(
    `select id from "order"
     where display_id = ? and lower(email) = lower(?) and is_draft_order = false and deleted_at is null
     order by created_at desc limit 1`,
    [valid ? number : 0, email],
  );
  res.set("Cache-Control", "no-store");
  if (rows.length === 0) {
    res.status(404).json({ type: "not_found", message: "No order has this number and e-mail address" });
    return;
  }
  res.json({ order_id: rows[0].id });
}
