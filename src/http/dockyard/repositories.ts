import type { Context } from "hono";
import { RegistryError } from "../../kernel/errors.ts";
import { type ListPart, listImagesToCopy } from "../../registry/dockyard/dockyard.ts";
import { copierCall } from "../call.ts";
import type { AppEnv } from "../context.ts";
import { createRoute, createRouter, z } from "../openapi.ts";
import { queryParam, readQuery } from "../swr/params.ts";
import { RepositoryItem, writeItem } from "../swr/repository-items.ts";

/** A `string` for TypeScript: the types of @hono/zod-openapi let no text be sent as JSON. */
const JSON_TEXT: string = "application/json";
/** Sent at once, about: smaller pieces cost more than they spare. */
const PIECE_LENGTH = 64 * 1024;

const listCopiedRepositories = createRoute({
  method: "get",
  path: "/repositories",
  tags: ["Replication"],
  operationId: "listCopiedRepositories",
  summary: "List all images with all tags",
  description:
    "In one answer, however many there are, which is sent while it is read; one that could not be read to its end breaks off. " +
    "Also for a login command's credentials.",
  security: [{ basic: [] }],
  request: {
    query: z.object({
      center: queryParam("`self`. Required, here or in `filter`."),
      filter: queryParam("The same as `center::self`."),
    }),
  },
  responses: {
    200: {
      content: {
        [JSON_TEXT]: {
          schema: z.array(RepositoryItem.extend({ tags: z.array(z.string()) })).openapi("CopiedRepositories"),
        },
      },
      description: "The images, the ones made first before the others.",
    },
  },
});

/** Images, as Harbor's adapter lists them to copy from here. */
export const repositories = createRouter().openapi(listCopiedRepositories, async (c) => {
  const { center } = readQuery(c.req.valid("query"), ["center"]);
  if (!center) throw new RegistryError("PARAMETER_MISSING", "center is required: self");
  if (center !== "self") {
    throw new RegistryError("PARAMETER_INVALID", `center must be self, not "${center.slice(0, 50)}"`);
  }
  const { total, parts } = await listImagesToCopy(copierCall(c));
  // What fails at the beginning still gets a status of its own.
  const first = await parts.next();
  // It is in memory a piece at a time.
  c.set("isBounded", true);
  c.header("Content-Type", JSON_TEXT);
  return c.body(streamPieces(writePieces(c, total, startingWith(first, parts))), 200);
});

async function* startingWith<T>(
  first: IteratorResult<T, void>,
  rest: AsyncGenerator<T, void>,
): AsyncGenerator<T, void> {
  if (first.done === true) return;
  yield first.value;
  yield* rest;
}

/** Writes a JSON array of images, whose tags come one after the other. */
async function* writePieces(
  c: Context<AppEnv>,
  total: number,
  parts: AsyncGenerator<ListPart, void>,
): AsyncGenerator<string, void> {
  let piece = "[";
  let [hasImages, hasTags] = [false, false];
  for await (const part of parts) {
    if ("image" in part) {
      const { tags: _none, ...item } = writeItem(c, { ...part.image, tags: [] }, { status: false, total });
      piece += `${hasImages ? "]}," : ""}${JSON.stringify(item).slice(0, -1)},"tags":[`;
      [hasImages, hasTags] = [true, false];
    } else if (part.tags.length > 0) {
      piece += `${hasTags ? "," : ""}${JSON.stringify(part.tags).slice(1, -1)}`;
      hasTags = true;
    }
    if (piece.length < PIECE_LENGTH) continue;
    yield piece;
    piece = "";
  }
  yield `${piece}${hasImages ? "]}" : ""}]`;
}

/** One piece is in memory at a time: the next is read when the client has taken this one. */
function streamPieces(pieces: AsyncGenerator<string, void>): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { value: piece, done } = await pieces.next();
        if (done) controller.close();
        else controller.enqueue(encoder.encode(piece));
      },
      async cancel() {
        await pieces.return();
      },
    },
    { highWaterMark: 0 },
  );
}
