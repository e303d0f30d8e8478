import transliterate from "@sindresorhus/transliterate";

const longest = 40;

/**
 * A name for a store made from its title: what is left of it in lowercase Latin letters, digits and hyphens. A long one ends with a
 * whole word.
 */
export function slug(title: string): string {
  const name = transliterate(title)
    .normalize("NFKD")
    .replace(/[\u0300-\u036f]/g, "")
    .replace(/['’]/g, "")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^[^a-z]+/, "")
    .replace(/-+$/, "");
  if (name.length <= longest) return name;
  const end = name.lastIndexOf("-", longest);
  return name.slice(0, end > 0 ? end : longest);
}
