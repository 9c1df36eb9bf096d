import type { Argv } from "yargs";
import type { components } from "../../client/api/schema.d.ts";
import { unwrap } from "../../client/api/client.ts";
import { counted } from "../../kernel/counted.ts";
import { DEFAULT_TAG_LIFETIME_S } from "../../kernel/upstream-limits.ts";
import { group, operation, withYes } from "../manage.ts";
import { formatTime, printFields, printLine } from "../output.ts";
import { confirm } from "../prompt.ts";

type Upstream = components["schemas"]["Upstream"];

const UPSTREAM = "/api/organizations/{organization}/upstream";

function withOrganization<T>(yargs: Argv<T>): Argv<T & { organization: string }> {
  return yargs.positional("organization", { type: "string", demandOption: true, describe: "Its name" });
}

function printUpstream(upstream: Upstream): void {
  const { remote, url, path, tagLifetime, retentionDays, answered, rateLimit, failure } = upstream;
  printFields({
    Registry: `${remote} (${url})`,
    Path: path === "" ? undefined : path,
    "Tags are believed for": counted(tagLifetime, "second"),
    "Who may pull": upstream.public ? "everybody" : "users who may read the organization",
    "Unpulled tags go after": retentionDays === null ? undefined : counted(retentionDays, "day"),
    "Last answer": answered === null ? "none yet" : formatTime(answered),
    "Pulls left there": rateLimit === null ? undefined : describeLimit(rateLimit),
    "Last failure": failure === null ? undefined : `${formatTime(failure.at)}: ${failure.message}`,
  });
}

function describeLimit({ remaining, limit, window, source }: NonNullable<Upstream["rateLimit"]>): string {
  const of = limit === null ? "" : ` of ${limit}`;
  const within = window === null ? "" : ` in ${counted(window, "second")}`;
  return `${remaining}${of}${within}${source === null ? "" : `, counted for ${source}`}`;
}

const show = operation({
  command: "show <organization>",
  describe: "Show which registry an organization stands for, and what that last said",
  options: (yargs) => withOrganization(yargs),
  ask: async (api, { organization }) => unwrap(await api.GET(UPSTREAM, { params: { path: { organization } } })),
  show: printUpstream,
});

const set = operation({
  command: "set <organization> <remote>",
  describe: "Let an organization stand for a remote registry; what is not named gets its default",
  options: (yargs) =>
    withOrganization(yargs)
      .positional("remote", { type: "string", demandOption: true, describe: "A remote registry of the account" })
      .option("path", { type: "string", default: "", requiresArg: true, describe: "What names begin with there" })
      .option("lifetime", {
        type: "number",
        default: DEFAULT_TAG_LIFETIME_S,
        requiresArg: true,
        describe: "Seconds for which a tag is believed",
      })
      .option("public", { type: "boolean", default: false, describe: "Let everybody pull what comes from there" })
      .option("retention", { type: "number", requiresArg: true, describe: "Days after which unpulled tags go" }),
  ask: async (api, { organization, remote, path, lifetime, retention, public: isPublic }) => {
    const body = { remote, path, tagLifetime: lifetime, public: isPublic, retentionDays: retention ?? null };
    return unwrap(await api.PUT(UPSTREAM, { params: { path: { organization } }, body }));
  },
  show: printUpstream,
});

const remove = operation({
  command: "remove <organization>",
  describe: "Let an organization that has no images stand for nothing but itself",
  options: (yargs) => withYes(withOrganization(yargs)),
  before: ({ organization, yes }) => confirm(`Let organization ${organization} stand for no other registry?`, yes),
  ask: async (api, { organization }) => unwrap(await api.DELETE(UPSTREAM, { params: { path: { organization } } })),
  show: (_, { organization }) => printLine(`Organization ${organization} stands for itself.`),
});

/** `berth upstream`: organizations that stand for a registry elsewhere (docs/pull-through.md). */
export const upstream = group("upstream", "Pull-through caches: show, set, remove", [show, set, remove]);
