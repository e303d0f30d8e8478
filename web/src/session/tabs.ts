/** Tabs of one browser share its session: when somebody else signs in, or out, in one of them, the others must not go on showing what
    was somebody's. */
const channel = "shopflow-session";

/** Tells the other tabs who is signed in here now: the id of the user, or nothing for nobody. */
export function tellTabs(user: string): void {
  const tabs = new BroadcastChannel(channel);
  tabs.postMessage(user);
  tabs.close();
}

/** Tells the other tabs who this one is of, and loads it anew when another one is of somebody else; until what it returns is called. */
export function followTabs(user: string, reload: () => void = () => location.reload()): () => void {
  const tabs = new BroadcastChannel(channel);
  tabs.onmessage = ({ data }) => {
    if (data !== user) reload();
  };
  tabs.postMessage(user);
  return () => tabs.close();
}
