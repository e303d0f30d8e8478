import { useState } from "react";
import type { Product, Variant } from "../lib/api";
import { describeFailure } from "../lib/failure";
import { Link } from "../lib/router";
import { useInRegion, useRegion, useShop, useTitle } from "../lib/shop";
import { BackIcon, CheckIcon } from "../ui/icons";
import { PriceTag } from "../ui/money";
import { LoadError, NotFound } from "../ui/notice";
import { Quantity } from "../ui/quantity";
import { Gallery } from "./gallery";
import { OptionPicker } from "./option-picker";
import { findVariant, firstVariant, priceOf, selectionOf, stockLimit, stockOf } from "./product";
import { ProductCard } from "./product-card";
import { batchKey, useBatch } from "./use-batch";

export function ProductPage({ handle }: { handle: string }) {
  const { api, cache } = useShop();
  const region = useRegion();
  const known = useInRegion(`product:${handle}`, async ({ id }) => {
    const listed = cache.get<{ products: Product[] }>(`${batchKey(0)}@${id}`);
    const product =
      listed?.status === "ready" ? listed.value.products.find((one) => one.handle === handle) : undefined;
    return product ?? api.product(id, handle);
  });
  useTitle(known.status === "ready" ? (known.value?.title ?? "Not found") : null);

  if (known.status === "error") return <LoadError error={known.error} retry={known.retry} />;
  if (known.status === "loading") return <ProductSkeleton />;
  if (known.value === null) return <NotFound what="product" />;
  return (
    <>
      <ProductView key={`${known.value.id}@${region?.id}`} product={known.value} />
      <Others than={known.value} />
    </>
  );
}

function ProductView({ product }: { product: Product }) {
  const [selection, setSelection] = useState(() => selectionOf(firstVariant(product)));
  const variant = findVariant(product, selection);
  return (
    <article className="product">
      <Gallery product={product} />
      <div className="product-text">
        <p className="crumb">
          <Link to="/">
            <BackIcon /> All products
          </Link>
        </p>
        <h1>{product.title}</h1>
        {product.subtitle && <p className="product-subtitle">{product.subtitle}</p>}
        <p className="product-price">
          <PriceTag price={priceOf(variant)} />
        </p>
        <OptionPicker product={product} selection={selection} onChange={setSelection} />
        <Buy key={variant?.id} product={product} variant={variant} />
        {product.description && <p className="product-description">{product.description}</p>}
        <Facts product={product} />
      </div>
    </article>
  );
}

function Buy({ product, variant }: { product: Product; variant: Variant | undefined }) {
  const { cart, announcer } = useShop();
  const region = useRegion();
  const [quantity, setQuantity] = useState(1);
  const [state, setState] = useState<"idle" | "adding" | "added">("idle");
  const [problem, setProblem] = useState<string | null>(null);
  const stock = variant ? stockOf(variant) : "none";
  const limit = variant ? stockLimit(variant) : 0;
  const sellable = variant !== undefined && stock !== "none" && priceOf(variant) !== null;

  const add = async () => {
    if (!sellable || !region || state === "adding") return;
    setState("adding");
    setProblem(null);
    try {
      await cart.add(region.id, variant.id, quantity);
      setState("added");
      announcer.say(`${quantity} × ${product.title} added to the cart`);
    } catch (error) {
      setState("idle");
      setProblem(describeFailure(error).message);
    }
  };

  return (
    <div className="buy">
      <p className={`stock stock-${stock}`}>{stockText(variant, stock, limit)}</p>
      <div className="buy-row">
        <Quantity label="Quantity" value={quantity} max={limit} onChange={setQuantity} />
        <button
          type="button"
          className="button button-wide"
          onClick={add}
          disabled={!sellable}
          aria-disabled={state === "adding"}
        >
          {sellable
            ? state === "adding"
              ? "Adding…"
              : "Add to cart"
            : stock === "none"
              ? "Sold out"
              : "Not available in your region"}
        </button>
      </div>
      {problem && (
        <p className="problem" role="alert">
          {problem}
        </p>
      )}
      {state === "added" && (
        <p className="added">
          <CheckIcon /> In your cart. <Link to="/cart">View cart</Link>
        </p>
      )}
    </div>
  );
}

function stockText(variant: Variant | undefined, stock: string, limit: number | null): string {
  if (!variant) return "This combination is not available";
  if (stock === "none") return "Sold out";
  return stock === "low" ? `Only ${limit} left` : "In stock";
}

/** A few other products; nothing when they cannot be loaded. */
function Others({ than }: { than: Product }) {
  const batch = useBatch(0);
  if (batch.status !== "ready") return null;
  const { products } = batch.value;
  const start = products.findIndex((product) => product.id === than.id) + 1;
  const others = [...products.slice(start), ...products.slice(0, start)].filter(
    (product) => product.id !== than.id,
  );
  if (others.length === 0) return null;
  return (
    <section className="collection others" aria-labelledby="others-title">
      <div className="collection-head">
        <h2 id="others-title">More to see</h2>
      </div>
      <ul className="grid">
        {others.slice(0, 4).map((product) => (
          <li key={product.id}>
            <ProductCard product={product} eager={false} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function Facts({ product }: { product: Product }) {
  const facts: [string, string][] = [["Payment", "On delivery: nothing is charged when you order"]];
  if (product.material) facts.unshift(["Material", product.material]);
  return (
    <dl className="facts">
      {facts.map(([term, fact]) => (
        <div key={term}>
          <dt>{term}</dt>
          <dd>{fact}</dd>
        </div>
      ))}
    </dl>
  );
}

function ProductSkeleton() {
  return (
    <div className="product" aria-busy="true">
      <p className="sr-only">Loading the product</p>
      <div className="gallery">
        <div className="gallery-main skeleton" />
      </div>
      <div className="product-text" aria-hidden="true">
        <span className="skeleton skeleton-word" />
        <span className="skeleton skeleton-title" />
        <span className="skeleton skeleton-word" />
        <span className="skeleton skeleton-line" />
        <span className="skeleton skeleton-line" />
      </div>
    </div>
  );
}
