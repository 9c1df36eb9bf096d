import { findCredentials } from "../credentials/find.ts";
import { examineDeep, SCOPES } from "../doctor/deep-report.ts";
import { type Examined, examine } from "../doctor/examination.ts";
import { pull, push, remove } from "../doctor/image.ts";
import { limit } from "../doctor/limit.ts";
import { connection, dns, tls } from "../doctor/network.ts";
import { api, challenge, clock } from "../doctor/protocol.ts";
import { credentials, management, secrets } from "../doctor/sign-in.ts";
import { EXIT } from "../exit-codes.ts";
import { Failure, usageFailure } from "../failure.ts";
import { parseImageName } from "../image-name.ts";
import { command } from "../manage.ts";
import { nodeFetch, openConnections } from "../node-fetch.ts";
import { printable, printJson, printLine } from "../output.ts";
import { chooseRegistry } from "../settings.ts";
import { withJobs } from "../transfer-options.ts";

const CHECKS = [
  dns,
  connection,
  tls,
  api,
  clock,
  challenge,
  credentials,
  management,
  secrets,
  push,
  pull,
  limit,
  remove,
];

const SIGNS = { ok: "ok", warning: "!", failed: "FAILED", skipped: "-" } as const satisfies Record<
  Examined["status"],
  string
>;

/** `berth doctor`: whether a deployment works, or what its images consist of is whole, and what to mend. */
export const doctor = command({
  command: "doctor [host] [images..]",
  describe: "Check a deployment, or all that its images consist of, and say what to mend",
  options: (yargs) =>
    withJobs(yargs, "With --deep, requests that go on at once")
      .positional("host", { type: "string", describe: "The registry: a host, or a URL" })
      .positional("images", {
        type: "string",
        array: true,
        default: [],
        describe: "With --deep, only these: organization/image",
      })
      .option("repository", {
        type: "string",
        requiresArg: true,
        describe: "Where to push a small image to; default: berth-doctor in an organization of one's own",
      })
      .option("probe-limit", {
        type: "boolean",
        default: false,
        describe: "Send requests of 105 and 210 MB to see whether they pass",
      })
      .option("deep", {
        type: "boolean",
        default: false,
        describe: "Read all that one may pull, and compare it with its digests; pushes nothing",
      })
      .option("organization", { type: "string", requiresArg: true, describe: "With --deep, only its images" })
      .option("scope", {
        choices: SCOPES,
        describe: "With --deep, images of one's account, shared with it, public ones, or all; default: all",
      })
      .option("bytes", {
        type: "boolean",
        default: true,
        describe: "With --deep, read the bytes of blobs; --no-bytes only asks whether they are there",
      })
      .check(({ host, deep, images: others, organization, scope, bytes, repository, probeLimit }) => {
        const { images } = split(deep, host, others);
        const isNarrowed = organization !== undefined || scope !== undefined;
        if (!deep && (images.length > 0 || isNarrowed || !bytes)) {
          throw usageFailure("images, --organization, --scope and --no-bytes go with --deep");
        }
        if (deep && (repository !== undefined || probeLimit)) {
          throw usageFailure("--deep pushes nothing: --repository and --probe-limit do not go with it");
        }
        if (images.length > 0 && isNarrowed) {
          throw usageFailure("name images, or give --organization and --scope, but not both");
        }
        return true;
      }),
  run: async (argv) => {
    const { registry: option, repository, probeLimit: probesLimit, json } = argv;
    const { host, images } = split(argv.deep, argv.host, argv.images);
    const registry = chooseRegistry(host ?? option);
    if (argv.deep) {
      const { organization, scope = "all", jobs, bytes: readsBytes, quiet } = argv;
      const names = images.map(parseImageName);
      await examineDeep({ registry, images: names, scope, organization, jobs, readsBytes, quiet, json });
      return;
    }
    const examination = {
      registry,
      credentials: await findCredentials(registry.name),
      fetch: nodeFetch(openConnections()),
      repository,
      probesLimit,
    };
    const results = await examine(examination, CHECKS, json ? () => undefined : print);
    if (json) printJson(results);
    const count = results.filter(({ status }) => status === "failed").length;
    if (count > 0) throw new Failure(EXIT.failed, `${count} of ${results.length} checks failed`);
  },
});

/** With `--deep` the host may be left out: it is the registry that is meant otherwise, and images have a slash. */
function split(isDeep: boolean, first: string | undefined, others: readonly string[]) {
  const isImage = isDeep && first !== undefined && /^[^:]+\/[^/]/.test(first);
  return isImage ? { host: undefined, images: [first, ...others] } : { host: first, images: others };
}

function print({ check, status, detail, mend }: Examined): void {
  printLine(`${SIGNS[status].padEnd(6)}  ${check.padEnd(15)}  ${printable(detail)}`);
  if (mend !== undefined) printLine(`${" ".repeat(25)}${mend}`);
}
