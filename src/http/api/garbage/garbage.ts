/** Garbage collection as operators see it, and the one setting of it that each image has. */
import {
  changeKeepsUntagged,
  type Collected,
  type CollectionRecord,
  type Garbage,
  getKeepsUntagged,
  previewCollection,
  reportGarbage,
  startCollecting,
} from "../../../registry/garbage/garbage.ts";
import { managerCall } from "../../call.ts";
import {
  createRoute,
  createRouter,
  IfMatch,
  json,
  jsonBody,
  setVersion,
  versioned,
  versionsOf,
  z,
} from "../../openapi.ts";
import { formatTime, Time } from "../../swr/params.ts";
import { imageOf, ImageParams } from "../params.ts";

const TAGS = ["Garbage collection"];
const IMAGE_PATH = "/organizations/{organization}/images/{image}/garbage-collection";

const COUNTS = {
  manifests: z.int(),
  blobs: z.int(),
  objects: z.int().openapi({ description: "Objects in R2: those of the blobs, and those that no blob has." }),
  bytes: z.int().openapi({ description: "Bytes of the objects." }),
};

const GarbageCounts = z
  .object({
    ...COUNTS,
    exact: z.boolean().openapi({ description: "False when there is more than was counted: 50,000 of a kind." }),
  })
  .openapi("Garbage");

const Run = z
  .object({
    id: z.int(),
    started: Time,
    ended: Time.nullable().openapi({ description: "Null when it is still going, or died." }),
    milliseconds: z.int().nullable().openapi({ description: "How long it took." }),
    ...COUNTS,
    complete: z.boolean().openapi({ description: "Whether nothing was left that was due." }),
  })
  .openapi("GarbageCollectionRun");

const Report = z
  .object({
    graceDays: z.int().openapi({ description: "For how many days what nothing needs is kept." }),
    reclaimable: GarbageCounts.openapi({ description: "What nothing needs at present, also within its grace period." }),
    due: GarbageCounts.openapi({ description: "What a collection would take now." }),
    runs: z.array(Run).openapi({ description: "The last 20 runs, the newest first." }),
  })
  .openapi("GarbageReport");

const NewRun = z
  .strictObject({
    dryRun: z.boolean().default(false).openapi({ description: "Only tell what would go." }),
  })
  .openapi("NewGarbageCollection");

const Result = z
  .object({
    dryRun: z.boolean(),
    ...COUNTS,
    complete: z.boolean().openapi({
      description: "Whether nothing is left that is due, or, in a dry run, whether all of it was counted.",
    }),
    failed: z.boolean().openapi({
      description:
        "Whether a part of the run failed: the Worker's log says why, the rest was done, and the next run tries it again. " +
        "Repeating the request at once will hardly help.",
    }),
    bucketDone: z.boolean().openapi({
      description:
        "Whether the search for objects that no blob has, which goes on where the last run ended, came to the end.",
    }),
  })
  .openapi("GarbageCollectionResult");

const Setting = z
  .strictObject({
    keepsUntagged: z.boolean().openapi({
      description: "Whether manifests stay that no tag, index or subject needs.",
    }),
  })
  .openapi("ImageGarbageCollection");
const VERSION = ["`keepsUntagged`", "false"] as const;

/** Beyond SWR. */
export const garbage = createRouter();

garbage.openapi(
  createRoute({
    method: "get",
    path: "/garbage-collection",
    tags: TAGS,
    operationId: "showGarbage",
    summary: "Show garbage and past collections",
    description: "For operators.",
    responses: { 200: json(Report, "Counted now.") },
  }),
  async (c) => {
    const { graceDays, reclaimable, due, runs } = await reportGarbage(managerCall(c));
    return c.json(
      {
        graceDays,
        reclaimable: describeGarbage(reclaimable),
        due: describeGarbage(due),
        runs: runs.map(describeRun),
      },
      200,
    );
  },
);

garbage.openapi(
  createRoute({
    method: "post",
    path: "/garbage-collection",
    tags: TAGS,
    operationId: "collectGarbage",
    summary: "Run garbage collection, or preview it",
    description:
      "For operators. A run ends after at most about 20 seconds: repeat the request until `complete` or `failed`. " +
      "Without it, a run takes place every hour.",
    request: jsonBody(NewRun),
    responses: { 200: json(Result, "What went, or would go.") },
  }),
  async (c) => {
    const { dryRun } = c.req.valid("json");
    const act = dryRun ? previewCollection : startCollecting;
    return c.json({ dryRun, ...describeCollected(await act(managerCall(c))) }, 200);
  },
);

garbage.openapi(
  createRoute({
    method: "get",
    path: IMAGE_PATH,
    tags: TAGS,
    operationId: "showImageGarbageCollection",
    summary: "Show an image's garbage collection setting",
    description: "For everybody who has a right to the image in its own account.",
    request: { params: ImageParams },
    responses: { 200: versioned(Setting, "The setting; by default they are not kept.", VERSION) },
  }),
  async (c) => {
    const image = imageOf(c.req.valid("param"));
    const keepsUntagged = await getKeepsUntagged(managerCall(c), image);
    setVersion(c, String(keepsUntagged));
    return c.json({ keepsUntagged }, 200);
  },
);

garbage.openapi(
  createRoute({
    method: "put",
    path: IMAGE_PATH,
    tags: TAGS,
    operationId: "setImageGarbageCollection",
    summary: "Change an image's garbage collection setting",
    description:
      "Takes the right to manage the image. Those that are kept no longer have the whole grace period from then on.",
    request: { params: ImageParams, headers: IfMatch, ...jsonBody(Setting) },
    responses: { 200: versioned(Setting, "The setting holds.", VERSION) },
  }),
  async (c) => {
    const { keepsUntagged } = c.req.valid("json");
    const image = imageOf(c.req.valid("param"));
    await changeKeepsUntagged(managerCall(c), image, keepsUntagged, versionsOf(c));
    setVersion(c, String(keepsUntagged));
    return c.json({ keepsUntagged }, 200);
  },
);

function describeGarbage({ isExact, ...counts }: Garbage): z.infer<typeof GarbageCounts> {
  return { ...counts, exact: isExact };
}

function describeRun(run: CollectionRecord): z.infer<typeof Run> {
  const { id, startedAt, endedAt, manifests, blobs, objects, bytes, isComplete } = run;
  return {
    id,
    started: formatTime(startedAt),
    ended: endedAt && formatTime(endedAt),
    milliseconds: endedAt && endedAt.getTime() - startedAt.getTime(),
    manifests,
    blobs,
    objects,
    bytes,
    complete: isComplete,
  };
}

function describeCollected(collected: Collected): Omit<z.infer<typeof Result>, "dryRun"> {
  const { manifests, blobs, objects, bytes, isComplete, hasFailed, isBucketDone } = collected;
  return { manifests, blobs, objects, bytes, complete: isComplete, failed: hasFailed, bucketDone: isBucketDone };
}
