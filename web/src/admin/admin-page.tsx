import { Outlet } from "@tanstack/react-router";
import { useTitle } from "../lib/title.ts";
import { PageHead } from "../ui/panel.tsx";
import { Tabs } from "../ui/tabs.tsx";

/** What administrators see of the whole platform. */
export function AdminPage() {
  useTitle("Platform");
  return (
    <>
      <PageHead title="Platform" />
      <Tabs
        label="Platform"
        tabs={[
          { link: { to: "/admin" }, label: "Capacity", exact: true },
          { link: { to: "/admin/stores" }, label: "All stores" },
          { link: { to: "/admin/users" }, label: "Users" },
          { link: { to: "/admin/audit" }, label: "Audit" },
        ]}
      />
      <Outlet />
    </>
  );
}
