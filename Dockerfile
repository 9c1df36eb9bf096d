# The local registry in a container, for those who try it beside their containers: `docker compose up` (docs/local.md).
# Debian's libc is new enough for workerd; Alpine has another one, for which there is no workerd.
FROM node:22-bookworm-slim

WORKDIR /berth
RUN mkdir /data && chown node:node /berth /data
USER node

# The packages are a layer of their own, which a change of the sources leaves as it is.
COPY --chown=node:node package.json package-lock.json ./
COPY --chown=node:node patches patches
RUN npm ci --no-audit --no-fund && npm cache clean --force

COPY --chown=node:node wrangler.toml tsconfig.json vite.console.config.ts ./
COPY --chown=node:node migrations migrations
COPY --chown=node:node docs docs
COPY --chown=node:node src src
COPY --chown=node:node scripts scripts
RUN node scripts/bootstrap.mjs scripts/build-console.ts

ENV LISTEN=0.0.0.0 PORT=8787 STATE_DIR=/data
VOLUME /data
EXPOSE 8787
HEALTHCHECK --interval=30s --timeout=5s --start-period=90s CMD ["node", "scripts/health.mjs"]
# It takes SIGTERM, ends requests in flight, and stops within the ten seconds that docker gives it.
CMD ["node", "scripts/bootstrap.mjs", "scripts/start.ts"]
