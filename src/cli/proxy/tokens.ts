/**
 * Tokens live for minutes, and a large layer takes longer: docker sends it with one token, which has ended when the last
 * chunk goes. So while the proxy runs it remembers, in memory, which request a token was the answer to, and repeats that
 * request when the registry refuses the token. Nothing of it is written anywhere.
 */

/** A request for a token, with the client's credentials in it. */
export interface TokenRequest {
  method: string;
  /** Path and query. */
  path: string;
  headers: Record<string, string>;
  body: Buffer | undefined;
}

/** Sends a token request; resolves to the token, or undefined when there is none for it. */
export type RequestToken = (request: TokenRequest) => Promise<string | undefined>;

/** More than any client has in use. The oldest are forgotten first. */
const MAX_REMEMBERED = 1000;

export class TokenMemory {
  readonly #request: RequestToken;
  readonly #origins = new Map<string, TokenRequest>();
  /** What took the place of a token that has ended. */
  readonly #successors = new Map<string, Promise<string | undefined>>();

  constructor(request: RequestToken) {
    this.#request = request;
  }

  /** Remembers which request a token was the answer to. */
  note(token: string, origin: TokenRequest): void {
    this.#origins.set(token, origin);
    for (const oldest of this.#origins.keys()) {
      if (this.#origins.size <= MAX_REMEMBERED) break;
      this.#origins.delete(oldest);
      this.#successors.delete(oldest);
    }
  }

  /**
   * Finds what to send in place of an Authorization header that was refused.
   *
   * @returns undefined when it is no token, or not one that was got through this proxy.
   */
  async renew(authorization: string | undefined): Promise<string | undefined> {
    const token = /^bearer\s+(\S+)\s*$/i.exec(authorization ?? "")?.[1];
    const origin = token === undefined ? undefined : this.#origins.get(token);
    if (token === undefined || origin === undefined) return undefined;
    // All chunks of a layer end at the same time; one new token is enough for them.
    let successor = this.#successors.get(token);
    if (!successor) {
      successor = this.#request(origin);
      this.#successors.set(token, successor);
      successor.catch(() => this.#successors.delete(token));
    }
    const next = await successor;
    if (next === undefined) return undefined;
    this.note(next, origin);
    return `Bearer ${next}`;
  }
}
