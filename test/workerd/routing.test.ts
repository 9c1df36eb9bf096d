import { it } from "vitest";

const SOURCES = import.meta.glob<string>("../../src/**/*.ts", { query: "?raw", import: "default", eager: true });

/** The binding of the database, however it is reached: `env.DB`, or taken out of an environment. */
const BINDING = /\.DB\b|\{[^{}]*\bDB\b[^{}]*\}: ?(Env|Databases)/;

it("only storage/routing.ts names the binding of a database (ADR 48)", ({ expect }) => {
  const naming = Object.entries(SOURCES).filter(([file, text]) => !file.endsWith(".test.ts") && BINDING.test(text));
  expect(naming.map(([file]) => file)).toEqual(["../../src/storage/routing.ts"]);
});
