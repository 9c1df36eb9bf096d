/** Reasons as the API has them: why something was refused, or what came of it, in codes. */
import { describeReason } from "../../kernel/reason-sentences.ts";
import type { Reason as Why } from "../../kernel/reasons.ts";
import { z } from "../openapi.ts";

/** A reason as it is sent. */
interface SentReason {
  code: string;
  values: Readonly<Record<string, string | number | SentReason>>;
}

const Value: z.ZodType<string | number | SentReason> = z
  .lazy(() => z.union([z.string(), z.number(), Reason]))
  .openapi("ReasonValue", {
    anyOf: [{ type: "string" }, { type: "number" }, { $ref: "#/components/schemas/Reason" }],
    description: "A text, a number, or another reason as a part of the sentence.",
  });

const Reason: z.ZodType<SentReason> = z
  .object({
    code: z.string().openapi({ description: "Later versions have more of them.", example: "REFUSED" }),
    values: z.record(z.string(), Value).openapi({
      description: "What fills in the code's sentence.",
      example: { host: "registry.example.com:443", status: 403, message: "denied" },
    }),
  })
  .openapi("Reason");

/** What a sentence beside it is made of. */
export const Reasons = z
  .array(Reason)
  .openapi({ description: "The sentence's parts, in codes. Empty where only the sentence is known." });

/** What keeps something from working, as a sentence and in codes; null and none when nothing does. */
export function describeWhy(why: Why | undefined): { detail: string | null; reasons: Why[] } {
  return why ? { detail: describeReason(why), reasons: [why] } : { detail: null, reasons: [] };
}
