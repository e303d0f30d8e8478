// The cluster below the platform, for tests that take a part of the platform away.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { request } from "node:https";
import { join } from "node:path";

/** How to reach the cluster, from the kubeconfig that `shopflow up` wrote. */
async function access() {
  const text = await readFile(join(process.env.SHOPFLOW_DIR, "kubeconfig"), "utf8");
  const value = (key) => text.match(new RegExp(`\\b${key}: *"?([^"\\s]+)"?`))?.[1] ?? "";
  const data = (key) => Buffer.from(value(`${key}-data`), "base64");
  return { server: value("server"), ca: data("certificate-authority"), cert: data("client-certificate"), key: data("client-key") };
}

/** Sends a merge patch to a Deployment of the platform, and returns what it then is. */
async function patch(deployment, change) {
  const { server, ...tls } = await access();
  const url = new URL(`/apis/apps/v1/namespaces/shopflow-system/deployments/${deployment}`, server);
  return new Promise((resolve, reject) => {
    const headers = { "Content-Type": "application/merge-patch+json" };
    const sent = request(url, { ...tls, method: "PATCH", headers, timeout: 10_000 }, async (answer) => {
      let text = "";
      for await (const piece of answer.setEncoding("utf8")) text += piece;
      if (answer.statusCode !== 200) reject(new Error(`the cluster answered ${answer.statusCode}: ${text}`));
      else resolve(JSON.parse(text));
    });
    sent.on("error", reject);
    sent.end(JSON.stringify(change));
  });
}

/** Has so many copies of a part of the platform run. */
export async function scale(deployment, replicas) {
  const after = await patch(deployment, { spec: { replicas } });
  assert.equal(after.spec.replicas, replicas);
}

/** Replaces every copy of a part of the platform. */
export const restart = (deployment) =>
  patch(deployment, {
    spec: { template: { metadata: { annotations: { "shopflow.dev/restarted-at": new Date().toISOString() } } } },
  });
