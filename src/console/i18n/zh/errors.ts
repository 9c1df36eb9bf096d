import type { ErrorCode } from "../../../model/errors.ts";
import type en from "../en/errors.ts";

/** What is no refusal: a failure of the registry, or none of its answers. */
type Failure = "NETWORK" | "UNAVAILABLE" | "UNKNOWN";

/** Berth's own codes. What has many causes is left to the registry's sentence, which names the one. */
const own = {
  ACCESS_KEY_LIMIT: "访问密钥数量已达上限，请先删除一个。",
  LOGIN_UNKNOWN: "该登录不存在，可能已结束。",
  ACCESS_KEY_UNKNOWN: "访问密钥不存在，可能已被删除。",
  ACCOUNT_EXISTS: "该账号名称已被使用。",
  ACCOUNT_IN_USE: "该账号仍在使用中，不能删除。",
  ACCOUNT_UNKNOWN: "账号不存在。",
  ARCHIVE_TOO_LARGE: "镜像过大，无法打包下载。",
  BLOB_TOO_LARGE: "镜像层过大。",
  BODY_TOO_LARGE: "提交的内容过大。",
  CLUSTER_EXISTS: "该组织中已有同名集群。",
  CLUSTER_IN_USE: "该集群仍被触发器使用，不能删除。",
  CLUSTER_LIMIT: "该组织的集群数量已达上限。",
  CLUSTER_UNKNOWN: "集群不存在，可能已被删除。",
  DELIVERY_UNKNOWN: "触发记录不存在，可能已过期。",
  DENIED: "您没有执行此操作的权限。",
  DESCRIPTION_TOO_LONG: "描述过长。",
  IMMUTABLE_RULE_EXISTS: "该镜像已有相同的不可变版本规则。",
  IMMUTABLE_RULE_UNKNOWN: "不可变版本规则不存在，可能已被删除。",
  LAST_ADMINISTRATOR: "这是该账号的最后一个管理员，不能删除或降级。",
  MANIFEST_UNKNOWN: "镜像版本不存在，可能已被删除。",
  MANIFEST_IN_USE: "其他镜像仍在引用它，不能删除。",
  ORGANIZATION_EXISTS: "组织名称已存在，请更换名称。",
  ORGANIZATION_NOT_EMPTY: "组织中仍有镜像，请先删除镜像。",
  ORGANIZATION_QUOTA_EXCEEDED: "您创建的组织数量已达配额上限。",
  ORGANIZATION_UNKNOWN: "组织不存在，或您没有权限。",
  PERMISSION_EXISTS: "该用户已有权限，请直接修改。",
  PERMISSION_UNKNOWN: "该用户没有权限记录，可能已被删除。",
  REPOSITORY_EXISTS: "镜像已存在。",
  REPOSITORY_UNKNOWN: "镜像不存在，或您没有权限。",
  RETENTION_EXISTS: "该镜像已有老化规则，请先删除。",
  RETENTION_UNKNOWN: "老化规则不存在，可能已被删除。",
  SHARE_EXISTS: "该镜像已共享给此账号，请直接修改。",
  SHARE_LIMIT: "共享账号数量已达上限，请先删除一个。",
  SHARE_UNKNOWN: "共享不存在，可能已被取消。",
  TAG_EXISTS: "镜像版本已存在。",
  TAG_IMMUTABLE: "该镜像版本不可变，不能覆盖或删除。",
  TAG_UNKNOWN: "镜像版本不存在，可能已被删除。",
  TOO_MANY_REQUESTS: "尝试次数过多，请一分钟后再试。",
  TRIGGER_EXISTS: "该镜像已有同名触发器。",
  TRIGGER_LIMIT: "该镜像的触发器数量已达上限。",
  TRIGGER_UNKNOWN: "触发器不存在，可能已被删除。",
  UNAUTHORIZED: "您已退出登录，请登录后重试。",
  USER_EXISTS: "该用户名已被使用。",
  USER_UNKNOWN: "用户不存在，可能已被删除。",
  UNAVAILABLE: "请求被中断，请重试。",
  UNKNOWN: "镜像仓库内部出错，请稍后重试。",
  NETWORK: "无法连接到镜像仓库，请检查网络后重试。",
} as const satisfies Partial<Record<ErrorCode | Failure, string>>;

/** SWR's codes (`http/swr/errors.ts`) for what Berth has a code of its own for. */
const errors: typeof en = {
  ...own,
  "SVCSTG.SWR.4000097": own.ORGANIZATION_QUOTA_EXCEEDED,
  "SVCSTG.SWR.4000306": own.RETENTION_UNKNOWN,
  "SVCSTG.SWR.4010000": own.UNAUTHORIZED,
  "SVCSTG.SWR.4030170": own.DENIED,
  "SVCSTG.SWR.4040058": own.ORGANIZATION_UNKNOWN,
  "SVCSTG.SWR.4040078": own.PERMISSION_UNKNOWN,
  "SVCSTG.SWR.4040113": own.REPOSITORY_UNKNOWN,
  "SVCSTG.SWR.4040115": own.TAG_UNKNOWN,
  "SVCSTG.SWR.4040126": own.TRIGGER_UNKNOWN,
  "SVCSTG.SWR.4060074": own.ORGANIZATION_NOT_EMPTY,
  "SVCSTG.SWR.4090006": own.REPOSITORY_EXISTS,
  "SVCSTG.SWR.4090060": own.ORGANIZATION_EXISTS,
  "SVCSTG.SWR.4090076": own.PERMISSION_EXISTS,
  "SVCSTG.SWR.4131012": own.DESCRIPTION_TOO_LONG,
  "SVCSTG.SWR.5000000": own.UNKNOWN,
  "SVCSTG.SWR.5030000": own.UNAVAILABLE,
};

export default errors;
