import { vi } from "vitest";

/** Collects what the Worker logs meanwhile, a text for each call of the console. */
export async function logged(act: () => Promise<unknown>): Promise<string[]> {
  const lines: string[] = [];
  const methods = (["log", "info", "warn", "error", "debug"] as const).map((name) =>
    vi.spyOn(console, name).mockImplementation((...parts: unknown[]) => {
      lines.push(parts.map(String).join(" "));
    }),
  );
  try {
    await act();
  } finally {
    for (const method of methods) method.mockRestore();
  }
  return lines;
}

/** Those that are about requests, as JSON. */
export function requestsIn(lines: readonly string[]): Record<string, unknown>[] {
  return lines.filter((line) => line.startsWith("{")).map((line) => JSON.parse(line) as Record<string, unknown>);
}
