import path from "node:path";

/** The settings of the store that this process serves, from its environment. */
export interface Settings {
  storeUrl: URL;
  /** What the shop is called when its database does not say. */
  storeName: string;
  publishableKey: string;
  databaseUrl: string;
  cacheUrl: string;
  jwtSecret?: string;
  cookieSecret?: string;
  uploads: { publicFolder: string; privateFolder: string };
  /** The folder of the tokens by which the platform makes itself known. */
  machine: string;
  /** The built storefront: index.html, assets and media. */
  storefront: string;
}

/**
 * Reads the settings. Everything has a default that suffices to build the admin and to inspect the image; Medusa itself
 * refuses to start in production without its two secrets, and the database and the cache refuse a wrong password.
 */
export function settings(env: NodeJS.ProcessEnv): Settings {
  const text = (name: string, fallback: string) => env[name] || fallback;
  const secret = (name: string) => encodeURIComponent(env[name] ?? "");
  const folder = text("UPLOADS_FOLDER", "/data/uploads");
  return {
    storeUrl: new URL(text("STORE_URL", "http://localhost:9000")),
    storeName: text("STORE_NAME", "Store"),
    publishableKey: text("PUBLISHABLE_KEY", ""),
    databaseUrl:
      `postgres://${encodeURIComponent(text("DATABASE_USER", "medusa"))}:${secret("DATABASE_PASSWORD")}` +
      `@${text("DATABASE_HOST", "database")}:${text("DATABASE_PORT", "5432")}/${text("DATABASE_NAME", "medusa")}`,
    cacheUrl: `redis://:${secret("CACHE_PASSWORD")}@${text("CACHE_HOST", "cache")}:${text("CACHE_PORT", "6379")}`,
    jwtSecret: env.JWT_SECRET,
    cookieSecret: env.COOKIE_SECRET,
    machine: text("MACHINE_FOLDER", "/etc/shopflow/machine"),
    uploads: { publicFolder: path.join(folder, "public"), privateFolder: path.join(folder, "private") },
    storefront: text("STOREFRONT_FOLDER", path.join(process.cwd(), "storefront")),
  };
}
