import { describe, expect, it } from "vitest";
import { backoff, messageReader } from "./sse.ts";

describe("messageReader", () => {
  const stream =
    'retry: 1000\n\nid: 7\nevent: store.updated\ndata: {"a":1}\n\n: alive\n\nevent: synced\ndata: {}\n\n';
  const messages = [
    { id: "7", event: "store.updated", data: '{"a":1}' },
    { id: "7", event: "synced", data: "{}" },
  ];
  it("reads what comes in one piece", () => expect(messageReader()(stream)).toEqual(messages));
  it("reads what comes letter by letter", () => {
    const read = messageReader();
    expect([...stream].flatMap((letter) => read(letter))).toEqual(messages);
  });
  it("takes lines that end as on Windows, and joins lines of data", () => {
    expect(messageReader()("data: a\r\ndata:b\r\n\r\n")).toEqual([
      { id: undefined, event: "message", data: "a\nb" },
    ]);
  });
  it("keeps what is not whole yet", () => expect(messageReader()("data: half")).toEqual([]));
});

it("waits longer each time, up to five seconds, and never not at all", () => {
  expect([0, 1, 2, 10].map((attempt) => backoff(attempt, 1))).toEqual([500, 1000, 2000, 5000]);
  expect(backoff(0, 0)).toBe(250);
});
