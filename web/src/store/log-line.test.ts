import { expect, test } from "vitest";
import { readLine } from "./log-line.ts";

const http =
  '{"level":"http","client_ip":"10.244.0.1","method":"GET","path":"/admin/orders?limit=20","status":200,"duration":96.362,"user_agent":"Mozilla/5.0","timestamp":"2026-11-23T04:09:17.672Z"}';

test.each([
  ["plain text", "Server is ready on port 9000", { text: "Server is ready on port 9000", tone: "plain" }],
  ["plain text of a part", "[web] NOTICE: ready", { part: "web", text: "NOTICE: ready" }],
  ["a request", http, { text: "GET /admin/orders?limit=20 200 in 96 ms", tone: "plain", probe: false }],
  [
    "a request of a part",
    `[server] ${http}`,
    { part: "server", text: "GET /admin/orders?limit=20 200 in 96 ms" },
  ],
  ["a message", '{"level":"info","message":"Migrations done"}', { text: "Migrations done", tone: "plain" }],
  ["an error", '{"level":"error","message":"no route"}', { text: "no route", tone: "bad" }],
  ["a warning", '{"level":"WARN","msg":"slow"}', { text: "slow", tone: "warn" }],
  ["a failed request", '{"method":"POST","path":"/x","status":"502"}', { text: "POST /x 502", tone: "bad" }],
  ["a probe", '{"method":"GET","path":"/health","user_agent":"kube-probe/1.37"}', { probe: true }],
  ["half of JSON", '{"level":"inf', { text: '{"level":"inf', tone: "plain" }],
  ["JSON that says nothing", '{"a":1}', { text: '{"a":1}' }],
  ["a list", "[1,2]", { text: "[1,2]", part: undefined }],
])("%s", (_, line, want) => {
  expect(readLine(line)).toMatchObject(want);
});

test("the time is the program's own", () => {
  expect(readLine(http).at?.toISOString()).toBe("2026-11-23T04:09:17.672Z");
  expect(readLine('{"message":"x","timestamp":"yesterday"}').at).toBeUndefined();
});
