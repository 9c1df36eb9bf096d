/** The pages of `/docs` that come before the operations: how somebody begins, in both languages. */
import type { Localized } from "./languages.ts";

export interface IntroductionPart {
  id: string;
  title: Localized;
  /** Paragraphs, with `code` in backquotes. */
  text: Localized;
  /** For a POSIX shell; `registry.example.com` becomes the registry's own address. `$NAME` and `$PASSWORD` are the reader's. */
  example?: string;
}

export interface Introduction {
  id: string;
  group: "start" | "reference";
  title: Localized;
  summary: Localized;
  parts: readonly IntroductionPart[];
}

const REGISTRY = "https://registry.example.com";

export const INTRODUCTIONS: readonly Introduction[] = [
  {
    id: "getting-started",
    group: "start",
    title: { en: "Getting started", zh: "快速入门" },
    summary: {
      en: "From a name and password to the first image.",
      zh: "从用户名和密码开始，推送第一个镜像。",
    },
    parts: [
      {
        id: "first-request",
        title: { en: "The first request", zh: "第一个请求" },
        text: {
          en: "Set your name and password once, by `export NAME=… PASSWORD=…`. All examples in this documentation read them from the environment. A few read further secrets that are yours to set: `$TOKEN`, `$NEW_PASSWORD` and the like.\n\nThis request shows who you are to the registry.",
          zh: "先用 `export NAME=… PASSWORD=…` 设置用户名和密码，本文档的所有示例都从环境变量中读取它们。少数示例还会读取您自行设置的其他密钥，例如 `$TOKEN`、`$NEW_PASSWORD`。\n\n以下请求返回当前用户的信息。",
        },
        example: `curl -u "$NAME:$PASSWORD" '${REGISTRY}/api/session'`,
      },
      {
        id: "first-organization",
        title: { en: "Create an organization", zh: "创建组织" },
        text: {
          en: "Images belong to organizations. The name of an organization is unique in the whole registry.",
          zh: "镜像属于组织。组织名称在整个镜像仓库中唯一。",
        },
        example: `curl -X POST -u "$NAME:$PASSWORD" '${REGISTRY}/api/organizations' \\
  -H 'Content-Type: application/json' \\
  -d '{"name":"first-steps"}'`,
      },
      {
        id: "first-push",
        title: { en: "Push an image", zh: "推送镜像" },
        text: {
          en: "`docker login` first, with your name and password or with a temporary login command (see the next page).",
          zh: "先执行 `docker login`：可以使用用户名和密码，也可以使用临时登录指令（见下一页）。",
        },
        example: `docker login registry.example.com
docker tag hello-world registry.example.com/first-steps/hello:1.0
docker push registry.example.com/first-steps/hello:1.0`,
      },
      {
        id: "first-list",
        title: { en: "List your images", zh: "查看镜像列表" },
        text: {
          en: "The console shows the same: whatever it does, it does by this API.",
          zh: "控制台显示同样的内容：控制台的所有操作都通过此 API 完成。",
        },
        example: `curl -u "$NAME:$PASSWORD" '${REGISTRY}/api/images?limit=10'`,
      },
    ],
  },
  {
    id: "log-in",
    group: "start",
    title: { en: "Log in from docker and CI", zh: "在 docker 和 CI 中登录" },
    summary: {
      en: "Which credentials are for whom, from a laptop to a job that stores no secret.",
      zh: "在个人电脑、服务器和 CI 任务中分别使用哪种凭证。",
    },
    parts: [
      {
        id: "temporary",
        title: { en: "Temporary login command", zh: "临时登录指令" },
        text: {
          en: "It works for 24 hours on any number of machines, and pushes and pulls what you may. The `command` in the answer is what to type.",
          zh: "24 小时内有效，可在任意多台机器上使用，权限与您本人相同。响应中的 `command` 就是要执行的指令。",
        },
        example: `curl -X POST -u "$NAME:$PASSWORD" '${REGISTRY}/api/login-command'`,
      },
      {
        id: "access-key",
        title: { en: "Access key, for machines", zh: "访问密钥（供机器使用）" },
        text: {
          en: "An access key makes a permanent login command: the user name is `berth@<AK>`, and the password is the HMAC-SHA256 of the AK with the SK as key, in hexadecimal. The secret (SK) is shown only once. A user has at most two keys, so that they can be rotated.\n\nA machine should have a user of its own: a robot, which an administrator creates under “Accounts and users”.",
          zh: "使用访问密钥可以生成长期登录指令：用户名为 `berth@<AK>`，密码为以 SK 为密钥对 AK 计算的 HMAC-SHA256（十六进制）。密钥（SK）只显示一次。每个用户最多有两个访问密钥，便于轮换。\n\n建议为机器单独创建用户：管理员可以在“账号与用户”中创建机器人。",
        },
        example: `curl -X POST -u "$NAME:$PASSWORD" '${REGISTRY}/api/access-keys' \\
  -H 'Content-Type: application/json' \\
  -d '{}'`,
      },
      {
        id: "ci",
        title: { en: "CI without a stored secret", zh: "CI 免密登录" },
        text: {
          en: "Jobs of GitHub Actions, GitLab CI and other issuers of OpenID Connect log in with a token that is theirs alone. An administrator says once which jobs may do what: a trust rule, under “Trusted issuers”. The guide “CI without a stored secret” has whole workflows.",
          zh: "GitHub Actions、GitLab CI 等支持 OpenID Connect 的任务可以使用自身的令牌登录，无需保存密码。管理员只需设置一次信任规则（“信任的签发方”），指定哪些任务有哪些权限。完整的工作流示例见指南“CI 免密登录”。",
        },
        example: `curl -u "$NAME:$PASSWORD" '${REGISTRY}/api/trust-rules'`,
      },
      {
        id: "pull-anonymously",
        title: { en: "Public images", zh: "公开镜像" },
        text: {
          en: "Public images can be pulled without credentials, unless the operator has switched that off. This request shows which public images there are.",
          zh: "公开镜像无需登录即可下载，除非运维人员关闭了匿名下载。以下请求列出公开镜像。",
        },
        example: `curl '${REGISTRY}/api/image-centre?limit=10'`,
      },
    ],
  },
  {
    id: "conventions",
    group: "reference",
    title: { en: "Conventions of the API", zh: "API 约定" },
    summary: {
      en: "What holds for all operations: credentials, names, pages, versions and limits.",
      zh: "对所有接口都适用的约定：认证、名称、分页、版本和限制。",
    },
    parts: [
      {
        id: "credentials",
        title: { en: "Credentials", zh: "认证方式" },
        text: {
          en: "Each operation names those that it takes.",
          zh: "每个接口都列出其支持的认证方式。",
        },
      },
      {
        id: "apis",
        title: { en: "Which API", zh: "API 的种类" },
        text: {
          en: "Berth's own API under `/api/` has everything; the console and the command line are made with it. The compatible APIs are for tools of Huawei Cloud's SWR, which work with them unmodified: SWR under `/v2/manage/`, IAM under `/v3/` and `/v3.0/`, and CCE under `/api/v3/`. `/dockyard/v2/` is for Harbor's replication. Images are pushed and pulled under `/v2/`, as the OCI distribution specification describes.",
          zh: "`/api/` 是 Berth 自有的 API，功能最全，控制台和命令行工具都基于它。兼容 API 供华为云 SWR 的 SDK 和 Terraform 等工具直接使用：SWR 位于 `/v2/manage/`，IAM 位于 `/v3/` 和 `/v3.0/`，CCE 位于 `/api/v3/`。`/dockyard/v2/` 供 Harbor 复制使用。镜像的推送和下载通过 `/v2/` 进行，遵循 OCI 分发规范。",
        },
      },
      {
        id: "names",
        title: { en: "Names of images", zh: "镜像名称" },
        text: {
          en: "In paths, `$` stands for the `/` in the name of an image: the image `acme/shop/web` is `/api/organizations/acme/images/shop$web`. Paths under `/api/` take `%2F` as well. Quote addresses in a shell, because `$` has a meaning there.",
          zh: "路径中用 `$` 代替镜像名称中的 `/`：镜像 `acme/shop/web` 的路径为 `/api/organizations/acme/images/shop$web`。`/api/` 下的路径也可以使用 `%2F`。`$` 在 shell 中有特殊含义，请为地址加上引号。",
        },
      },
      {
        id: "pages",
        title: { en: "Pages of lists", zh: "分页" },
        text: {
          en: "Lists under `/api/` page by a cursor: `next` of an answer is the `cursor` of the next request, and null on the last page. A page may have fewer entries than `limit` and yet not be the last one.",
          zh: "`/api/` 下的列表按游标分页：响应中的 `next` 就是下一次请求的 `cursor`，最后一页为 null。一页的条目可能少于 `limit`，但未必是最后一页。",
        },
        example: `curl -u "$NAME:$PASSWORD" '${REGISTRY}/api/organizations?limit=2'`,
      },
      {
        id: "versions",
        title: { en: "Changes at the same time", zh: "并发修改" },
        text: {
          en: "What is edited has a version, which its `ETag` shows. A change with `If-Match` is refused with 412 if somebody else has made one meanwhile. Without the header the last change wins.",
          zh: "可编辑的内容都有版本，由 `ETag` 给出。带有 `If-Match` 的修改在内容已被他人修改时返回 412；不带该请求头时，以最后一次修改为准。",
        },
      },
      {
        id: "bodies",
        title: { en: "Bodies and times", zh: "请求体与时间" },
        text: {
          en: "Bodies are JSON of at most 1 MiB. `/api/` refuses fields that it does not know. Times are in UTC, as ISO 8601 has them; sizes are in bytes.",
          zh: "请求体为 JSON，最大 1 MiB。`/api/` 会拒绝未知的字段。时间为 UTC，采用 ISO 8601 格式；大小以字节为单位。",
        },
      },
    ],
  },
];
