import type { OriginView } from "@/api/schema.gen";

/** Where filters come from, in words. */
export const ORIGINS: Record<OriginView, string> = {
  builtIn: "built in",
  configured: "configured",
  custom: "custom",
};
