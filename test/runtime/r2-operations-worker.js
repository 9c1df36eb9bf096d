/** A Worker that does something with R2 and answers what came of it, as JSON: everything but what is random or a time. */
const KIB = 1024;
const MIB = 1024 * KIB;
/** The sizes at which the simulator changes what it does, and some beside them. */
const SIZES = [0, 1, 1000, 64 * KIB, 64 * KIB + 1, 300 * KIB, MIB, 4 * MIB - 1, 4 * MIB, 5 * MIB, 21 * MIB + 7];
const ALGORITHMS = { md5: "MD5", sha1: "SHA-1", sha256: "SHA-256", sha384: "SHA-384", sha512: "SHA-512" };

function bytesOf(size, seed = 1) {
  const bytes = new Uint8Array(size);
  let state = seed;
  for (let at = 0; at < size; at += 1) {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    bytes[at] = state >>> 16;
  }
  return bytes;
}

function hexOf(buffer) {
  return [...new Uint8Array(buffer)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function digestOf(bytes, algorithm) {
  const stream = new crypto.DigestStream(algorithm);
  const writer = stream.getWriter();
  await writer.write(bytes);
  await writer.close();
  return hexOf(await stream.digest);
}

function seen(object) {
  if (object === null || object === undefined) return object;
  const { key, size, etag, httpEtag, httpMetadata, customMetadata, range, checksums, storageClass } = object;
  const isRecent = Math.abs(Date.now() - object.uploaded.getTime()) < 60_000;
  return {
    key,
    size,
    etag,
    httpEtag,
    httpMetadata,
    customMetadata,
    range,
    storageClass,
    isRecent,
    hasVersion: /^[0-9a-f]{32}$/.test(object.version),
    checksums: checksums.toJSON(),
  };
}

async function seenWithBody(object) {
  if (!object?.body) return { ...seen(object), body: null };
  const body = await object.arrayBuffer();
  return { ...seen(object), length: body.byteLength, body: await digestOf(body, "SHA-256") };
}

/** What came of something, an error included. */
async function outcome(work) {
  try {
    return (await work()) ?? "nothing";
  } catch (error) {
    return { name: error.name, message: error.message };
  }
}

async function upload(bucket, key, parts, options) {
  const multipart = await bucket.createMultipartUpload(key, options);
  const uploaded = [];
  for (const [index, part] of parts.entries()) uploaded.push(await multipart.uploadPart(index + 1, part));
  return { multipart, uploaded };
}

const operations = {
  async "puts of many sizes"(bucket) {
    const results = [];
    for (const size of SIZES) {
      const bytes = bytesOf(size);
      for (const value of [bytes, streamOf(bytes)]) {
        results.push(seen(await bucket.put("sized", value)), seen(await bucket.head("sized")));
        results.push(await seenWithBody(await bucket.get("sized")));
      }
    }
    return results;
  },
  async "checksums of every algorithm"(bucket) {
    const results = [];
    for (const size of [1000, 6 * MIB]) {
      const bytes = bytesOf(size);
      for (const [field, algorithm] of Object.entries(ALGORITHMS)) {
        const options = { [field]: await digestOf(bytes, algorithm) };
        results.push(seen(await bucket.put("checked", bytes, options)), seen(await bucket.head("checked")));
      }
    }
    return results;
  },
  async "checksums that do not match"(bucket) {
    const results = [];
    for (const size of [1000, 6 * MIB]) {
      for (const [field, algorithm] of Object.entries(ALGORITHMS)) {
        const options = { [field]: await digestOf(bytesOf(size, 2), algorithm) };
        results.push(await outcome(async () => seen(await bucket.put("mismatched", bytesOf(size), options))));
        results.push(await outcome(async () => seen(await bucket.put("mismatched", streamOf(bytesOf(size)), options))));
      }
    }
    return [...results, seen(await bucket.head("mismatched"))];
  },
  async ETags(bucket) {
    const results = [];
    for (const size of SIZES) {
      const bytes = bytesOf(size, 3);
      const { etag } = await bucket.put("tagged", bytes);
      results.push(etag, etag === (await digestOf(bytes, "MD5")));
    }
    return results;
  },
  async metadata(bucket) {
    const options = {
      httpMetadata: { contentType: "text/plain", cacheControl: "no-store", cacheExpiry: new Date(1_800_000_000_000) },
      customMetadata: { one: "1", two: "zwei – ü" },
    };
    const results = [seen(await bucket.put("described", "text", options)), seen(await bucket.head("described"))];
    const { multipart, uploaded } = await upload(bucket, "described in parts", [bytesOf(10)], options);
    results.push(seen(await multipart.complete(uploaded)), await seenWithBody(await bucket.get("described in parts")));
    const headers = new Headers({ "Content-Type": "application/json", "Content-Language": "de" });
    results.push(seen(await bucket.put("by headers", bytesOf(5 * MIB), { httpMetadata: headers })));
    return [...results, await seenWithBody(await bucket.get("by headers"))];
  },
  async "keys and metadata that are too long"(bucket) {
    const key = "k".repeat(1025);
    const customMetadata = { long: "m".repeat(8192) };
    return [
      await outcome(async () => seen(await bucket.put(key, "value"))),
      await outcome(async () => seen(await bucket.put(key, bytesOf(6 * MIB)))),
      await outcome(async () => seen(await bucket.put("named", "value", { customMetadata }))),
      await outcome(async () => seen(await bucket.head(key))),
      await outcome(async () => seen(await bucket.get(key))),
      await outcome(() => bucket.delete(key)),
      await outcome(async () => typeof (await bucket.createMultipartUpload(key)).uploadId),
    ];
  },
  async "conditional puts"(bucket) {
    const results = [];
    for (const size of [100, 6 * MIB]) {
      const key = `conditional ${size}`;
      const put = (seed, onlyIf) => outcome(async () => seen(await bucket.put(key, bytesOf(size, seed), { onlyIf })));
      results.push(await put(1, { etagDoesNotMatch: "*" }), await put(2, { etagDoesNotMatch: "*" }));
      const { etag } = await bucket.head(key);
      results.push(await put(3, { etagMatches: "other" }), await put(4, { etagMatches: etag }));
      results.push(await put(5, { uploadedBefore: new Date(0) }), await put(6, { uploadedAfter: new Date(0) }));
      results.push(await put(7, new Headers({ "If-None-Match": "*" })), await seenWithBody(await bucket.get(key)));
    }
    return results;
  },
  async "conditional gets"(bucket) {
    const results = [];
    for (const size of [100, 6 * MIB]) {
      const { etag } = await bucket.put("asked for", bytesOf(size));
      for (const onlyIf of [
        { etagMatches: etag },
        { etagMatches: "other" },
        { etagDoesNotMatch: etag },
        { etagDoesNotMatch: "other" },
        { uploadedBefore: new Date(0) },
        { uploadedAfter: new Date(0) },
      ]) {
        results.push(await outcome(async () => seenWithBody(await bucket.get("asked for", { onlyIf }))));
      }
    }
    return results;
  },
  async ranges(bucket) {
    const results = [];
    for (const size of [100, 9 * MIB + 3]) {
      await bucket.put("ranged", bytesOf(size));
      results.push(...(await rangesOf(bucket, "ranged", size)));
    }
    return results;
  },
  async "ranges of parts"(bucket) {
    const parts = [bytesOf(5 * MIB, 1), bytesOf(5 * MIB, 2), bytesOf(77, 3)];
    const { multipart, uploaded } = await upload(bucket, "parts", parts);
    await multipart.complete(uploaded);
    return rangesOf(bucket, "parts", 10 * MIB + 77);
  },
  async overwriting(bucket) {
    const results = [];
    const look = async () => results.push(await seenWithBody(await bucket.get("changing")));
    for (const size of [10, 6 * MIB, 7 * MIB, 20]) {
      await bucket.put("changing", bytesOf(size));
      await look();
      const { multipart, uploaded } = await upload(bucket, "changing", [bytesOf(size, 2)]);
      await multipart.complete(uploaded);
      await look();
    }
    // An answer that has begun is not changed by what comes after it.
    await bucket.put("changing", bytesOf(8 * MIB, 3));
    const begun = await bucket.get("changing");
    await bucket.put("changing", bytesOf(8 * MIB, 4));
    results.push(begun.size);
    await begun.body.cancel();
    await look();
    return results;
  },
  async lists(bucket) {
    for (const key of ["l/a", "l/b/1", "l/b/2", "l/c", "m"]) await bucket.put(key, key, { customMetadata: { key } });
    await bucket.put("l/large", bytesOf(6 * MIB));
    const results = [];
    for (const options of [
      { prefix: "l/" },
      { prefix: "l/", delimiter: "/" },
      { prefix: "l/", limit: 2 },
      { prefix: "none" },
      { prefix: "l/", startAfter: "l/b/1" },
      { prefix: "l/", include: ["customMetadata", "httpMetadata"] },
    ]) {
      const { objects, truncated, cursor, delimitedPrefixes } = await bucket.list(options);
      results.push({ objects: objects.map(seen), truncated, cursor, delimitedPrefixes });
      if (cursor) results.push((await bucket.list({ ...options, cursor })).objects.map(seen));
    }
    return [...results, await outcome(() => bucket.list({ limit: 2000 }).then(({ objects }) => objects.length))];
  },
  async deletions(bucket) {
    for (const [key, size] of [
      ["d1", 10],
      ["d2", 6 * MIB],
      ["d3", 10],
    ]) {
      await bucket.put(key, bytesOf(size));
    }
    const { multipart, uploaded } = await upload(bucket, "d4", [bytesOf(MIB)]);
    await multipart.complete(uploaded);
    await bucket.delete("d1");
    await bucket.delete(["d2", "d4", "absent"]);
    return [await bucket.list({ prefix: "d" }).then(({ objects }) => objects.map(seen)), seen(await bucket.get("d2"))];
  },
  async "multipart uploads"(bucket) {
    const results = [];
    for (const parts of [[bytesOf(0)], [bytesOf(3)], [bytesOf(5 * MIB), bytesOf(5 * MIB, 2), bytesOf(600 * KIB, 3)]]) {
      const { multipart, uploaded } = await upload(bucket, "assembled", parts);
      results.push(uploaded.map(({ partNumber, etag }) => [partNumber, typeof etag]));
      results.push(await outcome(async () => seen(await multipart.complete(uploaded))));
      results.push(await seenWithBody(await bucket.get("assembled")), seen(await bucket.head("assembled")));
    }
    const streamed = await upload(bucket, "streamed", [streamOf(bytesOf(5 * MIB)), streamOf(bytesOf(MIB, 2))]);
    results.push(seen(await streamed.multipart.complete(streamed.uploaded)));
    return [...results, await seenWithBody(await bucket.get("streamed"))];
  },
  async "parts that are refused"(bucket) {
    const results = [];
    const refused = async (parts, change = (uploaded) => uploaded) => {
      const { multipart, uploaded } = await upload(bucket, "refused", parts);
      results.push(await outcome(async () => seen(await multipart.complete(change(uploaded)))));
    };
    await refused([bytesOf(MIB), bytesOf(MIB)]);
    await refused([bytesOf(5 * MIB), bytesOf(6 * MIB)]);
    await refused([bytesOf(6 * MIB), bytesOf(5 * MIB), bytesOf(MIB)]);
    await refused([bytesOf(MIB)], ([part]) => [part, part]);
    await refused([bytesOf(MIB)], ([part]) => [{ ...part, etag: "other" }]);
    await refused([bytesOf(MIB)], ([part]) => [{ ...part, partNumber: 2 }]);
    await refused([bytesOf(MIB)], () => []);
    return [...results, seen(await bucket.head("refused"))];
  },
  async "parts that are replaced"(bucket) {
    const { multipart } = await upload(bucket, "replaced", [bytesOf(5 * MIB, 1), bytesOf(MIB, 2)]);
    const uploaded = [
      await multipart.uploadPart(1, bytesOf(5 * MIB, 3)),
      await multipart.uploadPart(2, bytesOf(MIB, 4)),
    ];
    await multipart.uploadPart(3, bytesOf(MIB, 5));
    return [seen(await multipart.complete(uploaded)), await seenWithBody(await bucket.get("replaced"))];
  },
  async "uploads that are over"(bucket) {
    const completed = await upload(bucket, "over", [bytesOf(MIB)]);
    await completed.multipart.complete(completed.uploaded);
    const aborted = await upload(bucket, "over", [bytesOf(MIB, 2)]);
    await aborted.multipart.abort();
    const results = [];
    for (const { multipart, uploaded } of [completed, aborted]) {
      results.push(await outcome(() => multipart.uploadPart(2, bytesOf(MIB)).then(() => "stored")));
      results.push(await outcome(async () => seen(await multipart.complete(uploaded))));
      results.push(await outcome(() => multipart.abort()));
    }
    const unknown = bucket.resumeMultipartUpload("over", "unknown");
    results.push(await outcome(() => unknown.uploadPart(1, bytesOf(MIB)).then(() => "stored")));
    results.push(await outcome(async () => seen(await unknown.complete([]))), await outcome(() => unknown.abort()));
    return [...results, await seenWithBody(await bucket.get("over"))];
  },
  async "values that break off"(bucket) {
    const results = [];
    for (const size of [1000, 6 * MIB]) {
      const { readable, writable } = new FixedLengthStream(size);
      const writer = writable.getWriter();
      const putting = outcome(async () => seen(await bucket.put("broken", readable)));
      await writer.write(bytesOf(size / 2));
      await writer.abort(new Error("broken off")).catch(() => undefined);
      results.push((await putting).name);
    }
    return [...results, seen(await bucket.head("broken")), seen(await bucket.put("broken", "after it"))];
  },
  async "many values at once"(bucket) {
    const keys = Array.from({ length: 12 }, (_, index) => `at once ${index}`);
    await Promise.all(keys.map((key, index) => bucket.put(key, bytesOf(index % 3 ? 5000 : 5 * MIB, index))));
    return Promise.all(keys.map(async (key) => seenWithBody(await bucket.get(key))));
  },
};

function streamOf(bytes) {
  const { readable, writable } = new FixedLengthStream(bytes.byteLength);
  const writer = writable.getWriter();
  void writer.write(bytes).then(() => writer.close());
  return readable;
}

async function rangesOf(bucket, key, size) {
  const results = [];
  for (const range of [
    { offset: 0, length: 10 },
    { offset: 7 },
    { length: 5 },
    { suffix: 9 },
    { suffix: size + 1 },
    { offset: size - 1 },
    { offset: size >> 1, length: size },
    { offset: 3, length: size - 5 },
    { offset: size + 1 },
    { offset: 0, length: 0 },
    { suffix: 0 },
    ...["bytes=0-3", "bytes=5-", "bytes=-4", "bytes=3-1", "bytes=0-1,4-5"].map((text) => new Headers({ Range: text })),
  ]) {
    results.push(await outcome(async () => seenWithBody(await bucket.get(key, { range }))));
  }
  return results;
}

export default {
  async fetch(request, { BUCKET }) {
    const name = decodeURIComponent(new URL(request.url).pathname.slice(1));
    try {
      return Response.json({ results: await operations[name](BUCKET) });
    } catch (error) {
      return Response.json({ crashed: String(error?.stack ?? error) });
    }
  },
};
