import { useState } from "react";
import type { Product } from "../lib/api";
import { Link } from "../lib/router";
import { productPath } from "../lib/routes";
import { useTitle } from "../lib/shop";
import { ArrowIcon } from "../ui/icons";
import { LoadError } from "../ui/notice";
import { Picture } from "../ui/picture";
import { isSoldOut, pictures } from "./product";
import { CardSkeletons, ProductCard } from "./product-card";
import { batchSize, useBatch } from "./use-batch";

/** How many cards are visible at first, so that their pictures must not load lazily. */
const eagerCards = 4;

export function HomePage() {
  useTitle("");
  const [batches, setBatches] = useState(1);
  const first = useBatch(0);
  if (first.status === "error") return <LoadError error={first.error} retry={first.retry} />;

  const count = first.status === "ready" ? first.value.count : null;
  return (
    <>
      <Hero products={first.status === "ready" ? first.value.products : null} />
      <section className="collection" id="collection" aria-labelledby="collection-title" tabIndex={-1}>
        <div className="collection-head">
          <h2 id="collection-title">The collection</h2>
          {count !== null && count > 0 && (
            <p className="quiet">
              {count} {count === 1 ? "piece" : "pieces"}
            </p>
          )}
        </div>
        {count === 0 ? (
          <p className="quiet">There are no products yet. Please come back soon.</p>
        ) : (
          <ul className="grid">
            {Array.from({ length: batches }, (_, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: a batch is its position
              <Batch key={index} offset={index * batchSize} />
            ))}
          </ul>
        )}
        {count !== null && count > batches * batchSize && (
          <p className="collection-more">
            <button type="button" className="button button-quiet" onClick={() => setBatches(batches + 1)}>
              Show more
            </button>
          </p>
        )}
      </section>
    </>
  );
}

function Batch({ offset }: { offset: number }) {
  const batch = useBatch(offset);
  if (batch.status === "loading") return <CardSkeletons count={6} />;
  if (batch.status === "error") {
    return (
      <li>
        <button type="button" className="button button-quiet" onClick={batch.retry}>
          Could not be loaded. Try again
        </button>
      </li>
    );
  }
  return batch.value.products.map((product, index) => (
    <li key={product.id}>
      <ProductCard product={product} eager={offset + index < eagerCards} />
    </li>
  ));
}

function Hero({ products }: { products: Product[] | null }) {
  const [first, second] = heroProducts(products ?? []);
  return (
    <section className="hero">
      <div className="hero-text">
        <h1>
          Useful things, <em>beautifully made.</em>
        </h1>
        <p>A small, considered collection. Order today and pay when it arrives at your door.</p>
        <p>
          <a className="button" href="#collection">
            See the collection
          </a>
        </p>
      </div>
      {(products === null || first) && (
        <div className="hero-art">
          <HeroPicture product={first} className="hero-large" />
          {(products === null || second) && <HeroPicture product={second} className="hero-small" />}
        </div>
      )}
    </section>
  );
}

/** Two products that are not the first ones in the grid below. */
function heroProducts(products: Product[]): Product[] {
  const fit = products.filter((product) => pictures(product).length > 0 && !isSoldOut(product));
  return fit.length > 4 ? [fit[4], fit[2]].filter((product) => product !== undefined) : fit;
}

function HeroPicture({ product, className }: { product: Product | undefined; className: string }) {
  if (!product) return <span className={`${className} skeleton`} aria-hidden="true" />;
  return (
    <Link to={productPath(product.handle)} className={className}>
      <Picture src={pictures(product)[0]} alt="" name={product.title} eager />
      <span className="hero-caption">
        <span>{product.title}</span>
        <ArrowIcon />
      </span>
    </Link>
  );
}
