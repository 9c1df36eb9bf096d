import type en from "../en/permissions.ts";

const permissions: typeof en = {
  user: "用户",
  right: "权限",
  you: "您",
  readMeans: "只能下载镜像，不能上传。",
  editMeans: "下载镜像、上传镜像、编辑镜像属性以及添加触发器。",
  manageMeans: "下载镜像、上传镜像、删除镜像或版本、编辑镜像属性、添加授权、添加触发器以及共享镜像。",

  grant: "添加授权",
  grantTitle: "添加授权",
  findUser: "用户名称",
  findUserHint: "输入用户名称的一部分。已有授权的用户不会列出。",
  administrator: "账号管理员：默认拥有全部管理权限",
  chosen: "待授权的用户",
  noneChosen: "尚未选择用户",
  leaveOut: "不添加 {{name}}",
  rightOf: "{{name}} 的权限",
  submit_one: "为 {{count}} 个用户授权",
  submit_other: "为 {{count}} 个用户授权",
  granted_one: "已为 {{count}} 个用户添加授权。",
  granted_other: "已为 {{count}} 个用户添加授权。",

  changed: "{{name}} 的权限已改为：{{level}}。",
  undo: "撤销",
  revoke: "删除",
  revokeOf: "删除 {{name}} 的授权",
  revokeTitle: "删除 {{name}} 的授权？",
  revokeText: "{{name}} 将在五分钟内失去此处的权限，通过其他方式获得的权限不受影响。",
  revoked: "已删除 {{name}} 的授权。",
  more: "组织授权：{{level}}",

  ofImage: "本镜像的授权",
  ofImageNote: "与组织授权同时存在时，以较高者为准。您自己的权限：{{level}}。",
  ofImageEmpty: "尚未就本镜像为其他用户授权",
  ofImageEmptyText: "为只需要下载或上传本镜像的用户添加授权。",
  ofOrganization: "组织授权",
  ofOrganizationNote: "对组织 {{organization}} 内所有镜像有效。账号管理员默认拥有全部管理权限，不在此列出。",
  ofOrganizationHidden: "您只拥有本镜像的权限，因此不显示组织授权。",
  ofOrganizationEmpty: "没有其他用户拥有组织授权",
  changeThere: "在组织中修改",
};

export default permissions;
