import type { components } from "../../../src/api/schema.gen";

export type Schemas = components["schemas"];
export type NewEvent = Schemas["NewEvent"];
