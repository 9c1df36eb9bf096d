import type { Argv } from "yargs";
import { formatBytes } from "../../kernel/byte-units.ts";
import { isByteResource, QUOTA_RESOURCES, type QuotaResource } from "../../kernel/quotas.ts";
import { unwrap } from "../../client/api/client.ts";
import { parseByteSize } from "../byte-size.ts";
import { usageFailure } from "../failure.ts";
import { group, operation } from "../manage.ts";
import { printTable } from "../output.ts";

const LABELS: Record<QuotaResource, string> = {
  storedBytes: "stored bytes",
  manifestBytes: "bytes of manifests",
  images: "images",
  tags: "tags",
  openUploads: "uploads under way",
};

/** What can be set, by the option's name. */
const OPTIONS = {
  stored: "storedBytes",
  manifests: "manifestBytes",
  images: "images",
  tags: "tags",
  uploads: "openUploads",
} as const satisfies Record<string, QuotaResource>;

interface Holder {
  organization: string | undefined;
  account: string | undefined;
}

function withHolder<T>(yargs: Argv<T>): Argv<T & Holder> {
  return yargs
    .positional("organization", { type: "string", describe: "An organization" })
    .option("account", { type: "string", requiresArg: true, describe: "An account, over all of its organizations" });
}

/** @throws Failure (usage) when more than one is named where there can be one. */
function requireOne({ organization, account }: Holder, defaults: string | boolean | undefined): void {
  if ([organization, account, defaults].filter(Boolean).length > 1) {
    throw usageFailure("name an organization, or --account, or --defaults: one of them");
  }
}

const show = operation({
  command: "show [organization]",
  describe: "Show what an organization has, and may have; without one, what one's account has",
  options: (yargs) =>
    withHolder(yargs).option("defaults", {
      type: "boolean",
      default: false,
      describe: "What holds for all that have no limit of their own (operators)",
    }),
  ask: async (api, argv) => {
    const { organization, account, defaults } = argv;
    requireOne(argv, defaults);
    if (defaults) return unwrap(await api.GET("/api/quotas"));
    if (organization !== undefined) {
      return unwrap(await api.GET("/api/organizations/{organization}/quota", { params: { path: { organization } } }));
    }
    const path = { name: account ?? unwrap(await api.GET("/api/session")).user.account };
    return unwrap(await api.GET("/api/accounts/{name}/quota", { params: { path } }));
  },
  show: printQuotas,
});

interface ShownQuota {
  used: number;
  limit: number | null;
  source: "default" | "own";
}

type Limits = Record<QuotaResource, number | null>;

function printQuotas(
  answer: { quotas: Record<QuotaResource, ShownQuota> } | { organization: Limits; account: Limits },
) {
  if ("quotas" in answer) {
    const { quotas } = answer;
    printTable(
      [
        { heading: "QUOTA", value: (resource) => LABELS[resource] },
        { heading: "USED", value: (resource) => format(resource, quotas[resource].used), align: "end" },
        { heading: "LIMIT", value: (resource) => format(resource, quotas[resource].limit), align: "end" },
        { heading: "LEFT", value: (resource) => percentLeft(quotas[resource]), align: "end" },
        { heading: "SET BY", value: (resource) => (quotas[resource].source === "own" ? "operator" : "default") },
      ],
      QUOTA_RESOURCES,
      "",
    );
    return;
  }
  const { organization, account } = answer;
  printTable(
    [
      { heading: "DEFAULT", value: (resource) => LABELS[resource] },
      { heading: "ORGANIZATION", value: (resource) => format(resource, organization[resource]), align: "end" },
      { heading: "ACCOUNT", value: (resource) => format(resource, account[resource]), align: "end" },
    ],
    QUOTA_RESOURCES,
    "",
  );
}

function format(resource: QuotaResource, value: number | null): string {
  if (value === null) return "unlimited";
  return isByteResource(resource) ? formatBytes(value) : value.toLocaleString("en");
}

function percentLeft({ used, limit }: ShownQuota): string | undefined {
  if (limit === null) return undefined;
  return limit === 0 ? "0 %" : `${Math.max(0, Math.floor(100 * (1 - used / limit)))} %`;
}

const set = operation({
  command: "set [organization]",
  describe: "Set limits of an organization or account (operators); what is not named stays",
  options: (yargs) => {
    const size = "a size such as 500GiB, `unlimited` or `default`";
    const count = "a number, `unlimited` or `default`";
    return withHolder(yargs)
      .option("defaults", {
        choices: ["organization", "account"] as const,
        describe: "For all organizations, or accounts, that have no limit of their own",
      })
      .option("stored", { type: "string", requiresArg: true, describe: `Bytes of layers: ${size}` })
      .option("manifests", { type: "string", requiresArg: true, describe: `Bytes of manifests: ${size}` })
      .option("images", { type: "string", requiresArg: true, describe: `Images: ${count}` })
      .option("tags", { type: "string", requiresArg: true, describe: `Tags: ${count}` })
      .option("uploads", { type: "string", requiresArg: true, describe: `Uploads under way: ${count}` });
  },
  ask: async (api, argv) => {
    const { organization, account, defaults } = argv;
    requireOne(argv, defaults);
    const body = readLimits(argv);
    if (defaults !== undefined)
      return unwrap(await api.PATCH("/api/quotas", { body: { [defaults]: withoutDefault(body) } }));
    if (organization !== undefined) {
      const params = { path: { organization } };
      return unwrap(await api.PATCH("/api/organizations/{organization}/quota", { params, body }));
    }
    // Not one's own account by default: that is too easily forgotten.
    if (account === undefined) throw usageFailure("name an organization, or an account by --account");
    return unwrap(await api.PATCH("/api/accounts/{name}/quota", { params: { path: { name: account } }, body }));
  },
  show: printQuotas,
});

type Changes = Partial<Record<QuotaResource, number | null | "default">>;

/** @throws Failure (usage) for what is no limit, and when nothing is to be set. */
function readLimits(argv: Partial<Record<keyof typeof OPTIONS, string | undefined>>): Changes {
  const changes: Changes = {};
  for (const [option, resource] of Object.entries(OPTIONS)) {
    const text = argv[option as keyof typeof OPTIONS];
    if (text !== undefined) changes[resource] = readLimit(text, `--${option}`, resource);
  }
  if (Object.keys(changes).length === 0) {
    throw usageFailure("say what to set", "For example: berth quota set acme --stored 500GiB --images unlimited");
  }
  return changes;
}

function readLimit(text: string, option: string, resource: QuotaResource): number | null | "default" {
  if (text === "default") return text;
  if (text === "unlimited") return null;
  if (text === "0") return 0;
  if (isByteResource(resource)) return parseByteSize(text, option);
  if (/^[1-9]\d{0,14}$/.test(text)) return Number(text);
  throw usageFailure(`${option} "${text}" is no number`, "For example: 1000, unlimited, default");
}

function withoutDefault(changes: Changes): Partial<Record<QuotaResource, number | null>> {
  return Object.fromEntries(
    Object.entries(changes).map(([resource, limit]) => {
      if (limit === "default") throw usageFailure("a default cannot be set to itself: name a number, or `unlimited`");
      return [resource, limit];
    }),
  );
}

/** `berth quota`: what organizations and accounts may have (docs/quotas.md). */
export const quota = group("quota", "Quotas of organizations and accounts: show, set", [show, set]);
