import { expect, it } from "vitest";
import type { ShippingOption } from "../lib/api";
import { type DeliveryState, deliveryOf, noDelivery, sortByPrice } from "./delivery";

const option = (id: string, amount: number | null, name = id) => ({ id, name, amount }) as ShippingOption;
const standard = option("so_standard", 6);
const express = option("so_express", 18);
const settled: DeliveryState = {
  options: { status: "ready", value: [standard, express] },
  optionId: "so_standard",
  choosing: false,
  problem: undefined,
};

it.each<[string, Partial<DeliveryState>, unknown]>([
  ["ready with an offered method on the cart", {}, { kind: "ready", optionId: "so_standard" }],
  ["waiting while methods load", { options: { status: "loading" } }, { kind: "waiting" }],
  ["waiting while a choice is on its way", { choosing: true }, { kind: "waiting" }],
  ["waiting for the automatic choice", { optionId: null }, { kind: "waiting" }],
  ["waiting while the cart has a method that is not offered", { optionId: "so_old" }, { kind: "waiting" }],
  [
    "blocked when the automatic choice failed",
    { optionId: null, problem: "We could not reach the shop." },
    { kind: "blocked", message: "We could not reach the shop." },
  ],
  [
    "ready when another choice failed: the cart still has its method",
    { problem: "We could not reach the shop." },
    { kind: "ready", optionId: "so_standard" },
  ],
  [
    "blocked where the shop does not deliver",
    { options: { status: "ready", value: [] } },
    { kind: "blocked", message: noDelivery },
  ],
  [
    "blocked when the methods did not load",
    { options: { status: "error", error: new TypeError("Failed to fetch") } },
    { kind: "blocked", message: expect.stringMatching(/could not reach the shop/) },
  ],
])("is %s", (_case, change, want) => {
  expect(deliveryOf({ ...settled, ...change })).toEqual(want);
});

it("offers the cheapest method first and unpriced ones last, whatever order the store has", () => {
  const pickup = option("so_pickup", 0);
  const freight = option("so_freight", null);
  const airmail = option("so_airmail", 18, "Airmail");
  const want = ["so_pickup", "so_standard", "so_airmail", "so_express", "so_freight"];
  for (const options of [
    [freight, express, standard, airmail, pickup],
    [pickup, airmail, standard, express, freight],
  ]) {
    expect(sortByPrice(options).map(({ id }) => id)).toEqual(want);
  }
});
