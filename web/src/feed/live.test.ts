import { QueryClient } from "@tanstack/react-query";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { aStore } from "../test/fixtures.ts";
import { type Stores, storesKey } from "./cache.ts";
import { Live } from "./live.ts";

/** A server whose streams the test writes and ends. */
function aServer() {
  const asked: Headers[] = [];
  const streams: ReadableStreamDefaultController<Uint8Array>[] = [];
  let status = 200;
  const answer = (_path: string, init: { headers: Headers; signal: AbortSignal }) => {
    asked.push(init.headers);
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        streams.push(controller);
        init.signal.addEventListener("abort", () =>
          controller.error(new DOMException("aborted", "AbortError")),
        );
      },
    });
    return Promise.resolve({ ok: status === 200, status, body });
  };
  vi.stubGlobal("fetch", vi.fn(answer));
  return {
    asked,
    refuse: (code: number) => {
      status = code;
    },
    say: (text: string) => streams.at(-1)?.enqueue(new TextEncoder().encode(text)),
    end: () => streams.at(-1)?.close(),
    break: () => streams.at(-1)?.error(new TypeError("network error")),
  };
}

const event = (id: number, type: string, store: object) =>
  `id: ${id}\nevent: ${type}\ndata: ${JSON.stringify(store)}\n\n`;
const synced = "event: synced\ndata: {}\n\n";

let client: QueryClient;
let stop: () => void = () => {};
const names = () => Object.keys(client.getQueryData<Stores>(storesKey)?.live ?? {}).sort();

beforeEach(() => {
  vi.useFakeTimers();
  client = new QueryClient();
  client.setQueryData<Stores>(storesKey, { live: {}, gone: {} });
});

afterEach(() => {
  stop();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

it("keeps the cache as the server is", async () => {
  const server = aServer();
  const live = new Live({ client, signedOut: () => {} });
  stop = live.start();
  await vi.advanceTimersByTimeAsync(1);
  server.say(event(4, "store.updated", aStore({ name: "a" })) + synced);
  await vi.advanceTimersByTimeAsync(100);
  expect(names()).toEqual(["a"]);
  expect(live.connection().state).toBe("live");
  server.say(event(5, "store.deleted", aStore({ name: "a" })));
  await vi.advanceTimersByTimeAsync(100);
  expect(names()).toEqual([]);
  expect(client.getQueryData<Stores>(storesKey)?.gone.a?.name).toBe("a");
});

it("comes back after a restart of the server, and asks for what it missed", async () => {
  const server = aServer();
  const live = new Live({ client, signedOut: () => {} });
  stop = live.start();
  await vi.advanceTimersByTimeAsync(1);
  server.say(
    event(7, "store.updated", aStore({ name: "a" })) +
      event(8, "store.updated", aStore({ name: "b" })) +
      synced,
  );
  await vi.advanceTimersByTimeAsync(100);
  server.end();
  await vi.advanceTimersByTimeAsync(10);
  expect(live.connection().state).toBe("lost");
  await vi.advanceTimersByTimeAsync(1000);
  expect(server.asked[1]?.get("Last-Event-ID")).toBe("8");
  // Store b was deleted while the stream was down.
  server.say(event(8, "store.updated", aStore({ name: "a" })) + synced);
  await vi.advanceTimersByTimeAsync(100);
  expect(names()).toEqual(["a"]);
  expect(live.connection().state).toBe("live");
});

it("keeps what the server did not send again because nothing about it is new", async () => {
  const server = aServer();
  stop = new Live({ client, signedOut: () => {} }).start();
  await vi.advanceTimersByTimeAsync(1);
  server.say(event(7, "store.updated", aStore({ name: "a" })) + synced);
  await vi.advanceTimersByTimeAsync(100);
  server.end();
  await vi.advanceTimersByTimeAsync(1000);
  server.say('event: synced\ndata: {"full":false}\n\n');
  await vi.advanceTimersByTimeAsync(100);
  expect(names()).toEqual(["a"]);
});

it("gives a silent connection up", async () => {
  const server = aServer();
  const live = new Live({ client, signedOut: () => {} });
  stop = live.start();
  await vi.advanceTimersByTimeAsync(1);
  server.say(synced);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(server.asked.length).toBeGreaterThan(1);
});

it("tries ever less often while the server is away", async () => {
  const server = aServer();
  server.refuse(503);
  stop = new Live({ client, signedOut: () => {} }).start();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(server.asked.length).toBeGreaterThan(5);
  expect(server.asked.length).toBeLessThan(35);
});

it("stops when the session is over", async () => {
  const server = aServer();
  server.refuse(401);
  const signedOut = vi.fn();
  stop = new Live({ client, signedOut }).start();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(signedOut).toHaveBeenCalledOnce();
  expect(server.asked).toHaveLength(1);
});

it("connects again soon after a stream that had worked breaks off", async () => {
  const server = aServer();
  server.refuse(503);
  stop = new Live({ client, signedOut: () => {} }).start();
  await vi.advanceTimersByTimeAsync(30_000);
  server.refuse(200);
  await vi.advanceTimersByTimeAsync(5_000);
  server.say(synced);
  await vi.advanceTimersByTimeAsync(10);
  const asked = server.asked.length;
  server.break();
  // The first pause is at most half a second; the pauses of the outage before were five.
  await vi.advanceTimersByTimeAsync(600);
  expect(server.asked).toHaveLength(asked + 1);
});

it("writes nothing after the person has signed out", async () => {
  const server = aServer();
  stop = new Live({ client, signedOut: () => {} }).start();
  await vi.advanceTimersByTimeAsync(1);
  server.say(event(4, "store.updated", aStore({ name: "a" })) + synced);
  await vi.advanceTimersByTimeAsync(10);
  client.removeQueries();
  await vi.advanceTimersByTimeAsync(100);
  expect(client.getQueryData(storesKey)).toBeUndefined();
});

it("shows the next person nothing that came for the last one", async () => {
  const server = aServer();
  const live = new Live({ client, signedOut: () => {} });
  stop = live.start();
  await vi.advanceTimersByTimeAsync(1);
  server.say(event(4, "store.updated", aStore({ name: "a" })) + synced);
  await vi.advanceTimersByTimeAsync(10);
  stop();
  client.setQueryData<Stores>(storesKey, { live: {}, gone: {} });
  stop = live.start();
  await vi.advanceTimersByTimeAsync(100);
  expect(names()).toEqual([]);
  expect(server.asked.at(-1)?.has("Last-Event-ID")).toBe(false);
});
