import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { it } from "vitest";
import { EventLines } from "./event-lines.ts";

const EVENTS = '{"id":2,"user":"é🚢"}\n{"id":1}\n';

/** Passes an export on in pieces of so many bytes. */
async function pass(lines: string, pieceBytes: number) {
  const bytes = Buffer.from(lines);
  const pieces = Array.from({ length: Math.ceil(bytes.length / pieceBytes) }, (_, at) =>
    bytes.subarray(at * pieceBytes, (at + 1) * pieceBytes),
  );
  const events = new EventLines();
  return { written: await text(Readable.from(pieces).pipe(events)), next: events.next };
}

for (const pieceBytes of [1, 3, 7, 1000]) {
  it(`passes a whole export on, in pieces of ${pieceBytes} bytes`, async ({ expect }) => {
    expect(await pass(EVENTS, pieceBytes)).toEqual({ written: EVENTS, next: undefined });
    expect(await pass("", pieceBytes)).toEqual({ written: "", next: undefined });
  });

  it(`keeps where another export goes on for itself, in pieces of ${pieceBytes} bytes`, async ({ expect }) => {
    expect(await pass(`${EVENTS}{"next":"abc"}\n`, pieceBytes)).toEqual({ written: EVENTS, next: "abc" });
  });
}
