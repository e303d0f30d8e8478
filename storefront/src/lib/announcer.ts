/** Announces messages to screen readers through one polite live region that is always on the page. */
export class Announcer {
  readonly #listeners = new Set<() => void>();
  #message = "";
  #titles = 0;

  message = (): string => this.#message;

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  say(message: string): void {
    // The same text twice is no change, and would not be read.
    this.#message = message === this.#message ? `${message}\u00a0` : message;
    for (const listener of this.#listeners) listener();
  }

  /** Announces the title of a page, except the first: the browser reads that one. */
  pageTitle(title: string): void {
    this.#titles += 1;
    if (this.#titles > 1) this.say(title);
  }
}
