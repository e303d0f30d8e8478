import { createHash, timingSafeEqual } from "node:crypto";
import { readFile } from "node:fs/promises";
import path from "node:path";

/** The header by which the platform makes itself known. */
export const machineHeader = "shopflow-machine";

/** The files with the tokens: while the platform replaces one, both are accepted. */
const files = ["token", "previous"];

/**
 * Reports whether a token is the platform's. The files are read each time, because a token is replaced while this process runs. A
 * missing or empty file matches nothing.
 */
export async function isMachineToken(folder: string, given: string | undefined): Promise<boolean> {
  if (!given) {
    return false;
  }
  const accepted = await Promise.all(files.map((file) => readFile(path.join(folder, file), "utf8").catch(() => "")));
  return accepted.map((token) => token.trim()).some((token) => token !== "" && equal(token, given));
}

/** Compares digests, so that the time taken says nothing about the token. */
function equal(a: string, b: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}
