import {
  createCollectionsWorkflow,
  createInventoryLevelsWorkflow,
  createProductCategoriesWorkflow,
  createProductsWorkflow,
  createRegionsWorkflow,
  createShippingOptionsWorkflow,
  createShippingProfilesWorkflow,
  createStockLocationsWorkflow,
  createTaxRegionsWorkflow,
  linkSalesChannelsToApiKeyWorkflow,
  linkSalesChannelsToStockLocationWorkflow,
  updateStoresWorkflow,
} from "@medusajs/medusa/core-flows";
import type { ExecArgs, MedusaContainer } from "@medusajs/framework/types";
import { ContainerRegistrationKeys, Modules, ProductStatus } from "@medusajs/framework/utils";
import { defaultRegion, sampleProducts, sampleRegions, sampleShipping, sampleStock } from "./catalog";

/**
 * Fills an empty, migrated database with the sample shop: regions, stock, shipping, taxes, manual payment and six products.
 * Medusa's first start has created the store, a sales channel and a publishable key; they are used, not created again.
 */
export default async function seed({ container }: ExecArgs) {
  const defaults = await findDefaults(container);
  await createRegions(container, defaults.storeId, defaults.salesChannelId);
  const stockLocationId = await createStockLocation(container, defaults);
  const shippingProfileId = await createShipping(container, stockLocationId);
  await createProducts(container, defaults.salesChannelId, shippingProfileId);
  await createStock(container, stockLocationId);
  container.resolve(ContainerRegistrationKeys.LOGGER).info("Sample shop seeded");
}

interface Defaults {
  storeId: string;
  salesChannelId: string;
  apiKeyId: string;
}

async function findDefaults(container: MedusaContainer): Promise<Defaults> {
  const [store] = await container.resolve(Modules.STORE).listStores();
  const [channel] = await container.resolve(Modules.SALES_CHANNEL).listSalesChannels();
  const [key] = await container.resolve(Modules.API_KEY).listApiKeys({ type: "publishable" });
  if (!store || !channel || !key) {
    throw new Error("Medusa has not created its default store, sales channel and publishable key");
  }
  return { storeId: store.id, salesChannelId: channel.id, apiKeyId: key.id };
}

async function createRegions(container: MedusaContainer, storeId: string, salesChannelId: string) {
  await updateStoresWorkflow(container).run({
    input: {
      selector: { id: storeId },
      update: {
        default_sales_channel_id: salesChannelId,
        supported_currencies: sampleRegions.map(({ name, currency }) => ({ currency_code: currency, is_default: name === defaultRegion })),
      },
    },
  });
  const { result: regions } = await createRegionsWorkflow(container).run({
    input: {
      regions: sampleRegions.map(({ name, currency, countries }) => ({
        name,
        currency_code: currency,
        countries: [...countries],
        payment_providers: ["pp_system_default"],
      })),
    },
  });
  const home = first(
    regions.filter(({ name }) => name === defaultRegion),
    `region ${defaultRegion}`,
  );
  await updateStoresWorkflow(container).run({
    input: { selector: { id: storeId }, update: { default_region_id: home.id } },
  });
  await createTaxRegionsWorkflow(container).run({
    input: sampleRegions.flatMap(({ countries }) =>
      countries.map((country_code) => ({ country_code, provider_id: "tp_system" })),
    ),
  });
}

async function createStockLocation(container: MedusaContainer, defaults: Defaults): Promise<string> {
  const { result: locations } = await createStockLocationsWorkflow(container).run({
    input: { locations: [{ name: "Workshop", address: { address_1: "1 Main Street", city: "Portland", country_code: "US" } }] },
  });
  const id = first(locations, "stock location").id;
  const link = container.resolve(ContainerRegistrationKeys.LINK);
  await link.create({
    [Modules.STOCK_LOCATION]: { stock_location_id: id },
    [Modules.FULFILLMENT]: { fulfillment_provider_id: "manual_manual" },
  });
  await linkSalesChannelsToStockLocationWorkflow(container).run({ input: { id, add: [defaults.salesChannelId] } });
  await linkSalesChannelsToApiKeyWorkflow(container).run({ input: { id: defaults.apiKeyId, add: [defaults.salesChannelId] } });
  await updateStoresWorkflow(container).run({
    input: { selector: { id: defaults.storeId }, update: { default_location_id: id } },
  });
  return id;
}

async function createShipping(container: MedusaContainer, stockLocationId: string): Promise<string> {
  const fulfillment = container.resolve(Modules.FULFILLMENT);
  const [existing] = await fulfillment.listShippingProfiles({ type: "default" });
  const profileId = existing?.id ?? (await createShippingProfile(container));
  const set = await fulfillment.createFulfillmentSets({
    name: "Delivery from the workshop",
    type: "shipping",
    service_zones: sampleRegions.map(({ name, countries }) => ({
      name,
      geo_zones: countries.map((country_code) => ({ country_code, type: "country" as const })),
    })),
  });
  await container.resolve(ContainerRegistrationKeys.LINK).create({
    [Modules.STOCK_LOCATION]: { stock_location_id: stockLocationId },
    [Modules.FULFILLMENT]: { fulfillment_set_id: set.id },
  });
  await createShippingOptionsWorkflow(container).run({
    input: set.service_zones.flatMap((zone) =>
      sampleShipping.map(({ name, description, code, usd, eur }) => ({
        name,
        price_type: "flat" as const,
        provider_id: "manual_manual",
        service_zone_id: zone.id,
        shipping_profile_id: profileId,
        type: { label: name, description, code },
        prices: [
          { currency_code: "usd", amount: usd },
          { currency_code: "eur", amount: eur },
        ],
        rules: [
          { attribute: "enabled_in_store", value: "true", operator: "eq" as const },
          { attribute: "is_return", value: "false", operator: "eq" as const },
        ],
      })),
    ),
  });
  return profileId;
}

async function createShippingProfile(container: MedusaContainer): Promise<string> {
  const { result } = await createShippingProfilesWorkflow(container).run({
    input: { data: [{ name: "Default Shipping Profile", type: "default" }] },
  });
  return first(result, "shipping profile").id;
}

async function createProducts(container: MedusaContainer, salesChannelId: string, shippingProfileId: string) {
  const names = [...new Set(sampleProducts.map(({ category }) => category))];
  const { result: categories } = await createProductCategoriesWorkflow(container).run({
    input: { product_categories: names.map((name) => ({ name, is_active: true })) },
  });
  const { result: collections } = await createCollectionsWorkflow(container).run({
    input: { collections: [{ title: "Everyday goods", handle: "everyday-goods" }] },
  });
  await createProductsWorkflow(container).run({
    input: {
      products: sampleProducts.map((product) => ({
        handle: product.handle,
        title: product.title,
        subtitle: product.subtitle,
        description: product.description,
        material: product.material,
        weight: product.weight,
        status: ProductStatus.PUBLISHED,
        thumbnail: `/media/${product.images[0]}.svg`,
        images: product.images.map((image) => ({ url: `/media/${image}.svg` })),
        category_ids: categories.filter(({ name }) => name === product.category).map(({ id }) => id),
        collection_id: collections[0]?.id,
        shipping_profile_id: shippingProfileId,
        sales_channels: [{ id: salesChannelId }],
        options: [{ title: product.option, values: product.variants.map(({ value }) => value) }],
        variants: product.variants.map(({ value, sku, usd, eur }) => ({
          title: value,
          sku,
          manage_inventory: true,
          options: { [product.option]: value },
          prices: [
            { currency_code: "usd", amount: usd },
            { currency_code: "eur", amount: eur },
          ],
        })),
      })),
    },
  });
}

async function createStock(container: MedusaContainer, stockLocationId: string) {
  const items = await container.resolve(Modules.INVENTORY).listInventoryItems({}, { select: ["id"], order: { sku: "ASC" }, take: 1000 });
  await createInventoryLevelsWorkflow(container).run({
    input: {
      inventory_levels: items.map(({ id }) => ({
        inventory_item_id: id,
        location_id: stockLocationId,
        stocked_quantity: sampleStock,
      })),
    },
  });
}

function first<T>(list: T[], what: string): T {
  const [item] = list;
  if (item === undefined) {
    throw new Error(`no ${what} was created`);
  }
  return item;
}
