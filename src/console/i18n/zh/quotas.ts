import type en from "../en/quotas.ts";

const quotas: typeof en = {
  title: "配额",
  description: "各账号和组织可使用的共享资源上限。",
  storedBytes: "存储空间",
  manifestBytes: "Manifest 大小",
  images: "镜像数",
  tags: "镜像版本数",
  openUploads: "进行中的上传",
  comma: "、",
  unlimited: "不限",
  full: "配额已用完：{{names}}。超出配额的上传会被拒绝。请删除不需要的内容，或联系运维人员提高配额。",
  nearlyFull: "已使用超过 80%：{{names}}。",
  organizationHint: "每个镜像层只计算一次。账号的配额同时生效。",
  accountHint: "账号下所有组织的合计。",

  change: "修改上限",
  changeTitle: "{{name}} 的上限",
  changed: "{{name}} 的上限已修改。",
  default: "默认：{{limit}}",
  limited: "最多",
  limitOf: "上限：{{name}}",

  defaults: "默认上限",
  defaultsHint: "适用于没有单独设置上限的账号和组织。",
  resource: "配额",
  each: { organization: "每个组织", account: "每个账号" },
  changeDefaults: { organization: "修改组织默认值", account: "修改账号默认值" },
  defaultsTitle: { organization: "组织的默认上限", account: "账号的默认上限" },
  defaultsChanged: "默认上限已修改。",

  one: "单个账号或组织",
  oneHint: "可以是镜像仓库中的任何账号。",
  kind: "类型",
  kinds: { organization: "组织", account: "账号" },
  name: "名称",
  show: "查看",
  titleOf: { organization: "组织 {{name}}", account: "账号 {{name}}" },
};

export default quotas;
