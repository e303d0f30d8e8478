import { get } from "node:http";
import type { Plugin } from "vite";

const configScript = /(<script type="application\/json" id="store-config">)([^<]*)(<\/script>)/;

/**
 * Puts the development server in front of a running store: pages get the store's configuration, and API calls
 * go to the store. Names under .localhost resolve to this machine, as in browsers.
 */
export function devStore(storeUrl: string | undefined): Plugin | null {
  if (!storeUrl) return null;
  const url = new URL(storeUrl);
  const hostname = url.hostname.endsWith(".localhost") ? "127.0.0.1" : url.hostname;
  const target = `${url.protocol}//${hostname}:${url.port || 80}`;
  const proxy = { target, headers: { host: url.host } };
  return {
    name: "dev-store",
    apply: "serve",
    config: () => ({ server: { proxy: { "/store": proxy, "/static": proxy } } }),
    transformIndexHtml: async (html) => {
      const settings = configScript.exec(await read(target, url.host))?.[2];
      if (settings === undefined) throw new Error(`${storeUrl} answers without the settings of a storefront`);
      return html.replace(configScript, (_all, open, _old, close) => open + settings + close);
    },
  };
}

/** The store's front page. Its Host header must name the store, which fetch does not allow. */
function read(target: string, host: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = get(target, { headers: { host, accept: "text/html" }, timeout: 10_000 }, (response) => {
      response.setEncoding("utf8");
      let text = "";
      response.on("data", (part: string) => {
        text += part;
      });
      response.on("end", () => resolve(text));
    });
    request.on("timeout", () => request.destroy(new Error(`${host} did not answer in 10 s`)));
    request.on("error", reject);
  });
}
