/**
 * Reasons: why something is as it is, or was refused, as a code with values. The registry stores them and sends them over its API;
 * the part that knows the reader's language makes the sentence. `reason-sentences.ts` has all codes with their English sentences, and
 * `console/i18n/zh/reasons.ts` the Chinese ones. What pushes and pulls load needs no sentences: so they are not imported here.
 */
import type { REASONS } from "./reason-sentences.ts";
import { type ErrorCode, type ErrorDetails, RegistryError } from "./errors.ts";

export type ReasonCode = keyof typeof REASONS;

/** What fills in a sentence: a text, a number, or another reason as a part of the sentence. */
export type ReasonValue = string | number | Reason;

export interface Reason<Code extends ReasonCode = ReasonCode> {
  code: Code;
  values: Readonly<Record<string, ReasonValue>>;
}

type ValuesIn<Text extends string> = Text extends `${string}{{${infer Name}}}${infer Rest}`
  ? Name | ValuesIn<Rest>
  : never;
type Values<Code extends ReasonCode> = Record<ValuesIn<(typeof REASONS)[Code]>, ReasonValue>;

/** A reason with the values that its sentence has. */
export function reason<Code extends ReasonCode>(
  code: Code,
  ...[values]: keyof Values<Code> extends never ? [] : [Values<Code>]
): Reason<Code> {
  return { code, values: { ...values } };
}

/**
 * The English sentence of a reason.
 *
 * @param sentences by code: of this one and of those that are its parts.
 */
export function fillIn(sentences: Readonly<Record<string, string>>, { code, values }: Reason): string {
  return (sentences[code] ?? "").replaceAll(/\{\{(\w+)\}\}/g, (_, name: string) => {
    const value = values[name] ?? "";
    return typeof value === "object" ? fillIn(sentences, value) : String(value);
  });
}

/** What a refusal says besides its reason. */
export interface RefusalParts<C extends ErrorCode> extends ErrorOptions {
  /** What of the request is wrong, by its name in the API. */
  field?: string | undefined;
  detail?: ErrorDetails[C];
}

/**
 * Makes a function that makes refusals with reasons.
 *
 * @param sentences by code: those of the reasons that the function takes.
 */
export function refuseBy<Code extends ReasonCode>(sentences: Readonly<Record<Code, string>>) {
  return function refusal<C extends ErrorCode>(
    code: C,
    why: Reason<NoInfer<Code>>,
    { field, detail, ...options }: RefusalParts<NoInfer<C>> = {},
  ): RegistryError<C> {
    const problem = {
      message: fillIn(sentences, why),
      reason: why,
      ...(field !== undefined && { field }),
      ...(detail !== undefined && { detail }),
    };
    return new RegistryError<C>(code, problem, options);
  };
}
