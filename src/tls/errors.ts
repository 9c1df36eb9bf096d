import { describeReason } from "../kernel/reason-sentences.ts";
import { type Reason, reason } from "../kernel/reasons.ts";

/** Why a TLS connection came to nothing, in words that follow "the server …". */
export class TlsError extends Error {
  override readonly name = "TlsError";
  readonly reason: Reason;

  /** @param why a text for what breaks the protocol, which only those who wrote the server can do something about. */
  constructor(why: string | Reason, options?: ErrorOptions) {
    const whole = typeof why === "string" ? reason("TLS_VIOLATED", { message: why }) : why;
    super(describeReason(whole), options);
    this.reason = whole;
  }
}
