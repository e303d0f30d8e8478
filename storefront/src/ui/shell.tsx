import { type ReactNode, useEffect, useId, useRef, useSyncExternalStore } from "react";
import { countItems } from "../lib/cart-store";
import { Link, usePath, useRouter } from "../lib/router";
import { useCart, useRegion, useShop } from "../lib/shop";
import { BagIcon } from "./icons";

/** What surrounds every page: skip link, header, footer and the live region for screen readers. */
export function Shell({ children }: { children: ReactNode }) {
  const { announcer } = useShop();
  const router = useRouter();
  const path = usePath();
  const main = useRef<HTMLElement>(null);
  const said = useSyncExternalStore(announcer.subscribe, announcer.message);

  // After navigation within the shop the keyboard starts at the top of the new page.
  // biome-ignore lint/correctness/useExhaustiveDependencies: the path is what the effect waits for
  useEffect(() => {
    if (router.moved) main.current?.focus({ preventScroll: true });
  }, [path, router]);

  return (
    <>
      <a className="skip-link" href="#main">
        Skip to content
      </a>
      <Header />
      <main id="main" ref={main} tabIndex={-1}>
        {children}
      </main>
      <Footer />
      <div className="sr-only" role="status" aria-live="polite">
        {said}
      </div>
    </>
  );
}

function Header() {
  const { config } = useShop();
  const count = countItems(useCart().cart);
  return (
    <header className="header">
      <div className="header-in">
        <Link to="/" className="brand" title={config.storeName}>
          <bdi>{config.storeName}</bdi>
        </Link>
        <nav className="nav" aria-label="Main">
          <Link to="/lookup" className="nav-link nav-wide">
            Find an order
          </Link>
          <Link to="/cart" className="nav-link nav-cart">
            <BagIcon />
            <span className="nav-wide" aria-hidden="true">
              Cart
            </span>
            {count > 0 && (
              <span className="badge" aria-hidden="true">
                {count}
              </span>
            )}
            <span className="sr-only">{`Cart, ${count} ${count === 1 ? "item" : "items"}`}</span>
          </Link>
        </nav>
      </div>
    </header>
  );
}

function Footer() {
  const { config } = useShop();
  return (
    <footer className="footer">
      <div className="footer-in">
        <p className="footer-name">
          <bdi>{config.storeName}</bdi>
        </p>
        <p className="footer-note">Pay when your order is delivered. No card, no account.</p>
        <nav className="footer-nav" aria-label="Footer">
          <Link to="/">Shop</Link>
          <Link to="/cart">Cart</Link>
          <Link to="/lookup">Find an order</Link>
        </nav>
        <RegionChoice />
      </div>
    </footer>
  );
}

function RegionChoice() {
  const { regions, cart, announcer } = useShop();
  const all = useSyncExternalStore(regions.subscribe, regions.regions);
  const current = useRegion();
  const id = useId();
  if (current === null || all.length < 2) return null;

  const choose = (regionId: string) => {
    regions.choose(regionId);
    const region = regions.current();
    announcer.say(`Prices are now for ${region?.name ?? ""}`);
    // The cart follows, or the region changes back: a product may have no price there.
    if (cart.state().cart) {
      cart.update({ region_id: regionId }).catch(() => {
        regions.choose(current.id);
        announcer.say(`The cart could not be updated, so prices stay for ${current.name}`);
      });
    }
  };
  return (
    <p className="footer-region">
      <label htmlFor={id}>Deliver to</label>
      <select id={id} value={current.id} onChange={(event) => choose(event.target.value)}>
        {all.map((region) => (
          <option key={region.id} value={region.id}>
            {region.name} ({region.currency_code.toUpperCase()})
          </option>
        ))}
      </select>
    </p>
  );
}
