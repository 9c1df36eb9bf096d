/** An archive of nearly the size that the page takes by default, in a browser that never has it whole in memory. */
import { rmSync, statSync } from "node:fs";
import { expect, test } from "vitest";
import { MIB } from "../support/image-layouts.ts";
import { describeUsage, watchMemory } from "../support/memory.ts";
import { choose, expectUploaded, made, start as begin, useUploading } from "./upload-page.ts";

const LAYERS = [1200 * MIB, 500 * MIB, 110 * MIB];
/** The whole browser's, which is the tab's, the network's and the rest's. */
const MAX_MIB = 300;
const TIMEOUT_MS = 400_000;
const isWanted = process.env.BERTH_CONSOLE_LARGE === "1";

const { setting, isWithoutDocker, newImage, pack, pulled, visitUpload } = useUploading();

// Nothing is started for it either.
if (!isWanted) console.warn("Skipping an archive of 1.9 GB: takes minutes; BERTH_CONSOLE_LARGE=1 runs it.");
test.skipIf(isWithoutDocker || !isWanted)(
  "an archive of 1.9 GB arrives in little memory",
  { timeout: 900_000 },
  async () => {
    const image = await newImage("large", LAYERS);
    const archive = await pack(image.layout, "large.tar");
    rmSync(image.layout, { recursive: true });
    expect(statSync(archive).size).toBeGreaterThan(1.89e9);

    const visitor = await visitUpload();
    const start = performance.now();
    const usage = await watchMemory(await setting.processes(), async () => {
      await choose(visitor, [archive], TIMEOUT_MS);
      await visitor.page.getByLabel("Image name").fill("large");
      await begin(visitor);
      await expectUploaded(visitor, 1, TIMEOUT_MS);
    });
    const seconds = (performance.now() - start) / 1000;
    console.log(`1.9 GB checked and uploaded in ${seconds.toFixed(0)} s: ${describeUsage(usage)}`);
    expect(usage.all.peak - usage.all.before).toBeLessThan(MAX_MIB);
    const tabs = Object.entries(usage.each).filter(([name]) => name.startsWith("renderer"));
    expect(tabs.length).toBeGreaterThan(0);
    for (const [, { peak }] of tabs) expect(peak).toBeLessThan(MAX_MIB);
    rmSync(archive);
    expect(await pulled("large:latest")).toEqual(made(image));
  },
);
