const LOOPBACK = /^(?:localhost|.+\.localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

/** Whether an address is the client's own machine, where browsers ask for no TLS. */
export function isLoopback({ hostname }: URL): boolean {
  return LOOPBACK.test(hostname);
}
