import type { Knex } from "@medusajs/framework/mikro-orm/knex";

/** The email address that the proof of sale buys with. It cannot belong to a customer: `.invalid` is reserved. */
export const proofEmail = "proof-of-sale@shopflow.invalid";

export interface Removed {
  orders: number;
  carts: number;
  customers: number;
  reservations: number;
}

// What is removed is collected first, in tables that exist as long as the transaction. Rows that refer to these by a foreign key
// are deleted with them.
const note = [
  `create temporary table proof_order on commit drop as
     select id, display_id, shipping_address_id, billing_address_id from "order" where email = :email`,
  `create temporary table proof_cart on commit drop as
     select id, created_at, updated_at, shipping_address_id, billing_address_id from cart
     where email = :email or id in (select cart_id from order_cart where order_id in (select id from proof_order))`,
  `create temporary table proof_line on commit drop as
     select item_id as id from order_item where order_id in (select id from proof_order)`,
  `create temporary table proof_shipping on commit drop as
     select shipping_method_id as id from order_shipping where order_id in (select id from proof_order)`,
  `create temporary table proof_payment on commit drop as
     select payment_collection_id as id from order_payment_collection where order_id in (select id from proof_order)
     union select payment_collection_id from cart_payment_collection where cart_id in (select id from proof_cart)`,
];

// Releases the stock that the proof had reserved, by location and inventory item.
const freeStock = `
  update inventory_level level
  set reserved_quantity = level.reserved_quantity - proof.quantity,
      raw_reserved_quantity = jsonb_build_object('value', (level.reserved_quantity - proof.quantity)::text, 'precision', 20)
  from (
    select inventory_item_id, location_id, sum(quantity) as quantity from reservation_item
    where line_item_id in (select id from proof_line) and deleted_at is null
    group by inventory_item_id, location_id
  ) proof
  where level.inventory_item_id = proof.inventory_item_id and level.location_id = proof.location_id and level.deleted_at is null`;

const removeReservations = `delete from reservation_item where line_item_id in (select id from proof_line)`;
const removeOrders = `delete from "order" where id in (select id from proof_order)`;
const removeCarts = `delete from cart where id in (select id from proof_cart)`;
const removeCustomers = `delete from customer where email = :email`;

const removeRest = [
  `delete from order_line_item where id in (select id from proof_line)`,
  `delete from order_shipping_method where id in (select id from proof_shipping)`,
  `delete from order_address where id in
     (select shipping_address_id from proof_order union select billing_address_id from proof_order)`,
  `delete from order_cart where order_id in (select id from proof_order) or cart_id in (select id from proof_cart)`,
  `delete from order_payment_collection where payment_collection_id in (select id from proof_payment)`,
  `delete from order_promotion where order_id in (select id from proof_order)`,
  `delete from cart_payment_collection where payment_collection_id in (select id from proof_payment)`,
  `delete from cart_promotion where cart_id in (select id from proof_cart)`,
  `delete from payment_collection where id in (select id from proof_payment)`,
  `delete from workflow_execution execution using proof_cart
     where execution.workflow_id = 'complete-cart' and execution.context::text like '%' || proof_cart.id || '%'`,
  // Medusa gives a new cart an address and drops it when the shopper enters one; no cart refers to it afterwards.
  `delete from cart_address address where address.id in
     (select shipping_address_id from proof_cart union select billing_address_id from proof_cart)
     or exists (select from proof_cart cart where address.created_at between cart.created_at - interval '1 second' and cart.updated_at)
        and not exists (select from cart where address.id in (cart.shipping_address_id, cart.billing_address_id))`,
];

// The next order takes the lowest number of the proof, unless a customer has ordered in between.
const resetNumber = `
  select setval('order_display_id_seq', (select min(display_id) from proof_order), false)
  from order_display_id_seq
  where last_value = (select max(display_id) from proof_order)
    and not exists (select from "order" where display_id > (select min(display_id) from proof_order))`;

/**
 * Removes every order, cart, customer, payment and reservation of the proof of sale in one transaction, and restores stock and
 * order number. Idempotent.
 */
export async function removeProofOrders(database: Knex): Promise<Removed> {
  return database.transaction(async (transaction) => {
    const run = async (sql: string): Promise<number> => (await transaction.raw(sql, { email: proofEmail })).rowCount ?? 0;
    // No order can take a number while this transaction reads them.
    await run(`lock table "order" in share row exclusive mode`);
    for (const sql of note) {
      await run(sql);
    }
    await run(freeStock);
    const removed: Removed = {
      reservations: await run(removeReservations),
      orders: await run(removeOrders),
      carts: await run(removeCarts),
      customers: await run(removeCustomers),
    };
    for (const sql of removeRest) {
      await run(sql);
    }
    await run(resetNumber);
    return removed;
  });
}
