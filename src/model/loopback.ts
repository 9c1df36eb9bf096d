const LOOPBACK = /^(?:localhost|.+\.localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

/** Whether a host, as `URL` writes it, is the machine itself. */
export function isLoopback(hostname: string): boolean {
  return LOOPBACK.test(hostname);
}

/** Whether a name is the machine itself or one that no network has (RFC 6761), for which there are no certificates. */
export function isLocalName(hostname: string): boolean {
  return isLoopback(hostname) || /(?:^|\.)test$/.test(hostname);
}
