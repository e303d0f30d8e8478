import type { MedusaContainer } from "@medusajs/framework/types";
import { MedusaError, Modules } from "@medusajs/framework/utils";
import { checkEmail, checkNumber, newId } from "./identity";

type Method = (...args: any[]) => Promise<any>;
type Service = Record<string, Method>;
type Row = Record<string, any>;

/** What a check does instead of calling a method of one of Medusa's services. */
type Change = (method: Method, args: any[], service: any) => Promise<any>;

const differences: Record<string, Record<string, Change>> = {
  // No event leaves a check, so it causes no mail and no webhook.
  [Modules.EVENT_BUS]: {
    emit: async () => undefined,
  },
  [Modules.WORKFLOW_ENGINE]: {
    run: (run, [workflow, options, ...rest]) => run(workflow, { ...options, transactionId: newId("execution") }, ...rest),
  },
  [Modules.CUSTOMER]: {
    // A customer who registers with the address of a check gets none of its orders.
    listCustomers: async (list, args) => (await list(...args)).filter((customer: Row) => !customer.has_account),
    createCustomers: (create, [customers, ...rest]) => create(withValues(customers, () => ({ id: newId("customer") })), ...rest),
  },
  [Modules.CART]: {
    createCarts: (create, [carts, ...rest]) => create(withValues(carts, () => ({ id: newId("cart") })), ...rest),
  },
  [Modules.ORDER]: {
    createOrders: async (create, [orders, ...rest]) => {
      if ([orders].flat().some((order: Row) => order.email !== checkEmail)) {
        throw new MedusaError(MedusaError.Types.NOT_ALLOWED, "A check completes no cart but its own");
      }
      return create(withValues(orders, () => ({ id: newId("order"), display_id: checkNumber })), ...rest);
    },
  },
  [Modules.PAYMENT]: {
    createPaymentCollections: (create, [collections, ...rest]) =>
      create(withValues(collections, () => ({ id: newId("payment") })), ...rest),
  },
  [Modules.INVENTORY]: {
    // The pieces must be there. A customer gets them even now.
    createReservationItems: async (_, [reservations], inventory) => {
      for (const { inventory_item_id, location_id, quantity, allow_backorder } of [reservations].flat()) {
        if (!allow_backorder && !(await inventory.confirmInventory(inventory_item_id, [location_id], quantity))) {
          throw new MedusaError(MedusaError.Types.NOT_ALLOWED, "Not enough stock available");
        }
      }
      return [];
    },
  },
  // Promotions reduce the price, but their use is not counted.
  [Modules.PROMOTION]: {
    registerUsage: async () => undefined,
    revertUsage: async () => undefined,
  },
};

function withValues(rows: Row | Row[], values: () => Row): Row | Row[] {
  return Array.isArray(rows) ? rows.map((row) => ({ ...row, ...values() })) : { ...rows, ...values() };
}

const adapted = new WeakSet<Service>();

/**
 * Adapts Medusa's services to what a check does differently from a customer, at the first check in a process. For customers they do what
 * they did. If Medusa has no such method, the check fails before it has any effect.
 */
export function adaptServices(container: MedusaContainer, inCheck: () => boolean): void {
  for (const [module, changes] of Object.entries(differences)) {
    const service = container.resolve<Service>(module);
    if (adapted.has(service)) {
      continue;
    }
    for (const [name, change] of Object.entries(changes)) {
      const method = service[name]?.bind(service);
      if (method === undefined) {
        throw new Error(`Medusa's module ${module} has no ${name}: checks need it`);
      }
      service[name] = (...args) => (inCheck() ? change(method, args, service) : method(...args));
    }
    adapted.add(service);
  }
}
