/** A new trigger, as the options of `berth trigger add` describe it. */
import type { ArgumentsCamelCase, Argv } from "yargs";
import type { paths } from "../../client/api/schema.d.ts";
import { usageFailure } from "../failure.ts";

const TRIGGERS = "/api/organizations/{organization}/images/{image}/triggers";
export type NewTrigger = NonNullable<paths[typeof TRIGGERS]["post"]["requestBody"]>["content"]["application/json"];

const FORMATS = ["cloudevents", "distribution", "harbor", "dockerhub", "keel", "text"] as const;
const WORKLOADS = ["deployments", "statefulsets", "daemonsets", "cronjobs"] as const;

/** Adds condition and target of a trigger. */
export function withTarget<T>(yargs: Argv<T>) {
  return yargs
    .option("tag", { type: "string", requiresArg: true, describe: "Only for these tags, separated by commas" })
    .option("pattern", {
      type: "string",
      requiresArg: true,
      describe: "Only for tags that match this glob, or this regular expression (^… or …$)",
    })
    .option("always", { type: "boolean", default: false, describe: "Also when the same digest is pushed again" })
    .option("webhook", { type: "string", requiresArg: true, describe: "Where events are sent to: a URL" })
    .option("format", {
      choices: FORMATS,
      default: "cloudevents" as const,
      describe: "How the webhook's events are written",
    })
    .option("secret", {
      type: "string",
      requiresArg: true,
      describe: "Signs the webhook's events; or BERTH_WEBHOOK_SECRET",
    })
    .option("authorization", {
      type: "string",
      requiresArg: true,
      describe: "The webhook's Authorization header; or BERTH_WEBHOOK_AUTHORIZATION",
    })
    .option("cluster", { type: "string", requiresArg: true, describe: "A cluster of the organization, to roll out in" })
    .option("namespace", {
      type: "string",
      requiresArg: true,
      default: "default",
      describe: "The workload's namespace",
    })
    .option("workload", { choices: WORKLOADS, default: "deployments" as const, describe: "The workload's kind" })
    .option("application", { type: "string", requiresArg: true, describe: "The workload's name" })
    .option("container", { type: "string", requiresArg: true, describe: "Only this container of the workload" })
    .option("by-digest", { type: "boolean", default: false, describe: "Set the image by digest, not by tag" });
}

type Arguments =
  ReturnType<typeof withTarget<{ name: string | undefined }>> extends Argv<infer A> ? ArgumentsCamelCase<A> : never;

/** @throws Failure (usage) when the options do not make one trigger. */
export function triggerOf(argv: Arguments): NewTrigger {
  if (argv.name === undefined) throw usageFailure("a trigger needs a name", "berth trigger add <image> <name> …");
  return {
    name: argv.name,
    condition: conditionOf(argv),
    enabled: true,
    firesAlways: argv.always,
    target: targetOf(argv),
  };
}

function conditionOf({ tag, pattern }: Arguments): NewTrigger["condition"] {
  if (tag !== undefined && pattern !== undefined) throw usageFailure("--tag and --pattern exclude each other");
  if (tag !== undefined) return { kind: "tag", text: tag };
  return pattern === undefined ? { kind: "all", text: "" } : { kind: "regular", text: pattern };
}

function targetOf(argv: Arguments): NewTrigger["target"] {
  const { webhook, cluster, application } = argv;
  if ((webhook === undefined) === (cluster === undefined))
    throw usageFailure("a trigger has one target: --webhook, or --cluster");
  if (webhook !== undefined) {
    const secret = argv.secret ?? (process.env["BERTH_WEBHOOK_SECRET"] || null);
    const authorization = argv.authorization ?? (process.env["BERTH_WEBHOOK_AUTHORIZATION"] || null);
    return { kind: "webhook", url: webhook, format: argv.format, secret, authorization };
  }
  if (application === undefined) throw usageFailure("--cluster needs --application: the workload's name");
  return {
    kind: "kubernetes",
    cluster: cluster ?? "",
    namespace: argv.namespace,
    workload: argv.workload,
    application,
    container: argv.container ?? null,
    byDigest: argv.byDigest,
  };
}
