/** Examples of how to use the registry's API, with its real address; the same as in docs/management.md. */

export interface Example {
  /** Of the page, and so of the registry: `https://registry.example.com`. */
  origin: string;
  /** Who is signed in. */
  user: string;
  account: string;
  /** A project's name in tokens; the registry takes any. */
  project: string;
}

/** Lists one's images. curl asks for the password. */
export function listImages({ origin, user }: Example): string {
  return `curl -u ${user} "${origin}/api/images?limit=10"`;
}

/** Asks for a token in IAM's format. */
export function askForToken({ origin, user, account, project }: Example): string {
  const body = {
    auth: {
      identity: {
        methods: ["password"],
        password: { user: { name: user, password: "…", domain: { name: account } } },
      },
      scope: { project: { name: project } },
    },
  };
  return `curl -i "${origin}/v3/auth/tokens" --json '${JSON.stringify(body)}'`;
}

/** Lists one's organizations with a token. */
export function listWithToken({ origin }: Example): string {
  return `curl -H "X-Auth-Token: $TOKEN" "${origin}/v2/manage/namespaces"`;
}

/** The same with Huawei's SDK for Node.js. */
export function listWithSdk({ origin, project }: Example): string {
  return `import { BasicCredentials } from "@huaweicloud/huaweicloud-sdk-core";
import { ListNamespacesRequest, SwrClient } from "@huaweicloud/huaweicloud-sdk-swr/v2/public-api.js";

const { AK, SK } = process.env;
const swr = SwrClient.newBuilder()
  .withCredential(new BasicCredentials().withAk(AK).withSk(SK).withProjectId("${project}"))
  .withEndpoint("${origin}")
  .build();
const { namespaces } = await swr.listNamespaces(new ListNamespacesRequest());
console.log(namespaces);`;
}
