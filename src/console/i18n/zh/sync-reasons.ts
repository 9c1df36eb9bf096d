import type { SyncReasonCode } from "../../../kernel/sync-reasons.ts";

/** `message` is text from another registry or a library and stays in its language. */
const syncReasons: Record<SyncReasonCode, string> = {
  COPIED: "已复制",
  THERE_ALREADY: "目标仓库中已有该版本",
  COMPANIONS_KEPT: "以下版本在目标仓库中保持不变：{{tags}}",
  REFERRERS_LEFT_OUT: "引用该镜像的内容过多，未全部复制",
  TAG_DIFFERS: "目标仓库中已有版本 {{tag}}，内容为 {{digest}}",
  TAG_DIFFERS_SOMEHOW: "目标仓库中已有版本 {{tag}}，内容不同",

  DELETED: "已删除",
  NOT_THERE: "目标仓库中没有该版本",
  DELETION_DIFFERS: "目标仓库中的版本 {{tag}} 内容为 {{digest}}，予以保留",
  DELETION_DIFFERS_SOMEHOW: "目标仓库中的版本 {{tag}} 内容不同，予以保留",

  CANCELLED: "已由 {{user}} 取消",
  SUPERSEDED: "该版本有更新的推送，本任务不再执行",
  RULE_DELETED: "同步规则已被删除",
  REMOTE_GONE: "远端仓库 {{remote}} 已被删除",
  MANIFEST_GONE: "镜像中已没有 {{digest}}",
  CONTENT_MISSING: "镜像内容缺失：{{message}}",
  ADDRESS_REFUSED: "不允许访问该地址：{{message}}",

  REFUSED: "{{host}} 应答 {{status}}：{{message}}",
  NO_ANSWER: "目标仓库没有应答：{{message}}",
  NOTHING_TAKEN: "目标仓库在 {{minutes}} 分钟内没有接收任何数据",
  UPLOAD_LOST: "目标仓库丢失了上传进度：{{message}}",
  CONTENT_DIFFERS: "内容与摘要或大小不符：{{message}}",
  PROTOCOL_VIOLATED: "目标仓库的应答不符合规范：{{message}}",
  OVERLOADED: "镜像仓库繁忙：{{message}}",
  IMPOSSIBLE: "无法执行：{{message}}",
  REGISTRY_FAILED: "镜像仓库内部出错",

  GIVEN_UP_AFTER_TRIES: "尝试 {{tries}} 次后放弃",
  GIVEN_UP_AFTER_DAYS: "{{days}} 天后放弃",
};

export default syncReasons;
