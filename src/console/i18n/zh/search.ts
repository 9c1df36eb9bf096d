import type en from "../en/search.ts";

const search: typeof en = {
  title: "搜索",
  placeholder: "镜像、版本、组织、页面和操作",
  hint: "输入“镜像:版本”可查找镜像版本，也可粘贴完整的镜像地址。",
  hintWithin: "输入“镜像:版本”可查找镜像版本。在镜像页面中，直接输入版本名即可查找该镜像的版本。",
  pages: "页面",
  actions: "操作",
  images: "镜像",
  tags: "镜像版本",
  organizations: "组织",
  digest: "摘要",
  results: "搜索结果",
  count_one: "1 个结果",
  count_other: "{{count}} 个结果",
  searching: "正在搜索…",
  nothing: "没有找到匹配的内容。",
  failed: "部分内容搜索失败：{{reason}}",
  showAll: "包含“{{text}}”的全部镜像",
  action: {
    temporaryLogin: "临时登录指令",
    permanentLogin: "长期有效登录指令",
    createImage: "创建镜像",
    pushSteps: "客户端上传镜像",
    createOrganization: "创建组织",
    addUser: "添加用户",
    theme_system: "主题：跟随系统",
    theme_light: "主题：浅色",
    theme_dark: "主题：深色",
    language: "语言：{{name}}",
  },
};

export default search;
