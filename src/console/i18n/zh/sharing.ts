import type en from "../en/sharing.ts";

const sharing: typeof en = {
  title: "共享列表",
  intro: "被共享账号下的所有用户只能下载该镜像。",
  share: "共享镜像",
  shareTitle: "共享镜像 {{image}}",
  changeTitle: "共享给 {{account}}",
  emptyTitle: "尚未共享给其他账号",
  emptyText: "将此私有镜像共享给其他账号，其用户即可下载。",
  emptyRead: "拥有该镜像管理权限的用户可以共享镜像。",
  publicTitle: "不支持共享公开镜像",
  publicText: "所有用户都可以下载公开镜像。如需共享给指定账号，请先将镜像类型改为“私有”。",
  publicShares: "镜像改为私有后，以下共享重新生效：",

  account: "共享给",
  accountHint: "输入对方的账号名称，可向对方的账号管理员询问。",
  accountUnknown: "该账号不存在。",
  accountShared: "该镜像已共享给此账号，请直接修改原有共享。",
  until: "截止日期",
  untilHint: "共享在当天（UTC）结束时到期。",
  untilMissing: "请选择截止日期，或勾选“永久有效”。",
  forever: "永久有效",
  note: "描述",
  right: "权限",
  rightPull: "下载",
  status: "状态",
  states: { active: "有效", ended: "已到期", public: "镜像已公开" },
  by: "共享者",
  userGone: "已删除的用户",
  created: "创建时间",

  added: "已共享给 {{account}}。",
  changed: "已修改对 {{account}} 的共享。",
  stop: "停止共享",
  stopTitle: "停止共享给 {{account}}？",
  stopText: "五分钟内，{{account}} 的用户将不能再下载该镜像。",
  stopped: "已停止共享给 {{account}}。",
  actionsOf: "{{account}} 的操作",

  pullTitle: "对方如何下载",
  pullText: "对方在“我的镜像 > 他人共享”页面查看该镜像，登录后执行：",
  copyCommand: "复制指令",
};

export default sharing;
