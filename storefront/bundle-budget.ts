import { gzipSync } from "node:zlib";
import type { Plugin } from "vite";

/** Fails the build when the gzipped script of the first page is larger than the given kilobytes. */
export function bundleBudget(kilobytes: number): Plugin {
  return {
    name: "bundle-budget",
    generateBundle(_options, bundle) {
      const counted = new Set<string>();
      const weigh = (name: string): number => {
        const chunk = bundle[name];
        if (chunk?.type !== "chunk" || counted.has(name)) return 0;
        counted.add(name);
        return chunk.imports.reduce((sum, next) => sum + weigh(next), gzipSync(chunk.code).length);
      };
      const entries = Object.values(bundle).filter((chunk) => chunk.type === "chunk" && chunk.isEntry);
      const size = entries.reduce((sum, entry) => sum + weigh(entry.fileName), 0) / 1000;
      if (size > kilobytes)
        this.error(`first load is ${size.toFixed(1)} kB of script, more than ${kilobytes} kB`);
    },
  };
}
