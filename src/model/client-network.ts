/** Whom a limit counts an address as. */
import ipaddr from "ipaddr.js";

/** Of an IPv6 address's eight parts, those that a provider chooses: the other 64 bits are the customer's to take (RFC 4291, 2.5.4). */
const NETWORK_PARTS = 4;

/**
 * The network that an address belongs to, as the key of a limit: an IPv4 address itself, also one that is written as
 * IPv6, and the /64 of an IPv6 address. Without an address, or with a text that is none, everybody is one.
 */
export function networkOf(address: string | undefined): string {
  if (address === undefined || !ipaddr.isValid(address)) return "";
  const parsed = ipaddr.process(address);
  if (!(parsed instanceof ipaddr.IPv6)) return parsed.toString();
  const parts = parsed.parts.slice(0, NETWORK_PARTS).map((part) => part.toString(16));
  return `${parts.join(":")}::/64`;
}
