import type en from "../en/upstreams.ts";

const upstreams: typeof en = {
  title: "拉取缓存",
  intro: "组织可以代表另一个镜像仓库：从该组织拉取的镜像来自上游仓库，并保存在这里。",
  set: "选择上游仓库",
  noneTitle: "该组织没有上游仓库",
  noneText: "选择一个上游仓库（例如 Docker Hub），即可通过该组织拉取其镜像。此后不能向该组织推送镜像。",
  noneFull: "只有没有镜像的组织才能设置上游仓库。",
  formTitle: "组织 {{name}} 的上游仓库",
  saved: "组织 {{name}} 的上游仓库保存成功。",

  remote: "远端仓库",
  remoteHint: "当前账号已登记的远端仓库，其地址和凭证在那里维护。",
  fixedHint: "组织中有镜像时不能修改。",
  noRemotes: "当前账号还没有远端仓库",
  noRemotesText: "账号管理员可以添加远端仓库。",
  path: "路径",
  pathHint: "上游仓库中镜像名称的前缀，留空表示全部。",
  tagLifetime: "版本有效期",
  tagLifetimeHint: "超过有效期后，拉取时会向上游仓库确认版本是否变化。摘要对应的内容不会变化。",
  seconds: "{{number}} 秒",
  secondsUnit: "秒",
  retention: "未拉取版本的保留时间",
  retentionHint: "留空表示永久保留。删除后再次拉取时会重新获取。",
  keptForever: "永久保留",
  days: "{{number}} 天",
  daysUnit: "天",
  visibility: "拉取权限",
  isPublic: "所有人可以拉取",
  isPrivate: "拥有组织读取权限的用户",
  publicHint: "对该组织的所有镜像生效。",
  answered: "最近一次应答",
  never: "尚无",
  rateLimit: "上游剩余拉取次数",
  limitOf: "{{left}} / {{limit}}",
  failed: "上游仓库最近一次请求失败",

  pullTitle: "拉取镜像",
  pullText: "在该组织下使用上游仓库中的镜像名称。",
  copyPull: "复制命令",

  remove: "取消上游仓库",
  removeTitle: "取消组织 {{name}} 的上游仓库？",
  removeText: "取消后可以向该组织推送镜像，镜像不再来自上游仓库。",
  removed: "组织 {{name}} 的上游仓库已取消。",
};

export default upstreams;
