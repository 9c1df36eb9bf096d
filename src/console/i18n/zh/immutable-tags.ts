import type en from "../en/immutable-tags.ts";

const immutableTags: typeof en = {
  title: "不可变版本",
  intro: "在规则取消之前，任何人（包括管理员）都不能覆盖或删除匹配的镜像版本。",
  pattern: "匹配模式",
  createdBy: "创建者",
  userGone: "已删除的用户",
  created: "创建时间",
  add: "添加规则",
  addTitle: "设置不可变版本",
  hint: "最多50个字符，区分大小写。",
  submit: "设为不可变",
  added: "匹配 {{pattern}} 的镜像版本已不可变。",
  lift: "取消规则 {{pattern}}",
  liftTitle: "取消规则 {{pattern}}？",
  liftText: "仅由此规则保护的镜像版本将可以再次被覆盖和删除。",
  liftConfirm: "取消规则",
  lifted: "规则 {{pattern}} 已取消。",
  emptyTitle: "所有镜像版本均可覆盖和删除",
  emptyText: "为需要保持不变的镜像版本（例如发布版本）添加规则。",
  syntax: "匹配模式的写法",
  syntaxAny: "任意个字符",
  syntaxOne: "任意一个字符",
  syntaxSet: "其中任意一个字符",
  syntaxNotSet: "除此以外的任意一个字符",
  syntaxExact: "仅此版本",
};

export default immutableTags;
