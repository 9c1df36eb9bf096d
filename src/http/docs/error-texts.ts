/**
 * What each code of an error means, for the page of errors. The sentences that the console shows name the culprit and say what to do
 * next (ADR 37); these say when the code comes.
 */
import type { AnswerCode } from "../errors.ts";
import type { Localized } from "./languages.ts";

export const ERROR_TEXTS: Readonly<Record<AnswerCode, Localized>> = {
  ACCESS_KEY_LIMIT: {
    en: "The user already has as many access keys as allowed: delete one first.",
    zh: "访问密钥数量已达上限，请先删除一个。",
  },
  ACCESS_KEY_UNKNOWN: {
    en: "There is no such access key.",
    zh: "访问密钥不存在，可能已被删除。",
  },
  ACCOUNT_EXISTS: {
    en: "The name of the account is taken.",
    zh: "该账号名称已被使用。",
  },
  ACCOUNT_IN_USE: {
    en: "The account still has organizations, or is one that must stay.",
    zh: "该账号仍在使用中，不能删除。",
  },
  ACCOUNT_UNKNOWN: {
    en: "There is no such account.",
    zh: "账号不存在。",
  },
  ARCHIVE_INCOMPLETE: {
    en: "The image has a layer that may not be distributed and is not here: use `berth pull`.",
    zh: "镜像包含不可分发的层，且不在本仓库中，无法打包下载。请使用 docker pull 或 berth pull。",
  },
  ARCHIVE_TOO_LARGE: {
    en: "The image has too many manifests and layers for one archive: use `berth pull`.",
    zh: "镜像的清单和层过多，无法打包下载。请使用 berth pull；多平台镜像也可以只下载单个平台。",
  },
  BLOB_IN_USE: {
    en: "A manifest still names the blob: delete the manifest first.",
    zh: "该层仍被清单引用，请先删除清单。",
  },
  BLOB_RANGE_INVALID: {
    en: "The requested range is outside of the blob.",
    zh: "请求的范围超出了层的大小。",
  },
  BLOB_TOO_LARGE: {
    en: "The blob is larger than the registry takes.",
    zh: "镜像层过大。",
  },
  BLOB_UNKNOWN: {
    en: "There is no such blob in the image, or its bytes are lost.",
    zh: "镜像层不存在，或其数据已丢失。",
  },
  BODY_INCOMPLETE: {
    en: "The connection ended before the whole body had arrived.",
    zh: "请求在传输过程中中断，请重试。",
  },
  BODY_STALLED: {
    en: "The body came too slowly.",
    zh: "请求传输过慢，请重试。",
  },
  BODY_TOO_LARGE: {
    en: "The body of the request is too large.",
    zh: "提交的内容过大。",
  },
  CATEGORY_INVALID: {
    en: "There is no such category of images.",
    zh: "镜像分类无效。",
  },
  CLUSTER_EXISTS: {
    en: "The organization already has a cluster of this name.",
    zh: "该组织中已有同名集群。",
  },
  CLUSTER_INVALID: {
    en: "The cluster's settings are invalid, or it could not be reached.",
    zh: "集群的设置无效。",
  },
  CLUSTER_IN_USE: {
    en: "A trigger still names the cluster.",
    zh: "该集群仍被触发器使用，不能删除。",
  },
  CLUSTER_LIMIT: {
    en: "The organization already has as many clusters as allowed.",
    zh: "该组织的集群数量已达上限。",
  },
  CLUSTER_UNKNOWN: {
    en: "There is no such cluster.",
    zh: "集群不存在，可能已被删除。",
  },
  DELIVERY_UNKNOWN: {
    en: "There is no such delivery, or it is older than 30 days.",
    zh: "触发记录不存在，可能已过期。",
  },
  DENIED: {
    en: "The credentials are good, but do not allow this.",
    zh: "凭证有效，但没有执行此操作的权限。",
  },
  DESCRIPTION_TOO_LONG: {
    en: "The description is too long.",
    zh: "描述过长。",
  },
  DIGEST_INVALID: {
    en: "The digest has the wrong form, or is not that of the content.",
    zh: "摘要的格式无效，或与内容不符。",
  },
  FILTER_INVALID: {
    en: "The filter has the wrong form.",
    zh: "筛选条件无效。",
  },
  IMMUTABLE_RULE_EXISTS: {
    en: "The image already has the same immutable-tag rule.",
    zh: "该镜像已有相同的不可变版本规则。",
  },
  IMMUTABLE_RULE_UNKNOWN: {
    en: "There is no such immutable-tag rule.",
    zh: "不可变版本规则不存在，可能已被删除。",
  },
  ISSUER_INVALID: {
    en: "The issuer's address is invalid, or its keys could not be fetched.",
    zh: "签发方的地址无效，或无法获取其密钥。",
  },
  LAST_ADMINISTRATOR: {
    en: "The account would have no administrator left.",
    zh: "这是该账号的最后一个管理员，不能删除或降级。",
  },
  LOGIN_UNKNOWN: {
    en: "There is no such login, or it has ended.",
    zh: "该登录不存在，可能已结束。",
  },
  MANIFEST_BLOB_UNKNOWN: {
    en: "The manifest names something that the image does not have.",
    zh: "清单引用的部分内容不在镜像仓库中。",
  },
  MANIFEST_INVALID: {
    en: "The manifest is malformed.",
    zh: "镜像清单无效。",
  },
  MANIFEST_IN_USE: {
    en: "Another manifest still refers to this one.",
    zh: "清单仍被其他清单引用，不能删除。",
  },
  MANIFEST_TOO_LARGE: {
    en: "The manifest is too large.",
    zh: "镜像清单过大。",
  },
  MANIFEST_UNKNOWN: {
    en: "There is no such manifest or tag in the image.",
    zh: "镜像版本不存在，可能已被删除。",
  },
  MEDIA_TYPE_INVALID: {
    en: "The body must be JSON, with `Content-Type: application/json`.",
    zh: "请求的内容类型不受支持。",
  },
  NAME_INVALID: {
    en: "The name of the image is invalid.",
    zh: "镜像名称无效。",
  },
  NAME_UNKNOWN: {
    en: "There is no such image, or the caller may not know of it.",
    zh: "镜像不存在，或没有权限。",
  },
  ORDER_INVALID: {
    en: "There is no such order.",
    zh: "排序方式无效。",
  },
  ORGANIZATION_EXISTS: {
    en: "The name of the organization is taken.",
    zh: "组织名称已存在，请更换名称。",
  },
  ORGANIZATION_INVALID: {
    en: "The name is invalid or reserved: lower-case letters and digits, with `.`, `_` and `-` between them.",
    zh: "组织名称无效或为保留名称：须为小写字母和数字，中间可以有点、下划线或短横线。",
  },
  ORGANIZATION_NOT_EMPTY: {
    en: "The organization still has images.",
    zh: "组织中仍有镜像，请先删除镜像。",
  },
  ORGANIZATION_QUOTA_EXCEEDED: {
    en: "The user has created as many organizations as allowed.",
    zh: "用户创建的组织数量已达上限。",
  },
  ORGANIZATION_UNKNOWN: {
    en: "There is no such organization, or the caller may not know of it.",
    zh: "组织不存在，或没有权限。",
  },
  OVERLOADED: {
    en: "The registry is busy: try again after `Retry-After`.",
    zh: "镜像仓库繁忙，请在 `Retry-After` 指定的时间后重试。",
  },
  PAGINATION_INVALID: {
    en: "The `cursor` or `marker` is not that of a page before.",
    zh: "`cursor` 或 `marker` 不是上一页返回的值。",
  },
  PARAMETER_INVALID: {
    en: "A parameter or a field of the body is wrong: `reason.field` says which.",
    zh: "参数或请求体中的字段无效，`reason.field` 指出是哪一个。",
  },
  PARAMETER_MISSING: {
    en: "A parameter or field is missing.",
    zh: "缺少必需的参数或字段。",
  },
  PERMISSION_EXISTS: {
    en: "The user already has a permission here: change it instead.",
    zh: "该用户已有权限，请直接修改。",
  },
  PERMISSION_INVALID: {
    en: "There is no such level of permission.",
    zh: "权限级别无效。",
  },
  PERMISSION_UNKNOWN: {
    en: "The user has no permission here.",
    zh: "该用户没有权限记录，可能已被删除。",
  },
  PRECONDITION_FAILED: {
    en: "It was changed meanwhile: its version is not that of `If-Match`.",
    zh: "`If-Match` 与当前版本不符：内容已被他人修改。",
  },
  QUOTA_EXCEEDED: {
    en: "A quota of the account or organization would be exceeded.",
    zh: "超出账号或组织的配额。请删除不需要的内容，或联系运维人员提高配额。",
  },
  REMOTE_EXISTS: {
    en: "The account already has a remote registry of this name.",
    zh: "该账号已有同名远端仓库。",
  },
  REMOTE_INVALID: {
    en: "The remote registry's settings are invalid, or it could not be reached.",
    zh: "远端仓库的设置无效，或无法访问。",
  },
  REMOTE_IN_USE: {
    en: "A rule or an organization still uses the remote registry.",
    zh: "该远端仓库仍被规则或组织使用，不能删除。",
  },
  REMOTE_LIMIT: {
    en: "The account already has as many remote registries as allowed.",
    zh: "该账号的远端仓库数量已达上限。",
  },
  REMOTE_UNKNOWN: {
    en: "There is no such remote registry.",
    zh: "远端仓库不存在，可能已被删除。",
  },
  REPOSITORY_EXISTS: {
    en: "The image already exists.",
    zh: "镜像已存在。",
  },
  REPOSITORY_UNKNOWN: {
    en: "There is no such image, or the caller may not know of it.",
    zh: "镜像不存在，或没有权限。",
  },
  RETENTION_EXISTS: {
    en: "The image already has an aging rule: delete or change it.",
    zh: "该镜像已有老化规则，请先删除。",
  },
  RETENTION_INVALID: {
    en: "The aging rule is invalid.",
    zh: "老化规则无效。",
  },
  RETENTION_UNKNOWN: {
    en: "There is no such aging rule.",
    zh: "老化规则不存在，可能已被删除。",
  },
  ROUTE_UNKNOWN: {
    en: "The API has no such path or method.",
    zh: "API 没有该路径或方法。",
  },
  SHARE_EXISTS: {
    en: "The image is already shared with this account: change the share instead.",
    zh: "该镜像已共享给此账号，请直接修改。",
  },
  SHARE_LIMIT: {
    en: "The image is already shared with as many accounts as allowed.",
    zh: "共享账号数量已达上限，请先删除一个。",
  },
  SHARE_UNKNOWN: {
    en: "There is no such share.",
    zh: "共享不存在，可能已被取消。",
  },
  SIZE_INVALID: {
    en: "The content does not have the size that was announced.",
    zh: "内容的大小与声明不符。",
  },
  SYNC_JOB_ENDED: {
    en: "The job has already ended.",
    zh: "该同步任务已结束。",
  },
  SYNC_JOB_UNKNOWN: {
    en: "There is no such job, or it is older than 30 days.",
    zh: "同步任务不存在，可能已过期。",
  },
  SYNC_RULE_EXISTS: {
    en: "There is already a rule with the same target.",
    zh: "已有目标相同的同步规则。",
  },
  SYNC_RULE_INVALID: {
    en: "The settings of the synchronization rule are invalid.",
    zh: "同步规则的设置无效。",
  },
  SYNC_RULE_LIMIT: {
    en: "There are already as many synchronization rules as allowed.",
    zh: "同步规则数量已达上限。",
  },
  SYNC_RULE_UNKNOWN: {
    en: "There is no such synchronization rule.",
    zh: "同步规则不存在，可能已被删除。",
  },
  TAG_EXISTS: {
    en: "The tag already exists.",
    zh: "镜像版本已存在。",
  },
  TAG_IMMUTABLE: {
    en: "An immutable-tag rule keeps the tag: it cannot be overwritten or deleted.",
    zh: "该镜像版本不可变，不能覆盖或删除。",
  },
  TAG_INVALID: {
    en: "The name of the tag is invalid: 1 to 128 letters, digits, `_`, `.` and `-`, the first no `.` or `-`.",
    zh: "镜像版本名称无效：须为 1 到 128 个字母、数字、`_`、`.` 或 `-`，且不以 `.` 或 `-` 开头。",
  },
  TAG_UNKNOWN: {
    en: "There is no such tag.",
    zh: "镜像版本不存在，可能已被删除。",
  },
  TOO_MANY_RANGES: {
    en: "The request asks for too many ranges.",
    zh: "请求的范围过多。",
  },
  TOO_MANY_REQUESTS: {
    en: "Too many requests or attempts to log in: try again after `Retry-After`.",
    zh: "请求或登录尝试过于频繁，请在 `Retry-After` 指定的时间后重试。",
  },
  TOO_MANY_TAGS: {
    en: "One push sets too many tags.",
    zh: "一次推送设置的镜像版本过多。",
  },
  TRIGGER_EXISTS: {
    en: "The image already has a trigger of this name.",
    zh: "该镜像已有同名触发器。",
  },
  TRIGGER_INVALID: {
    en: "The trigger's settings are invalid.",
    zh: "触发器的设置无效。",
  },
  TRIGGER_LIMIT: {
    en: "The image already has as many triggers as allowed.",
    zh: "该镜像的触发器数量已达上限。",
  },
  TRIGGER_UNKNOWN: {
    en: "There is no such trigger.",
    zh: "触发器不存在，可能已被删除。",
  },
  TRUST_RULE_EXISTS: {
    en: "The account already has a trust rule of this name.",
    zh: "该账号已有同名信任规则。",
  },
  TRUST_RULE_INVALID: {
    en: "The trust rule's settings are invalid.",
    zh: "信任规则的设置无效。",
  },
  TRUST_RULE_LIMIT: {
    en: "The account already has as many trust rules as allowed.",
    zh: "该账号的信任规则数量已达上限。",
  },
  TRUST_RULE_UNKNOWN: {
    en: "There is no such trust rule.",
    zh: "信任规则不存在，可能已被删除。",
  },
  UNAUTHORIZED: {
    en: "There are no credentials, or they are wrong or no longer valid.",
    zh: "没有认证，或凭证无效、已失效。",
  },
  UNAVAILABLE: {
    en: "The request was interrupted, or storage failed: it may be repeated.",
    zh: "请求被中断，或存储暂时不可用，可以重试。",
  },
  UNKNOWN: {
    en: "The registry failed: the request may be repeated.",
    zh: "镜像仓库内部出错，可以重试。",
  },
  UNSUPPORTED: {
    en: "The registry does not do this.",
    zh: "镜像仓库不支持此操作。",
  },
  UPLOAD_INVALID: {
    en: "The request of an upload is malformed.",
    zh: "上传请求无效。",
  },
  UPLOAD_RANGE_INVALID: {
    en: "The chunk is at the wrong offset: the answer says where to go on.",
    zh: "上传的位置不正确，响应中说明应从哪里继续。",
  },
  UPLOAD_UNKNOWN: {
    en: "There is no such upload, or it has ended.",
    zh: "上传不存在或已结束，请重新上传。",
  },
  UPSTREAM_FAILED: {
    en: "The registry elsewhere could not be reached, or failed.",
    zh: "上游仓库无法访问或请求失败，请稍后重试。",
  },
  UPSTREAM_UNKNOWN: {
    en: "The organization stands for no registry elsewhere.",
    zh: "该组织没有上游仓库。",
  },
  USER_EXISTS: {
    en: "The name of the user is taken.",
    zh: "该用户名已被使用。",
  },
  USER_LIMIT: {
    en: "The account already has as many users as allowed.",
    zh: "该账号的用户数量已达上限。",
  },
  USER_RESERVED: {
    en: "The name is reserved for the deployment's administrator or for jobs.",
    zh: "该用户名保留给部署的管理员或任务登录，请更换名称。",
  },
  USER_UNKNOWN: {
    en: "There is no such user.",
    zh: "用户不存在，可能已被删除。",
  },
};
