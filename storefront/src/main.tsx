import { createRoot } from "react-dom/client";
import { App } from "./app";
import { Announcer } from "./lib/announcer";
import { createApi } from "./lib/api";
import { CartStore } from "./lib/cart-store";
import { parseConfig } from "./lib/config";
import { RegionStore } from "./lib/region-store";
import { Cache } from "./lib/resource";
import { Router, RouterContext } from "./lib/router";
import { type Shop, ShopContext } from "./lib/shop";
import { keepIn } from "./lib/storage";
import "./styles/index.css";

start();

function start(): void {
  const container = document.getElementById("root");
  if (!container) throw new Error("the page has no root element");
  const root = createRoot(container);
  const config = parseConfig(document.getElementById("store-config")?.textContent);
  if (config === null) {
    root.render(
      <main className="notice" role="alert">
        <h1>This shop is not set up yet</h1>
        <p>Its page came without the shop's settings. If it is yours, check that the store is ready.</p>
      </main>,
    );
    return;
  }
  document.title = config.storeName;
  const api = createApi(config.publishableKey);
  const local = keepIn(() => localStorage);
  const shop: Shop = {
    config,
    api,
    cache: new Cache(),
    cart: new CartStore(api, local),
    regions: new RegionStore(api, local, config.regionId),
    announcer: new Announcer(),
    session: keepIn(() => sessionStorage),
  };
  void shop.cart.load();
  root.render(
    <RouterContext value={new Router()}>
      <ShopContext value={shop}>
        <App />
      </ShopContext>
    </RouterContext>,
  );
}
