import { findCheckOrder } from "../../../../../check/order";
import { forMachine } from "../../../../../machine/guard";

/** Shows the platform the order of its check. Others, those of customers too, are not found. */
export const GET = forMachine(async (req, res) => {
  const order = await findCheckOrder(req.scope, req.params.id ?? "");
  if (order === undefined) {
    res.status(404).json({ message: "No check has placed such an order" });
    return;
  }
  res.json(order);
});
