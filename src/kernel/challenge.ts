/** One way to authenticate that a 401 offers (RFC 9110, 11.6.1). */
export interface Challenge {
  /** In lower case: `bearer`, `basic`. */
  scheme: string;
  parameters: Record<string, string>;
}

const TOKEN = String.raw`[!#$%&'*+.^_\`|~0-9A-Za-z-]+`;
const PARAMETER = new RegExp(String.raw`^(${TOKEN})\s*=\s*(?:"((?:[^"\\]|\\.)*)"|(${TOKEN}))\s*,?\s*`);
const SCHEME = new RegExp(String.raw`^(${TOKEN})(?:\s+|\s*$|\s*,\s*)`);
const TOKEN68 = /^[A-Za-z0-9._~+/-]+=*\s*(?:,\s*|$)/;

/** Reads a `WWW-Authenticate` header, which may hold several challenges; what it makes no sense of it leaves out. */
export function parseChallenges(header: string | null): Challenge[] {
  const challenges: Challenge[] = [];
  let rest = (header ?? "").trim();
  while (rest !== "") {
    const parameter = PARAMETER.exec(rest);
    const current = challenges.at(-1);
    if (parameter && current) {
      const [whole, name = "", quoted, plain] = parameter;
      current.parameters[name.toLowerCase()] = quoted?.replace(/\\(.)/g, "$1") ?? plain ?? "";
      rest = rest.slice(whole.length);
      continue;
    }
    const scheme = SCHEME.exec(rest);
    if (scheme) {
      challenges.push({ scheme: (scheme[1] ?? "").toLowerCase(), parameters: {} });
      rest = rest.slice(scheme[0].length);
      continue;
    }
    const skipped = TOKEN68.exec(rest) ?? /^[^,]*,?\s*/.exec(rest);
    rest = rest.slice(Math.max(1, skipped?.[0].length ?? 1));
  }
  return challenges;
}

/** Writes a challenge, with each value in quotes. */
export function formatChallenge(scheme: string, parameters: Readonly<Record<string, string>>): string {
  const written = Object.entries(parameters).map(([name, value]) => `${name}="${value.replace(/["\\]/g, "\\$&")}"`);
  return `${scheme} ${written.join(",")}`;
}
