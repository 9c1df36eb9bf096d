import type en from "../en/organizations.ts";

const organizations: typeof en = {
  title: "组织管理",
  intro: "组织用于隔离镜像仓库，每个组织可对应一个公司或部门，将其拥有的镜像集中在该组织下。",
  label: "组织",
  filters: "筛选组织",
  search: "搜索组织",
  name: "组织名称",
  right: "我的权限",
  singleImages: "部分镜像",
  singleImagesHint: "您只拥有该组织中部分镜像的权限。",
  images: "镜像数",
  users: "用户数",
  createdBy: "创建者",
  userGone: "已删除的用户",
  created: "创建时间",

  emptyTitle: "还没有组织",
  emptyText: "上传镜像前，请先创建组织。",
  nothingFound: "没有名称包含该内容的组织",

  create: "创建组织",
  createName: "组织名称",
  createRules:
    "1-64个字符，由小写字母、数字、点、下划线和中划线组成，以字母开头，以字母或数字结尾，分隔符不能连续（两个下划线除外）。组织名称全局唯一。",
  quota: "您已创建 {{used}} 个组织，配额为 {{limit}} 个。",
  quotaFull: "您已创建 {{limit}} 个组织，达到配额上限。请删除不用的组织，或联系运维人员提高配额。",
  createdToast: "组织 {{name}} 创建成功。",

  tabImages: "镜像",
  tabMembers: "用户",
  tabSync: "镜像同步",
  tabClusters: "集群",
  tabUpstream: "拉取缓存",
  tabUsage: "用量",
  facts: "创建者：{{name}}",
  missingTitle: "组织不存在",
  missingText: "该组织可能已被删除，或您没有权限。",
  backToList: "返回组织管理",
  tabMissing: "该页签不存在，或您没有权限。",

  delete: "删除",
  deleteTitle: "删除组织 {{name}}？",
  deleteText: "组织的授权、集群和设置将一并删除。十分钟内其他账号不能使用该名称。此操作无法撤销。",
  deleteConfirm: "删除组织",
  deleted: "组织 {{name}} 已删除。",
  notEmptyTitle: "组织 {{name}} 中还有镜像",
  notEmpty: "删除组织前，请先删除组织下的所有镜像。",
  showImages: "查看镜像",

  searchImages: "搜索镜像",
  imageName: "镜像名称",
  tags: "版本数",
  size: "大小",
  updated: "更新时间",
  openInImages: "在“我的镜像”中查看",
  noImagesTitle: "还没有镜像",
  noImagesRead: "上传到该组织的镜像会显示在这里。",
  noImagesPush: "上传第一个镜像：",
  copyPush: "复制指令",
  noImageFound: "没有名称包含该内容的镜像",

  membersTitle: "对组织内所有镜像拥有权限的用户",
  membersNote: "账号管理员默认拥有所有组织下的镜像管理权限，即使不在此列表中。",

  imageBytes: "镜像总大小",
  imageBytesHint: "多个镜像共有的内容重复计算。",
  quotas: "配额",
};

export default organizations;
