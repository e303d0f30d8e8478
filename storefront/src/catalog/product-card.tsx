import type { Product } from "../lib/api";
import { Link } from "../lib/router";
import { productPath } from "../lib/routes";
import { PriceTag } from "../ui/money";
import { Picture } from "../ui/picture";
import { fromPrice, isSoldOut, pictures } from "./product";

export function ProductCard({ product, eager }: { product: Product; eager: boolean }) {
  const lowest = fromPrice(product);
  const soldOut = isSoldOut(product);
  return (
    <Link to={productPath(product.handle)} className="card">
      <span className="card-frame">
        <Picture src={product.thumbnail ?? pictures(product)[0]} alt="" name={product.title} eager={eager} />
        {soldOut && <span className="card-flag">Sold out</span>}
      </span>
      <span className="card-text">
        <span className="card-title">{product.title}</span>
        <PriceTag price={lowest?.price ?? null} from={lowest?.more} />
      </span>
    </Link>
  );
}

/** Placeholders of the same size as the cards, so that nothing jumps. */
export function CardSkeletons({ count }: { count: number }) {
  return Array.from({ length: count }, (_, index) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: they are all alike and never move
    <li key={index} aria-hidden="true">
      <span className="card">
        <span className="card-frame skeleton" />
        <span className="card-text">
          <span className="skeleton skeleton-line" />
          <span className="skeleton skeleton-word" />
        </span>
      </span>
    </li>
  ));
}
