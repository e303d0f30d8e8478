// The cluster below the platform, for tests that take a part of the platform away.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { Agent, request } from "node:https";
import { join } from "node:path";

const agent = new Agent({ keepAlive: true, maxSockets: 8 });

/** How to reach the cluster, from the kubeconfig that `shopflow up` wrote. */
async function access() {
  const text = await readFile(join(process.env.SHOPFLOW_DIR, "kubeconfig"), "utf8");
  const value = (key) => text.match(new RegExp(`\\b${key}: *"?([^"\\s]+)"?`))?.[1] ?? "";
  const data = (key) => Buffer.from(value(`${key}-data`), "base64");
  return { server: value("server"), ca: data("certificate-authority"), cert: data("client-certificate"), key: data("client-key") };
}

/** Asks the cluster's API, and returns its answer. */
export async function kube(method, path, body, type = "application/json") {
  const { server, ...tls } = await access();
  return new Promise((resolve, reject) => {
    const options = { ...tls, agent, method, headers: { "Content-Type": type }, timeout: 20_000 };
    const sent = request(new URL(path, server), options, async (answer) => {
      let text = "";
      for await (const piece of answer.setEncoding("utf8")) text += piece;
      if (answer.statusCode >= 300) reject(new Error(`${method} ${path} was answered with ${answer.statusCode}: ${text}`));
      else resolve(JSON.parse(text));
    });
    sent.on("error", reject);
    sent.end(body && JSON.stringify(body));
  });
}

const merge = "application/merge-patch+json";
const deployment = (name) => `/apis/apps/v1/namespaces/shopflow-system/deployments/${name}`;

/** Has so many copies of a part of the platform run. */
export async function scale(name, replicas) {
  const after = await kube("PATCH", deployment(name), { spec: { replicas } }, merge);
  assert.equal(after.spec.replicas, replicas);
}

/** Replaces every copy of a part of the platform. */
export const restart = (name) =>
  kube(
    "PATCH",
    deployment(name),
    { spec: { template: { metadata: { annotations: { "shopflow.dev/restarted-at": new Date().toISOString() } } } } },
    merge,
  );

const millis = (quantity = "0") => (quantity.endsWith("m") ? Number.parseInt(quantity, 10) : Number(quantity) * 1000);
const greedy = "/api/v1/namespaces/default/pods/greedy";

/** Asks for all the CPU that the node still has to give, so that no store finds room. Returns a function that releases it. */
export async function takeRoom() {
  const [nodes, pods] = await Promise.all([kube("GET", "/api/v1/nodes"), kube("GET", "/api/v1/pods")]);
  const containers = pods.items.filter((pod) => !["Succeeded", "Failed"].includes(pod.status.phase)).flatMap((pod) => pod.spec.containers);
  const free = containers.reduce((left, one) => left - millis(one.resources?.requests?.cpu), millis(nodes.items[0].status.allocatable.cpu));
  // Less than any part of a store asks for is left. The image may be any that is there: the pod only takes room.
  const container = {
    name: "greedy",
    image: containers[0].image,
    imagePullPolicy: "Never",
    command: ["/nothing"],
    resources: { requests: { cpu: `${free - 10}m` } },
  };
  await kube("POST", "/api/v1/namespaces/default/pods", { metadata: { name: "greedy" }, spec: { containers: [container] } });
  return () => kube("DELETE", `${greedy}?gracePeriodSeconds=0`);
}
