import type { QueryClient } from "@tanstack/react-query";
import type { Store } from "../api/types.ts";
import { backoff, type Message, messageReader } from "../lib/sse.ts";
import { applyChanges, type Change, type Stores, storesKey } from "./cache.ts";

/** Whether the page shows the current state, and since when (milliseconds since the epoch). */
export type Connection = { state: "connecting" | "live" | "lost"; since: number };

/** The server sends something at least every 15 s; after three times that, the connection is dead, whatever the network says. */
const silence = 45_000;
/** A hidden page closes its connection: browsers allow few to one address. */
const hiddenFor = 20_000;

type Options = { client: QueryClient; signedOut: () => void };

/** Keeps the cache equal to the server by one stream for all stores, for as long as it runs. */
export class Live {
  readonly #options: Options;
  readonly #listeners = new Set<() => void>();
  #connection: Connection = { state: "connecting", since: Date.now() };
  #stop: AbortController | undefined;
  #wake: () => void = () => {};
  #heard = false;
  #lastId: string | undefined;
  #seen: Set<string> | undefined;
  #pending: Change[] = [];
  #flush: ReturnType<typeof setTimeout> | undefined;

  constructor(options: Options) {
    this.#options = options;
  }

  readonly connection = (): Connection => this.#connection;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Follows the stream until the returned function is called; pauses while the page is hidden. */
  start(): () => void {
    let hide: ReturnType<typeof setTimeout> | undefined;
    const look = () => {
      clearTimeout(hide);
      if (document.visibilityState === "hidden") hide = setTimeout(() => this.#pause(), hiddenFor);
      else this.#resume();
    };
    const online = () => this.#wake();
    document.addEventListener("visibilitychange", look);
    window.addEventListener("online", online);
    this.#resume();
    return () => {
      clearTimeout(hide);
      document.removeEventListener("visibilitychange", look);
      window.removeEventListener("online", online);
      this.#forget();
    };
  }

  /** Ends the connection and keeps what it brought, so that it can continue after the last event. */
  #pause(): void {
    this.#stop?.abort();
    this.#stop = undefined;
    this.#write();
  }

  /** Ends the connection and drops what it brought: the next person in this tab must not see it. */
  #forget(): void {
    this.#stop?.abort();
    this.#stop = undefined;
    clearTimeout(this.#flush);
    this.#flush = undefined;
    this.#pending = [];
    this.#lastId = undefined;
  }

  #resume(): void {
    this.#wake();
    if (this.#stop) return;
    this.#stop = new AbortController();
    void this.#follow(this.#stop.signal);
  }

  async #follow(stop: AbortSignal): Promise<void> {
    for (let attempt = 0; !stop.aborted; attempt += 1) {
      this.#heard = false;
      try {
        await this.#connect(stop);
      } catch {
        // Whatever broke the connection, the answer is to connect again.
      }
      if (stop.aborted) return;
      if (this.#heard) attempt = 0;
      this.#set("lost");
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, backoff(attempt));
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  /** Reads one connection to its end, and notes in `#heard` whether anything came. */
  async #connect(stop: AbortSignal): Promise<void> {
    const dead = new AbortController();
    const signal = AbortSignal.any([stop, dead.signal]);
    let watchdog = setTimeout(() => dead.abort(), silence);
    try {
      const headers = new Headers(this.#lastId === undefined ? {} : { "Last-Event-ID": this.#lastId });
      const answer = await fetch("/api/v1/events", { headers, signal });
      if (answer.status === 401) {
        this.#forget();
        this.#options.signedOut();
        return;
      }
      if (!answer.ok || answer.body === null) return;
      this.#seen = new Set();
      const read = messageReader();
      const text = answer.body.pipeThrough(new TextDecoderStream()).getReader();
      for (let piece = await text.read(); !piece.done; piece = await text.read()) {
        clearTimeout(watchdog);
        watchdog = setTimeout(() => dead.abort(), silence);
        if (stop.aborted) return; // What had been read before belongs to the last session.
        this.#heard = true;
        this.#set("live");
        for (const message of read(piece.value)) this.#take(message);
      }
    } finally {
      clearTimeout(watchdog);
      this.#seen = undefined;
    }
  }

  #take(message: Message): void {
    if (message.id !== undefined) this.#lastId = message.id;
    if (message.event === "synced") {
      // A server that resumed the stream sent only what is new; then nothing can be concluded from what it left out.
      const { full } = JSON.parse(message.data) as { full?: boolean };
      if (this.#seen && full !== false) this.#pending.push({ kind: "synced", seen: this.#seen });
      this.#seen = undefined;
    } else if (message.event === "store.updated" || message.event === "store.deleted") {
      const store = JSON.parse(message.data) as Store;
      this.#seen?.add(store.uid);
      this.#pending.push({ kind: message.event === "store.updated" ? "updated" : "deleted", store });
    }
    // Hundreds come at once in the beginning, and one render is enough for them.
    this.#flush ??= setTimeout(() => this.#write(), 40);
  }

  #write(): void {
    clearTimeout(this.#flush);
    this.#flush = undefined;
    const changes = this.#pending;
    this.#pending = [];
    // Without a list, the person has signed out, and nothing of theirs may come back.
    this.#options.client.setQueryData<Stores>(storesKey, (stores) => stores && applyChanges(stores, changes));
  }

  #set(state: Connection["state"]): void {
    if (this.#connection.state === state) return;
    this.#connection = { state, since: Date.now() };
    for (const listener of this.#listeners) listener();
  }
}
