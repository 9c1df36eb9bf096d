import { describe, it } from "vitest";
import { makePublic } from "../support/workerd/stored-rights.ts";
import { newAccount } from "../support/workerd/managing-clients.ts";
import {
  digestOf,
  errorsOf,
  fetchAnonymously,
  newRepository,
  pushBlob,
  send,
} from "../support/workerd/registry-requests.ts";
import { makeImage } from "../support/workerd/repositories.ts";

function pathOf(repository: string, digest: string): string {
  const [organization, image] = repository.split("/");
  return `/api/organizations/${organization}/images/${image}/blobs/${digest}`;
}

const bytesOf = (text: string) => Uint8Array.from(Buffer.from(text));

/** An image with a file, which is all that it has. @returns the file's digest. */
async function imageWith(repository: string, text: string): Promise<string> {
  const { digest } = await pushBlob(repository, bytesOf(text));
  await makeImage(repository);
  return digest;
}

const PAGE = "<html><script>alert(1)</script></html>";
const ABSENT = digestOf("nothing");

describe("a file of an image", () => {
  it("is sent byte for byte, and never as a page", async ({ expect }) => {
    const repository = newRepository();
    const digest = await imageWith(repository, PAGE);
    const response = await send("GET", pathOf(repository, digest));
    expect(response.status).toBe(200);
    expect(await response.text()).toBe(PAGE);
    expect(response.headers.get("Content-Length")).toBe(String(PAGE.length));
    expect(response.headers.get("Content-Type")).toBe("application/octet-stream");
    expect(response.headers.get("Content-Disposition")).toBe("attachment");
    expect(response.headers.get("X-Content-Type-Options")).toBe("nosniff");
    const head = await send("HEAD", pathOf(repository, digest));
    expect(head.headers.get("Content-Length")).toBe(String(PAGE.length));
    expect(await head.text()).toBe("");
  });

  it("is for everybody who may pull the image, and of no other image", async ({ expect }) => {
    const repository = newRepository();
    const digest = await imageWith(repository, PAGE);
    const other = newRepository();
    await imageWith(other, "something else");
    const { administrator } = await newAccount();
    expect((await administrator.get(pathOf(repository, digest))).status).toBe(404);
    await makePublic(repository);
    expect((await fetchAnonymously(pathOf(repository, digest))).status).toBe(200);
    const elsewhere = await send("GET", pathOf(other, digest));
    expect(elsewhere.status).toBe(404);
    expect((await errorsOf(elsewhere))[0]?.code).toBe("BLOB_UNKNOWN");
    expect((await errorsOf(await send("GET", pathOf(repository, ABSENT))))[0]?.code).toBe("BLOB_UNKNOWN");
    expect((await send("GET", pathOf(repository, "sha256:short"))).status).toBe(400);
  });
});
