import type { components } from "./schema.gen.ts";

type Schemas = components["schemas"];

export type Store = Schemas["Store"];
export type StoreState = Schemas["StoreState"];
export type Phase = Schemas["Phase"];
export type Receipt = Schemas["Receipt"];
export type Deletion = Schemas["Deletion"];
export type Credentials = Schemas["Credentials"];
export type Session = Schemas["Session"];
export type User = Schemas["User"];
export type Role = Schemas["Role"];
export type Token = Schemas["Token"];
export type Scope = Schemas["Scope"];
export type AuditEntry = Schemas["AuditEntry"];
export type Platform = Schemas["PlatformHealth"];
export type Engine = Schemas["Engine"];
export type Plan = Schemas["Plan"];
export type NameCheck = Schemas["NameCheck"];
export type StoreEvent = Schemas["StoreEvent"];
export type StoreMetrics = Schemas["StoreMetrics"];
export type Capacity = Schemas["Capacity"];
