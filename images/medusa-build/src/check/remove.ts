import type { Knex } from "@medusajs/framework/mikro-orm/knex";
import { connectedCache } from "../web/cache";
import { idsOf } from "./identity";

export interface Removed {
  orders: number;
  carts: number;
}

const ids = {
  order: idsOf("order"),
  cart: idsOf("cart"),
  customer: idsOf("customer"),
  payment: idsOf("payment"),
  execution: idsOf("execution"),
};

// What refers to these rows by a foreign key is deleted with them.
const removeParts = [
  `delete from order_line_item where id in
     (select item_id from order_item where order_id like :order and deleted_at is null)`,
  `delete from order_shipping_method where id in
     (select shipping_method_id from order_shipping where order_id like :order and deleted_at is null)`,
  `delete from order_cart where order_id like :order`,
  `delete from order_payment_collection where order_id like :order`,
  `delete from order_promotion where order_id like :order`,
  `delete from cart_payment_collection where cart_id like :cart`,
  `delete from cart_promotion where cart_id like :cart`,
  `delete from payment_collection where id like :payment`,
  `delete from workflow_execution where transaction_id like :execution and deleted_at is null`,
];

const removeOrders = `delete from "order" where id like :order returning shipping_address_id, billing_address_id`;
const removeCarts = `delete from cart where id like :cart returning shipping_address_id, billing_address_id`;

// Someone else who buys with the same address is given the same guest.
const removeCustomers = `
  delete from customer where id like :customer
    and not exists (select from cart where cart.customer_id = customer.id and cart.deleted_at is null)
    and not exists (select from "order" where "order".customer_id = customer.id and "order".deleted_at is null)`;

/**
 * Removes every order, cart, customer, payment and execution of checks in one transaction, while customers buy: it finds its rows by the
 * indexes of their ids, and locks no others. Idempotent.
 */
export async function removeChecks(database: Knex): Promise<Removed> {
  await forgetExecutions(database);
  return database.transaction(async (transaction) => {
    const run = async (sql: string): Promise<{ rows: Addresses[] }> => transaction.raw(sql, ids);
    for (const sql of removeParts) {
      await run(sql);
    }
    const orders = await run(removeOrders);
    await removeAddresses(transaction, "order_address", orders.rows);
    const carts = await run(removeCarts);
    await removeAddresses(transaction, "cart_address", carts.rows);
    await run(removeCustomers);
    return { orders: orders.rows.length, carts: carts.rows.length };
  });
}

/** Removes what Medusa's cache keeps of executions that have not come to an end. Their rows, which name them, are removed later. */
async function forgetExecutions(database: Knex): Promise<void> {
  const executions = await database("workflow_execution")
    .whereLike("transaction_id", ids.execution)
    .whereNull("deleted_at")
    .select<{ workflow_id: string; transaction_id: string }[]>("workflow_id", "transaction_id");
  if (executions.length > 0) {
    const cache = await connectedCache();
    await cache.unlink(executions.map(({ workflow_id, transaction_id }) => `dtrx:${workflow_id}:${transaction_id}`));
  }
}

interface Addresses {
  shipping_address_id: string | null;
  billing_address_id: string | null;
}

async function removeAddresses(transaction: Knex, table: string, rows: Addresses[]): Promise<void> {
  const addresses = rows.flatMap((row) => [row.shipping_address_id, row.billing_address_id]).filter((id) => id !== null);
  if (addresses.length > 0) {
    await transaction(table).whereIn("id", addresses).delete();
  }
}
