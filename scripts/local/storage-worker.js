// What scripts/local/storage.ts asks of the database and the bucket, next to them: each statement that Miniflare's own bindings prepare
// is a trip of its own, and what is put through them stays in memory.
// Miniflare's port is open to every user of the machine, and a header of a request chooses the Worker: so this one wants a secret.
export default {
  async fetch(request, { DB, BUCKET, SECRET }) {
    if (request.headers.get("X-Berth-Storage") !== SECRET) return new Response(null, { status: 403 });
    const { pathname, searchParams } = new URL(request.url);
    const work = pathname === "/" ? runStatements(request, DB) : writeObject(request, BUCKET, pathname, searchParams);
    return work.catch((error) => new Response(String(error), { status: 400 }));
  },
};

async function runStatements(request, database) {
  const statements = await request.json();
  const prepared = statements.map(({ sql, params = [] }) => database.prepare(sql).bind(...params));
  return Response.json((await database.batch(prepared)).map(({ results }) => results));
}

/** A value, or what happens to it in parts: `?parts`, `?upload=&part=`, `?upload=&done`, `?upload=&abort`. */
async function writeObject(request, bucket, pathname, asked) {
  const key = decodeURIComponent(pathname.slice(1));
  if (asked.has("parts")) return Response.json((await bucket.createMultipartUpload(key)).uploadId);
  if (!asked.has("upload")) {
    await bucket.put(key, await request.arrayBuffer(), { [asked.get("algorithm")]: asked.get("hash") });
    return Response.json(null);
  }
  const upload = bucket.resumeMultipartUpload(key, asked.get("upload"));
  if (asked.has("done")) await upload.complete(await request.json());
  else if (asked.has("abort")) await upload.abort();
  else return Response.json(await upload.uploadPart(Number(asked.get("part")), await request.arrayBuffer()));
  return Response.json(null);
}
