/** Words for moments, spans and amounts. All of it is pure: `now` is always given. */

const units = [
  ["year", 31_536_000],
  ["month", 2_592_000],
  ["day", 86_400],
  ["hour", 3600],
  ["minute", 60],
] as const;

const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
const exact = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "medium" });

/** "3 minutes ago". Below a minute it says "just now", so that the page does not tick without need. */
export function formatAge(moment: string, now: number): string {
  const seconds = (Date.parse(moment) - now) / 1000;
  for (const [unit, length] of units)
    if (Math.abs(seconds) >= length) return relative.format(Math.trunc(seconds / length), unit);
  return seconds > 5 ? "in a moment" : "just now";
}

/** The moment in full, in the reader's own time zone. */
export function formatMoment(moment: string): string {
  return exact.format(new Date(moment));
}

/** How long something took: "0.4 s", "12 s", "3 min 5 s", "2 h 10 min". */
export function formatSeconds(seconds: number): string {
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600)
    return whole % 60 === 0 ? `${whole / 60} min` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
  const minutes = Math.floor((whole % 3600) / 60);
  return minutes === 0 ? `${Math.floor(whole / 3600)} h` : `${Math.floor(whole / 3600)} h ${minutes} min`;
}

/** "84 ms" or "1.2 s". */
export function formatMilliseconds(milliseconds: number): string {
  return milliseconds < 1000 ? `${Math.round(milliseconds)} ms` : formatSeconds(milliseconds / 1000);
}

/** "312 MiB", with as many digits as matter. */
export function formatBytes(bytes: number): string {
  const scale = ["B", "KiB", "MiB", "GiB", "TiB"];
  let amount = bytes;
  let step = 0;
  while (amount >= 1024 && step < scale.length - 1) {
    amount /= 1024;
    step += 1;
  }
  return `${amount >= 100 || step === 0 ? Math.round(amount) : Number(amount.toFixed(1))} ${scale[step]}`;
}

/** Milli-cores as people count processors: "40 m" is 0.04 of one. */
export function formatCpu(millicores: number): string {
  return millicores < 1000 ? `${Math.round(millicores)} m` : `${Number((millicores / 1000).toFixed(2))} CPU`;
}

/** "1 store", "2 stores". */
export function count(amount: number, one: string, many = `${one}s`): string {
  return `${amount.toLocaleString("en")} ${amount === 1 ? one : many}`;
}

/** "Small" for "small". */
export function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}
