/** A product of the sample shop. Prices are in whole currency units, keyed by currency. */
export interface SampleProduct {
  handle: string;
  title: string;
  subtitle: string;
  description: string;
  material: string;
  category: "Kitchen" | "Home" | "Carry";
  /** Grams, as packed. */
  weight: number;
  /** Pictures in /media; the first one is the thumbnail. */
  images: string[];
  /** The option's name and, by value, what each variant costs. Without a choice the value is "One size". */
  option: string;
  variants: { value: string; sku: string; usd: number; eur: number }[];
}

export const sampleProducts: SampleProduct[] = [
  {
    handle: "stoneware-mug",
    title: "Stoneware Mug",
    subtitle: "350 ml, speckled glaze",
    description:
      "Thrown by hand in small batches and fired twice, with a speckled glaze that is different on every piece. " +
      "The wide handle takes three fingers, the foot is left raw. Safe in the dishwasher and the microwave.",
    material: "Stoneware",
    category: "Kitchen",
    weight: 420,
    images: ["stoneware-mug"],
    option: "Size",
    variants: [{ value: "350 ml", sku: "MUG-350", usd: 24, eur: 22 }],
  },
  {
    handle: "linen-apron",
    title: "Linen Apron",
    subtitle: "Cross-back, two deep pockets",
    description:
      "Heavy washed linen that softens with every wash. The straps cross at the back, so nothing pulls on the neck, and the two " +
      "pockets are deep enough for a towel and a notebook.",
    material: "Linen",
    category: "Kitchen",
    weight: 380,
    images: ["linen-apron"],
    option: "Size",
    variants: [
      { value: "S/M", sku: "APRON-SM", usd: 58, eur: 54 },
      { value: "L/XL", sku: "APRON-LXL", usd: 62, eur: 58 },
    ],
  },
  {
    handle: "oak-serving-board",
    title: "Oak Serving Board",
    subtitle: "Solid oak, 42 by 22 cm",
    description:
      "Cut from one plank of oak, sanded fine and finished with linseed oil. A board for bread, cheese and the middle of the table. " +
      "Wipe it clean and oil it now and then; it will outlast the table.",
    material: "Oak",
    category: "Kitchen",
    weight: 1250,
    images: ["oak-serving-board"],
    option: "Size",
    variants: [{ value: "42 × 22 cm", sku: "BOARD-42", usd: 49, eur: 46 }],
  },
  {
    handle: "beeswax-candle",
    title: "Beeswax Candle",
    subtitle: "Pure beeswax, cotton wick",
    description:
      "Nothing but beeswax and a cotton wick. It burns slowly, without smoke, and smells faintly of honey. " +
      "About 20 hours for the small one, 45 for the large.",
    material: "Beeswax",
    category: "Home",
    weight: 260,
    images: ["beeswax-candle"],
    option: "Size",
    variants: [
      { value: "Small", sku: "CANDLE-S", usd: 16, eur: 15 },
      { value: "Large", sku: "CANDLE-L", usd: 28, eur: 26 },
    ],
  },
  {
    handle: "wool-throw",
    title: "Wool Throw",
    subtitle: "Lambswool, 130 by 180 cm",
    description:
      "Woven of lambswool in a mill that has done so for four generations. Light over the shoulders, warm over the knees, " +
      "with a short twisted fringe.",
    material: "Lambswool",
    category: "Home",
    weight: 900,
    images: ["wool-throw"],
    option: "Color",
    variants: [
      { value: "Moss", sku: "THROW-MOSS", usd: 129, eur: 119 },
      { value: "Oat", sku: "THROW-OAT", usd: 129, eur: 119 },
    ],
  },
  {
    handle: "market-tote",
    title: "Market Tote",
    subtitle: "Canvas with leather handles",
    description:
      "Thick cotton canvas, riveted leather handles long enough for the shoulder, and an inner pocket for keys and a phone. " +
      "It stands open on its own and carries a week of vegetables.",
    material: "Cotton canvas",
    category: "Carry",
    weight: 640,
    images: ["market-tote"],
    option: "Size",
    variants: [{ value: "One size", sku: "TOTE-1", usd: 72, eur: 68 }],
  },
];

/** How many of each variant are in stock. */
export const sampleStock = 100;

/** The region that the shop opens in, by its name. */
export const defaultRegion = "United States";

export const sampleRegions = [
  { name: "United States", currency: "usd", countries: ["us"] },
  { name: "Europe", currency: "eur", countries: ["at", "be", "de", "dk", "es", "fi", "fr", "gb", "ie", "it", "nl", "pt", "se"] },
] as const;

export const sampleShipping = [
  { name: "Standard", description: "3 to 5 working days", code: "standard", usd: 6, eur: 5 },
  { name: "Express", description: "The next working day", code: "express", usd: 18, eur: 16 },
] as const;
