import type en from "../en/remotes.ts";

const remotes: typeof en = {
  title: "远端仓库",
  description: "账号 {{account}} 的镜像可同步到这些仓库，或从这些仓库获取。",
  add: "添加仓库",
  addTitle: "添加远端仓库",
  editTitle: "远端仓库 {{name}}",
  emptyTitle: "还没有远端仓库",
  emptyText: "添加后，推送的镜像可自动同步到该仓库，也可由本仓库的组织代理该仓库中的镜像。",

  name: "名称",
  nameRules: "由字母、数字、点、下划线和中划线组成，添加后不能修改。SWR 接口称之为区域。",
  url: "地址",
  urlHint: "须为 HTTPS 地址，且本仓库能够访问。docker.io 表示 Docker Hub。",
  username: "用户名",
  usernameHint: "无需登录时请留空。",
  password: "密码或访问令牌",
  passwordHint: "加密保存，不再显示。",
  passwordKeep: "留空则保留现有密码。更换地址或用户名时必须重新填写。",
  test: "保存前测试连接",
  testHint: "远端仓库须能应答并接受凭证，不会改动其内容。",
  anonymous: "匿名",
  updated: "修改时间",
  added: "远端仓库 {{name}} 添加成功。",
  saved: "远端仓库 {{name}} 保存成功。",
  actionsOf: "{{name}} 的操作",

  tryOut: "测试",
  works: "{{name}} 连接正常，凭证有效。",
  fails: "{{name}} 无法使用",

  deleteTitle: "删除远端仓库 {{name}}？",
  deleteText: "本仓库将不再保存其地址和凭证，远端内容不受影响。仍被规则或组织使用时不能删除。",
  deleteConfirm: "删除仓库",
  deleted: "远端仓库 {{name}} 删除成功。",
};

export default remotes;
