/**
 * A stand-in for an object, such as a binding of the platform, that has some of its methods replaced.
 *
 * @throws Error when another one is used.
 */
export function replacing<T extends object>(original: T, methods: Readonly<Record<string, unknown>>): T {
  return new Proxy(original, {
    get: (_, name) => {
      // Also asked of whatever is awaited.
      if (typeof name === "symbol" || name === "then") return undefined;
      if (name in methods) return methods[name];
      throw new Error(`${name} is not replaced`);
    },
  });
}
