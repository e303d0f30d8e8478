/** Tabs of one browser share its session: when another person signs in, or out, in one of them, the others must stop showing the
    last person's data. */
const channel = "shopflow-session";

/** Tells the other tabs who is signed in here: the user's id, or an empty string for no one. */
export function tellTabs(user: string): void {
  const tabs = new BroadcastChannel(channel);
  tabs.postMessage(user);
  tabs.close();
}

/** Tells the other tabs who is signed in here, and reloads this one when another tab has another user. Returns a function that stops. */
export function followTabs(user: string, reload: () => void = () => location.reload()): () => void {
  const tabs = new BroadcastChannel(channel);
  tabs.onmessage = ({ data }) => {
    if (data !== user) reload();
  };
  tabs.postMessage(user);
  return () => tabs.close();
}
