import { useState } from "react";

/** A product picture in the shop's 4:5 frame, or a plain tile with an initial. */
export function Picture({
  src,
  alt,
  name,
  eager = false,
}: {
  src: string | null | undefined;
  alt: string;
  name: string;
  eager?: boolean;
}) {
  const [broken, setBroken] = useState<string | null>(null);
  if (!src || broken === src) {
    const initial = Array.from(name.trim())[0] ?? "";
    const role = alt === "" ? { "aria-hidden": true } : { role: "img", "aria-label": alt };
    return (
      <span className="picture picture-none" {...role}>
        {initial}
      </span>
    );
  }
  return (
    <img
      className="picture"
      src={src}
      alt={alt}
      width={800}
      height={1000}
      loading={eager ? "eager" : "lazy"}
      fetchPriority={eager ? "high" : "auto"}
      decoding="async"
      onError={() => setBroken(src)}
    />
  );
}
