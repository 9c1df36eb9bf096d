/**
 * Whether a host name, as URLs have it and without a port, can only mean this machine: `localhost` and names below it
 * (RFC 6761, 6.3), 127.0.0.0/8, `[::1]`.
 */
export function isLoopbackName(hostname: string): boolean {
  const name = hostname.toLowerCase().replace(/\.$/, "");
  return name === "localhost" || name.endsWith(".localhost") || name === "[::1]" || /^127(?:\.\d{1,3}){3}$/.test(name);
}

/** Whether a name is the machine itself or one that no network has (RFC 6761), for which there are no certificates. */
export function isLocalName(hostname: string): boolean {
  return isLoopbackName(hostname) || /(?:^|\.)test$/.test(hostname);
}
