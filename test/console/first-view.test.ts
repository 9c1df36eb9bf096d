/**
 * What a page costs somebody who comes with an empty cache, over a slow line and with a slow processor. Bytes and requests have
 * bounds; the seconds are only printed, because they depend on what else the machine does.
 */
import { expect, test } from "vitest";
import { pushImage } from "../support/server-images.ts";
import { useConsole } from "./browsed-registry.ts";
import { DESKTOP, type Visitor } from "./visitor.ts";

/** What Chromium calls "Fast 3G", with the round trips that Lighthouse takes for it. Bytes a second, milliseconds. */
const FAST_3G = { offline: false, downloadThroughput: 1_600_000 / 8, uploadThroughput: 750_000 / 8, latency: 150 };
/** Times by which the processor is slower. */
const CPU_RATE = 4;

const setting = useConsole({
  prepare: async () => {
    await setting.operator.ask("POST", "/v2/manage/namespaces", { namespace: "acme" });
    for (const tag of ["1.0", "1.1"]) await pushImage(setting.operator, "acme/web", tag);
  },
});

interface Load {
  /** On the wire, heads included. */
  bytes: number;
  /** The paths of all requests, in their order. */
  asked: string[];
  /** How many requests were made before the registry had said who is signed in. */
  askedAtOnce: number;
  /** Until the last answer was there. */
  seconds: number;
}

/** Opens a page over a slow line, with an empty cache. */
async function load(visitor: Visitor, path: string): Promise<Load> {
  const session = await visitor.context.newCDPSession(visitor.page);
  await session.send("Network.enable");
  await session.send("Network.emulateNetworkConditions", FAST_3G);
  await session.send("Emulation.setCPUThrottlingRate", { rate: CPU_RATE });
  const asked: string[] = [];
  let bytes = 0;
  let askedAtOnce = 0;
  let last = 0;
  session.on("Network.requestWillBeSent", ({ request }) => asked.push(new URL(request.url).pathname));
  session.on("Network.responseReceived", ({ response }) => {
    if (new URL(response.url).pathname === "/api/visitor") askedAtOnce = asked.length;
  });
  session.on("Network.loadingFinished", ({ encodedDataLength }) => {
    bytes += encodedDataLength;
    last = performance.now();
  });
  const start = performance.now();
  await visitor.open(path);
  await session.detach();
  return { bytes, asked, askedAtOnce, seconds: (last - start) / 1000 };
}

const OVERVIEW = { path: "/", page: "overview", isSignedIn: true, maxBytes: 215_000, maxRequests: 20 };
const SIGN_IN = { path: "/sign-in", page: "sign-in", isSignedIn: false, maxBytes: 230_000, maxRequests: 17 };
const TAGS = {
  path: "/images/acme/web/tags",
  page: "image-page",
  isSignedIn: true,
  maxBytes: 270_000,
  maxRequests: 22,
};

test.for([
  { ...OVERVIEW, language: "en-US" },
  { ...OVERVIEW, language: "zh-CN" },
  { ...SIGN_IN, language: "en-US" },
  { ...SIGN_IN, language: "zh-CN" },
  { ...TAGS, language: "en-US" },
  { ...TAGS, language: "zh-CN" },
] as const)("$path in $language comes in few bytes and requests", async (row) => {
  const { path, page, isSignedIn, language, maxBytes, maxRequests } = row;
  const appearance = { ...DESKTOP, language };
  const visitor = await (isSignedIn ? setting.visitAs(setting.operator, appearance) : setting.visit(appearance));
  const { bytes, asked, askedAtOnce, seconds } = await load(visitor, path);
  console.log(`${path} in ${language}: ${bytes} bytes in ${asked.length} requests, ${seconds.toFixed(1)} s`);
  expect(bytes).toBeLessThan(maxBytes);
  expect(asked.length).toBeLessThanOrEqual(maxRequests);
  // The page's code does not wait for the answer to who is there.
  const atOnce = asked.slice(0, askedAtOnce);
  expect(atOnce.filter((each) => each.startsWith(`/assets/${page}-`))).not.toEqual([]);
  // Texts in one language only.
  expect(asked.filter((each) => each.startsWith(language === "zh-CN" ? "/assets/en-" : "/assets/zh-"))).toEqual([]);
});
