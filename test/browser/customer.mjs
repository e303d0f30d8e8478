// What a customer does in a Medusa store.

/** Fills in the whole form; the shop computes shipping once the address is there. */
export async function fillCheckout(page) {
  await page.getByRole("heading", { level: 1, name: "Checkout" }).waitFor();
  await page.getByLabel("E-mail").fill("robin@example.com");
  await page.getByLabel("Country").selectOption({ label: "United States" });
  await page.getByLabel("First name").fill("Robin");
  await page.getByLabel("Last name").fill("Customer");
  await page.getByLabel("Address", { exact: true }).fill("1 Main Street");
  await page.getByLabel("City").fill("Springfield");
  await fillState(page);
  await page.getByLabel("ZIP code").fill("62701");
  await page.getByRole("radio", { name: /standard/i }).check({ force: true });
  // The shop asks again when the total changes under the customer's hand, so wait until it includes the delivery.
  await page.getByRole("region", { name: "Order summary" }).getByText("$6.00", { exact: true }).waitFor();
}

/** The state is a list for some countries and text for others. */
async function fillState(page) {
  const state = page.getByLabel("State");
  if ((await state.evaluate((element) => element.tagName)) === "SELECT") await state.selectOption("IL");
  else await state.fill("IL");
}
