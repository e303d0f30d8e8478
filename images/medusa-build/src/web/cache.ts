import Redis from "ioredis";
import { settings } from "../settings";

// Without a queue for commands while there is no connection: they fail at once then.
const cache = new Redis(settings(process.env).cacheUrl, {
  lazyConnect: true,
  enableOfflineQueue: false,
  maxRetriesPerRequest: 0,
  retryStrategy: (attempts) => Math.min(attempts * 50, 500),
});
cache.on("error", () => undefined);

/** The cache, after it has been connected to once. */
export async function connectedCache(): Promise<Redis> {
  if (cache.status === "wait") {
    await cache.connect();
  }
  return cache;
}
