import type { MedusaContainer } from "@medusajs/framework/types";
import { ContainerRegistrationKeys } from "@medusajs/framework/utils";
import { checkEmail, isOfCheck } from "./identity";

/** An order as the platform compares it with what it has bought. */
export interface CheckedOrder {
  id: string;
  number: string;
  email: string;
  currency: string;
  total: number;
  items: { product: string; quantity: number }[];
}

const fields = ["id", "display_id", "email", "currency_code", "total", "items.*"];

/** Returns an order of a check as an administrator sees it, and nothing for any other order. */
export async function findCheckOrder(container: MedusaContainer, id: string): Promise<CheckedOrder | undefined> {
  if (!isOfCheck("order", id)) {
    return undefined;
  }
  const query = container.resolve(ContainerRegistrationKeys.QUERY);
  const { data } = await query.graph({ entity: "order", fields, filters: { id, email: checkEmail } });
  const [order] = data as Record<string, any>[];
  if (order === undefined) {
    return undefined;
  }
  return {
    id: order.id,
    number: String(order.display_id),
    email: order.email,
    currency: order.currency_code,
    total: Number(order.total),
    items: order.items.map((item: Record<string, any>) => ({ product: item.variant_id, quantity: Number(item.quantity) })),
  };
}
