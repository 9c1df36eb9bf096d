// Runs statements of scripts/local/storage.ts next to the database: each statement that Miniflare's own bindings prepare is a trip to this process.
export default {
  async fetch(request, { DB }) {
    const statements = await request.json();
    try {
      const results = await DB.batch(statements.map(({ sql, params = [] }) => DB.prepare(sql).bind(...params)));
      return Response.json(results.map(({ results: rows }) => rows));
    } catch (error) {
      return new Response(String(error), { status: 400 });
    }
  },
};
