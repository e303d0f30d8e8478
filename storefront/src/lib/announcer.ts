/** Says things to screen readers through one polite live region that is always on the page. */
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
    // The same words twice would be no change, and no change is not read out.
    this.#message = message === this.#message ? `${message}\u00a0` : message;
    for (const listener of this.#listeners) listener();
  }

  /** Says the title of a page, except of the first: the browser does that by itself. */
  pageTitle(title: string): void {
    this.#titles += 1;
    if (this.#titles > 1) this.say(title);
  }
}
