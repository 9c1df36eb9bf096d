import type { ReasonCode } from "../../../kernel/reasons.ts";
import { REASONS } from "../../../kernel/reason-sentences.ts";

/** Why something is as it is, or was refused, by the registry's codes. The registry has the same sentences. */
const reasons: Record<ReasonCode, string> = REASONS;

export default reasons;
