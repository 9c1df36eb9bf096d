import { createExecutionContext, env } from "cloudflare:test";
import { it, vi } from "vitest";
import type { Env } from "./env.ts";
import { type Answering, lazily } from "./lazily.ts";

const REQUEST = new Request("https://registry.test/api");

it("answers with what it has loaded", async ({ expect }) => {
  const answer = lazily(async () => ({ fetch: ({ url }) => new Response(url) }));
  const response = await answer(REQUEST, env, createExecutionContext());
  expect(await response.text()).toBe(REQUEST.url);
});

it("fails the request that could not load, in words and with a line in the log, and no later one", async ({
  expect,
}) => {
  const log = vi.spyOn(console, "error").mockReturnValue();
  const load = vi.fn<() => Promise<Answering<Env>>>(async () => ({ fetch: () => new Response("loaded") }));
  load.mockRejectedValueOnce(new Error("no memory for it"));
  const answer = lazily(load);
  const failed = await answer(REQUEST, env, createExecutionContext());
  expect(failed.status).toBe(500);
  expect(await failed.json()).toEqual({ errors: [{ code: "UNKNOWN", message: expect.stringContaining("repeated") }] });
  expect(log).toHaveBeenCalledWith(expect.stringContaining("could not be loaded"), new Error("no memory for it"));
  expect(await (await answer(REQUEST, env, createExecutionContext())).text()).toBe("loaded");
  log.mockRestore();
});
