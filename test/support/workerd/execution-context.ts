/** The same context of an invocation, but with other entrypoints of the Worker to call. */
export function withExports(context: ExecutionContext, exports: Readonly<Record<string, unknown>>): ExecutionContext {
  return new Proxy(context, {
    get(target, key) {
      if (key === "exports") return exports;
      const value: unknown = Reflect.get(target, key);
      // What the runtime implements insists on being called on itself.
      return typeof value === "function" ? (value.bind(target) as unknown) : value;
    },
  });
}
