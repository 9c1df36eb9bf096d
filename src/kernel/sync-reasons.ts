/**
 * The reasons of a job of synchronization: codes with values, so that each reader gets the sentence in their language. The registry's
 * API and the console take the English sentences from here; the Chinese ones are in `console/i18n/zh/sync-reasons.ts`.
 */
export const SYNC_REASONS = {
  COPIED: "copied",
  THERE_ALREADY: "it was there already",
  COMPANIONS_KEPT: "left as they are there: {{tags}}",
  REFERRERS_LEFT_OUT: "not all that refers to it: there is too much",
  TAG_DIFFERS: "{{tag}} is there already, as {{digest}}",
  TAG_DIFFERS_SOMEHOW: "{{tag}} is there already, as another image",

  DELETED: "deleted",
  NOT_THERE: "it was not there",
  DELETION_DIFFERS: "{{tag}} is there as {{digest}}, and stays",
  DELETION_DIFFERS_SOMEHOW: "{{tag}} is there as another image, and stays",

  CANCELLED: "{{user}} cancelled it",
  SUPERSEDED: "a newer push of the tag took its place",
  RULE_DELETED: "its rule was deleted",
  REMOTE_GONE: "{{remote}} is gone",
  MANIFEST_GONE: "{{digest}} is no longer in the image",
  CONTENT_MISSING: "{{message}}",
  ADDRESS_REFUSED: "{{message}}",

  REFUSED: "{{host}} answered {{status}}: {{message}}",
  NO_ANSWER: "{{message}}",
  NOTHING_TAKEN: "the target took nothing in {{minutes}} minutes",
  UPLOAD_LOST: "{{message}}",
  CONTENT_DIFFERS: "{{message}}",
  PROTOCOL_VIOLATED: "{{message}}",
  OVERLOADED: "{{message}}",
  IMPOSSIBLE: "{{message}}",
  REGISTRY_FAILED: "the registry failed to do it",

  GIVEN_UP_AFTER_TRIES: "given up after {{tries}} tries",
  GIVEN_UP_AFTER_DAYS: "given up after {{days}} days",
} as const;

export type SyncReasonCode = keyof typeof SYNC_REASONS;

/** One reason of a job or of a try. */
export interface SyncReason {
  code: SyncReasonCode;
  values: Record<string, string | number>;
}

type ValuesIn<Text extends string> = Text extends `${string}{{${infer Name}}}${infer Rest}`
  ? Name | ValuesIn<Rest>
  : never;
type Values<Code extends SyncReasonCode> = Record<ValuesIn<(typeof SYNC_REASONS)[Code]>, string | number>;

/** A reason with the values that its sentence has. */
export function syncReason<Code extends SyncReasonCode>(
  code: Code,
  ...[values]: keyof Values<Code> extends never ? [] : [Values<Code>]
): SyncReason {
  return { code, values: { ...values } };
}

/** The English sentence of these reasons. */
export function describeReasons(reasons: readonly SyncReason[]): string {
  return reasons
    .map(({ code, values }) =>
      SYNC_REASONS[code].replaceAll(/\{\{(\w+)\}\}/g, (_, name: string) => String(values[name] ?? "")),
    )
    .join("; ");
}
