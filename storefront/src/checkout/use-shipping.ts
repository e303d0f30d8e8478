import { useEffect, useState } from "react";
import type { Cart, ShippingOption } from "../lib/api";
import { describeFailure } from "../lib/failure";
import { type Loaded, useResource } from "../lib/resource";
import { useShop } from "../lib/shop";
import { type Delivery, deliveryOf, hasMethod, sortByPrice } from "./delivery";
import { type Details, type Field, toAddress } from "./details";

/** The fields that decide where a parcel goes, and so what its delivery costs. */
const placeFields: readonly Field[] = ["countryCode", "province", "city", "postalCode"];

const placeOf = (details: Details) => placeFields.map((field) => details[field].trim()).join("|");

export interface Shipping {
  options: Loaded<ShippingOption[]>;
  retry: () => void;
  chosen: string | null;
  problem: string | undefined;
  delivery: Delivery;
  choose: (optionId: string) => void;
  /** To be called when a field loses focus or is chosen: the place may have changed. */
  moved: (details: Details) => void;
}

/**
 * Keeps the cart's delivery method in step with the address, and chooses the cheapest where there is none. It
 * chooses nothing while an order is being placed: the cart must stay what the shopper has agreed to.
 */
export function useShipping(cart: Cart, details: Details, placing: boolean): Shipping {
  const { api, cache, cart: store } = useShop();
  const [place, setPlace] = useState(() => placeOf(details));
  const [picked, setPicked] = useState<string | null>(null);
  const [problem, setProblem] = useState<string>();
  const [last, setLast] = useState<ShippingOption[] | null>(null);

  const key = `shipping:${cart.id}:${cart.item_subtotal}:${place}`;
  const loaded = useResource(cache, key, async () => {
    await store.update({ shipping_address: toAddress(details) });
    return sortByPrice(await api.shippingOptions(cart.id));
  });
  if (loaded.status === "ready" && loaded.value !== last) setLast(loaded.value);

  // While options for a new place load, the old ones stay, so that nothing moves under the pointer.
  const options: Loaded<ShippingOption[]> =
    loaded.status === "loading" && last ? { status: "ready", value: last } : loaded;
  const onCart = cart.shipping_methods?.[0]?.shipping_option_id ?? null;
  const delivery = deliveryOf({ options: loaded, optionId: onCart, choosing: picked !== null, problem });

  const choose = (optionId: string) => {
    setPicked(optionId);
    setProblem(undefined);
    store
      .chooseShipping(optionId)
      .then((after) => {
        if (!hasMethod(after, optionId))
          setProblem("That delivery method is not available. Please choose another.");
      })
      .catch((error: unknown) => setProblem(describeFailure(error).message))
      .finally(() => setPicked((current) => (current === optionId ? null : current)));
  };

  const offered = loaded.status === "ready" && loaded.value.some((option) => option.id === onCart);
  const cheapest = loaded.status === "ready" && !offered ? loaded.value[0]?.id : undefined;
  // biome-ignore lint/correctness/useExhaustiveDependencies: one choice for each set of options, not for each render
  useEffect(() => {
    if (cheapest !== undefined && picked === null && !placing) choose(cheapest);
  }, [cheapest, key, placing]);

  const moved = (now: Details) => {
    const next = placeOf(now);
    if (next === place) return;
    setProblem(undefined);
    cache.drop("shipping:");
    setPlace(next);
  };
  return { options, retry: loaded.retry, chosen: picked ?? onCart, problem, delivery, choose, moved };
}
