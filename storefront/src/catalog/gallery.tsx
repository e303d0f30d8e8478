import { useState } from "react";
import type { Product } from "../lib/api";
import { Picture } from "../ui/picture";
import { pictures } from "./product";

/** The product's pictures: one large, the others to choose from. */
export function Gallery({ product }: { product: Product }) {
  const [index, setIndex] = useState(0);
  const urls = pictures(product);
  const shown = Math.min(index, Math.max(0, urls.length - 1));
  return (
    <div className="gallery">
      <div className="gallery-main">
        <Picture
          src={urls[shown]}
          alt={`${product.title}, picture ${shown + 1}`}
          name={product.title}
          eager
        />
      </div>
      {urls.length > 1 && (
        <ul className="gallery-thumbs" aria-label="Pictures">
          {urls.map((url, position) => (
            <li key={url}>
              <button
                type="button"
                aria-label={`Show picture ${position + 1} of ${urls.length}`}
                aria-pressed={position === shown}
                onClick={() => setIndex(position)}
              >
                <Picture src={url} alt="" name={product.title} />
              </button>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
