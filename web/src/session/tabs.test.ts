import { afterEach, expect, test, vi } from "vitest";
import { followTabs, tellTabs } from "./tabs.ts";

const stops: (() => void)[] = [];
afterEach(() => {
  for (const stop of stops.splice(0)) stop();
});

/** A tab of the user, and how often it was reloaded. */
function tab(user: string) {
  const reload = vi.fn();
  stops.push(followTabs(user, reload));
  return reload;
}

test("tabs of one person leave each other alone", async () => {
  const [first, second] = [tab("ann"), tab("ann")];
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(first).not.toHaveBeenCalled();
  expect(second).not.toHaveBeenCalled();
});

test("a tab is reloaded when another person signs in or signs out", async () => {
  const first = tab("ann");
  tab("bob");
  await vi.waitFor(() => expect(first).toHaveBeenCalledTimes(1));
  tellTabs("");
  await vi.waitFor(() => expect(first).toHaveBeenCalledTimes(2));
});
