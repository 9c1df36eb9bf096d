/** The pages of `/docs` that describe operations: what each is called, and which operations are on it. */
import type { Guide } from "../../kernel/guides.ts";
import { type DescribedOperation, surfaceOf } from "../openapi-document.ts";
import type { Localized } from "./languages.ts";

/** Berth's own API, by task; or the others. */
export type SectionGroup = "api" | "compatible";

export interface Section {
  /** The last part of its address. */
  id: string;
  group: SectionGroup;
  title: Localized;
  summary: Localized;
  /** The guides that say more. */
  guides?: readonly Guide[];
  /** The console's page for the same. */
  console?: string;
  holds: (operation: DescribedOperation) => boolean;
}

/** Operations under `/api` with one of these tags. */
function own(...tags: string[]): Section["holds"] {
  return ({ path, operation }) => surfaceOf(path).name === "Berth" && tags.includes(operation.tags?.[0] ?? "");
}

/** The operations that Huawei's tools and Harbor's use, with one of these tags. */
function foreign(...tags: string[]): Section["holds"] {
  return ({ path, operation }) => surfaceOf(path).name !== "Berth" && tags.includes(operation.tags?.[0] ?? "");
}

const isOfImages = own("Images");
const IS_OF_CONTENTS = /\/(?:manifests|blobs)\/|\/known-layers$/;
const IS_OF_TAGS = /\/(?:tags|history)\b/;

export const SECTIONS: readonly Section[] = [
  {
    id: "organizations",
    group: "api",
    title: { en: "Organizations", zh: "组织管理" },
    summary: {
      en: "An organization holds images, such as those of a team or a product. Its name is the first part of their names.",
      zh: "组织用于隔离和管理镜像，例如一个团队或一个产品的镜像。镜像名称的第一段就是组织名称。",
    },
    guides: ["management"],
    console: "/organizations",
    holds: own("Organizations"),
  },
  {
    id: "images",
    group: "api",
    title: { en: "Images", zh: "镜像管理" },
    summary: {
      en: "Search images, look at their properties, change and delete them. A push creates an image by itself.",
      zh: "搜索镜像，查看、修改属性或删除镜像。推送时会自动创建镜像。",
    },
    guides: ["clients", "management"],
    console: "/images",
    holds: (entry) => isOfImages(entry) && !IS_OF_CONTENTS.test(entry.path) && !IS_OF_TAGS.test(entry.path),
  },
  {
    id: "tags",
    group: "api",
    title: { en: "Tags", zh: "镜像版本" },
    summary: {
      en: "List, create and delete tags, see what they pointed to, and keep tags from being overwritten.",
      zh: "查看、添加和删除镜像版本，查看版本历史，并设置不可变版本规则，防止版本被覆盖或删除。",
    },
    guides: ["management"],
    console: "/images",
    holds: (entry) =>
      (isOfImages(entry) && !IS_OF_CONTENTS.test(entry.path) && IS_OF_TAGS.test(entry.path)) ||
      own("Immutable tags")(entry),
  },
  {
    id: "contents",
    group: "api",
    title: { en: "Image contents", zh: "镜像内容" },
    summary: {
      en: "See the layers and configuration of an image, its signatures and SBOMs, and download it as an archive.",
      zh: "查看镜像的层、配置、签名和 SBOM，或将镜像打包下载。",
    },
    guides: ["signed-images", "large-layers"],
    console: "/images",
    holds: (entry) => isOfImages(entry) && IS_OF_CONTENTS.test(entry.path),
  },
  {
    id: "permissions",
    group: "api",
    title: { en: "Permissions", zh: "权限管理" },
    summary: {
      en: "Grant users the right to read, edit or manage an organization with all of its images, or a single image.",
      zh: "为用户授予组织（及其全部镜像）或单个镜像的读取、编辑或管理权限。",
    },
    guides: ["management"],
    console: "/organizations",
    holds: own("Organization permissions", "Image permissions"),
  },
  {
    id: "sharing",
    group: "api",
    title: { en: "Sharing", zh: "镜像共享" },
    summary: {
      en: "Let all users of another account pull a private image, for good or until a day.",
      zh: "将私有镜像共享给其他账号下载，可长期有效，也可设置截止日期。",
    },
    guides: ["management"],
    console: "/images/shared-by-me",
    holds: own("Sharing"),
  },
  {
    id: "aging",
    group: "api",
    title: { en: "Aging", zh: "镜像老化" },
    summary: {
      en: "A rule deletes old tags by their age or number. Preview a rule, read its log, and restore a deleted tag.",
      zh: "老化规则按存活时间或版本数目自动清理旧版本。可以预览规则的效果，查看老化日志，恢复已删除的版本。",
    },
    guides: ["aging"],
    console: "/images",
    holds: own("Aging"),
  },
  {
    id: "triggers",
    group: "api",
    title: { en: "Triggers", zh: "触发器" },
    summary: {
      en: "A push of a tag calls a webhook or updates a workload in Kubernetes. See what was delivered, and send it again.",
      zh: "推送镜像版本后，自动调用 Webhook 或更新 Kubernetes 工作负载。可以查看触发记录并重新发送。",
    },
    guides: ["triggers", "kubernetes"],
    console: "/images",
    holds: own("Triggers"),
  },
  {
    id: "clusters",
    group: "api",
    title: { en: "Clusters", zh: "集群" },
    summary: {
      en: "The Kubernetes clusters whose workloads the triggers of an organization update.",
      zh: "组织中的触发器可以更新的 Kubernetes 集群。",
    },
    guides: ["kubernetes"],
    console: "/organizations",
    holds: own("Clusters"),
  },
  {
    id: "synchronization",
    group: "api",
    title: { en: "Synchronization", zh: "镜像同步" },
    summary: {
      en: "Copy tags to registries elsewhere, by rules on each push, or once by hand.",
      zh: "将镜像版本同步到其他镜像仓库：可按规则在每次推送后自动同步，也可手动同步。",
    },
    guides: ["synchronization"],
    console: "/remotes",
    holds: own("Synchronization"),
  },
  {
    id: "remote-registries",
    group: "api",
    title: { en: "Remote registries", zh: "远端仓库" },
    summary: {
      en: "Addresses and credentials of registries elsewhere, for synchronization and pull-through caches.",
      zh: "用于镜像同步和拉取缓存的其他镜像仓库的地址与凭证。",
    },
    guides: ["synchronization", "pull-through"],
    console: "/remotes",
    holds: own("Remote registries"),
  },
  {
    id: "pull-through-caches",
    group: "api",
    title: { en: "Pull-through caches", zh: "拉取缓存" },
    summary: {
      en: "An organization can stand for Docker Hub or another registry: what is pulled from it is fetched there, and kept.",
      zh: "组织可以作为 Docker Hub 等上游仓库的缓存：首次下载时从上游获取并保存。",
    },
    guides: ["pull-through"],
    console: "/organizations",
    holds: own("Pull-through caches"),
  },
  {
    id: "quotas",
    group: "api",
    title: { en: "Quotas", zh: "配额" },
    summary: {
      en: "How much accounts and organizations store and may store. Operators change the limits.",
      zh: "账号和组织已使用的资源以及上限。运维人员可以调整上限。",
    },
    guides: ["quotas"],
    console: "/quotas",
    holds: own("Quotas"),
  },
  {
    id: "overview",
    group: "api",
    title: { en: "Overview and settings", zh: "总览与设置" },
    summary: {
      en: "Numbers of an account, recent activity, and the settings that hold for everybody.",
      zh: "账号的统计数据、最近动态，以及对所有用户生效的设置。",
    },
    guides: ["management"],
    console: "/",
    holds: own("Overview"),
  },
  {
    id: "audit",
    group: "api",
    title: { en: "Audit", zh: "审计" },
    summary: {
      en: "Who did what, when and from where: search it, or export all of it.",
      zh: "谁在何时何地做了什么：可以查询，也可以全部导出。",
    },
    guides: ["management"],
    console: "/audit",
    holds: own("Audit"),
  },
  {
    id: "users",
    group: "api",
    title: { en: "Accounts and users", zh: "账号与用户" },
    summary: {
      en: "Accounts are tenants with organizations of their own. Users are people and robots of an account.",
      zh: "账号是相互隔离的租户，拥有自己的组织。用户是账号中的人员或机器人。",
    },
    guides: ["management", "security"],
    console: "/users",
    holds: own("Accounts", "Users"),
  },
  {
    id: "logins",
    group: "api",
    title: { en: "Sessions and logins", zh: "会话与登录" },
    summary: {
      en: "Sign in and out, change the password, see what is logged in, and end it.",
      zh: "登录和退出，修改密码，查看并结束已有的登录。",
    },
    guides: ["security"],
    console: "/logins",
    holds: own("Session", "Logins"),
  },
  {
    id: "access-keys",
    group: "api",
    title: { en: "Access keys and login commands", zh: "访问密钥与登录指令" },
    summary: {
      en: "Credentials for programs, for docker and for CI.",
      zh: "供程序、docker 和 CI 使用的凭证。",
    },
    guides: ["management", "clients"],
    console: "/access-keys",
    holds: own("Access keys", "Login commands"),
  },
  {
    id: "trusted-issuers",
    group: "api",
    title: { en: "Trusted issuers", zh: "信任的签发方" },
    summary: {
      en: "Jobs of GitHub Actions, GitLab CI and others log in with tokens of their own, without a stored secret.",
      zh: "GitHub Actions、GitLab CI 等任务使用自身的令牌登录，无需保存密码。",
    },
    guides: ["ci"],
    console: "/trusted-issuers",
    holds: own("Trusted issuers"),
  },
  {
    id: "operation",
    group: "api",
    title: { en: "Garbage collection and secrets", zh: "垃圾回收与密钥轮换" },
    summary: {
      en: "For operators of the deployment: remove what nothing needs any more, and rotate secrets.",
      zh: "供部署的运维人员使用：清理不再需要的数据，轮换密钥。",
    },
    guides: ["garbage-collection", "security"],
    console: "/garbage-collection",
    holds: own("Garbage collection", "Secrets"),
  },
  {
    id: "swr-organizations",
    group: "compatible",
    title: { en: "SWR: organizations and permissions", zh: "SWR：组织与权限" },
    summary: {
      en: "Organizations, permissions, login commands and numbers in the format of Huawei Cloud's SWR.",
      zh: "与华为云 SWR 兼容的组织、权限、登录指令和统计接口。",
    },
    holds: foreign("Organizations", "Organization permissions", "Image permissions", "Login commands", "Overview"),
  },
  {
    id: "swr-images",
    group: "compatible",
    title: { en: "SWR: images and tags", zh: "SWR：镜像与版本" },
    summary: {
      en: "Images and tags in the format of Huawei Cloud's SWR.",
      zh: "与华为云 SWR 兼容的镜像和镜像版本接口。",
    },
    holds: foreign("Images", "Image tags"),
  },
  {
    id: "swr-sharing-aging",
    group: "compatible",
    title: { en: "SWR: sharing and aging", zh: "SWR：共享与老化" },
    summary: {
      en: "Shares and aging rules in the format of Huawei Cloud's SWR.",
      zh: "与华为云 SWR 兼容的镜像共享和老化规则接口。",
    },
    holds: foreign("Sharing", "Aging"),
  },
  {
    id: "swr-automation",
    group: "compatible",
    title: { en: "SWR: triggers and synchronization", zh: "SWR：触发器与同步" },
    summary: {
      en: "Triggers and synchronization in the format of Huawei Cloud's SWR, and what it needs of CCE.",
      zh: "与华为云 SWR 兼容的触发器和镜像同步接口，以及所需的 CCE 接口。",
    },
    holds: foreign("Triggers", "Synchronization", "Clusters"),
  },
  {
    id: "iam",
    group: "compatible",
    title: { en: "IAM and versions", zh: "IAM 与版本" },
    summary: {
      en: "Tokens, projects and users in the format of Huawei Cloud's IAM, and the versions of the API.",
      zh: "与华为云 IAM 兼容的令牌、项目和用户接口，以及 API 版本。",
    },
    holds: foreign("IAM", "Versions"),
  },
  {
    id: "harbor",
    group: "compatible",
    title: { en: "Harbor's replication", zh: "Harbor 复制" },
    summary: {
      en: "What Harbor's adapter for SWR asks for, to copy images from here and to here.",
      zh: "Harbor 的 SWR 适配器在复制镜像时使用的接口。",
    },
    holds: foreign("Replication"),
  },
];

/**
 * The page of an operation.
 *
 * @throws Error when none or several have it: a test goes through all operations.
 */
export function sectionOf(operation: DescribedOperation): Section {
  const [section, ...more] = SECTIONS.filter(({ holds }) => holds(operation));
  if (!section || more.length > 0) {
    throw new Error(
      `${operation.method} ${operation.path} belongs on one page of /docs: ${more.length + (section ? 1 : 0)}`,
    );
  }
  return section;
}
