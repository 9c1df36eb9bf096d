// Runs the statements of scripts/local/storage.ts next to the database: each one that Miniflare's own bindings prepare is a trip of its own.
// Miniflare's port is open to every user of the machine, and a header of a request chooses the Worker: so this one wants a secret.
export default {
  async fetch(request, { DB, SECRET }) {
    if (request.headers.get("X-Berth-Storage") !== SECRET) return new Response(null, { status: 403 });
    const statements = await request.json();
    try {
      const results = await DB.batch(statements.map(({ sql, params = [] }) => DB.prepare(sql).bind(...params)));
      return Response.json(results.map(({ results: rows }) => rows));
    } catch (error) {
      return new Response(String(error), { status: 400 });
    }
  },
};
