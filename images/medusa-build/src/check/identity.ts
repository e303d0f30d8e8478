import { generateEntityId } from "@medusajs/framework/utils";

/** The email address that a check buys with. It cannot belong to a customer: `.invalid` is reserved. */
export const checkEmail = "check-of-sale@shopflow.invalid";

/**
 * The number of a check's order. It is in the row that is inserted, so the sequence that numbers the orders of customers, from 1, is
 * not asked for one.
 */
export const checkNumber = -1;

/**
 * How the ids of a check begin. Its rows are known by them, and not by its address, which anyone can enter: only the server chooses ids.
 * Medusa takes an execution of a workflow for one without a name of its own if it begins with `auto-`.
 */
const prefixes = {
  order: "order_check",
  cart: "cart_check",
  customer: "cus_check",
  payment: "pay_col_check",
  execution: "auto-check",
};

type Kind = keyof typeof prefixes;

export const newId = (kind: Kind): string => generateEntityId(undefined, prefixes[kind]);

export const isOfCheck = (kind: Kind, id: string): boolean => id.startsWith(`${prefixes[kind]}_`);

/** The ids of a kind, for LIKE. There, an underscore stands for any character unless a backslash is before it. */
export const idsOf = (kind: Kind): string => `${prefixes[kind]}_`.replaceAll("_", "\\_") + "%";
