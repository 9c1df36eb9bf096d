import type en from "../en/images.ts";

const images: typeof en = {
  title: "我的镜像",
  tabs: { own: "自有镜像", sharedByMe: "我共享的镜像", sharedWithMe: "他人共享", public: "公开镜像" },
  category: {
    app_server: "应用服务器",
    linux: "Linux",
    windows: "Windows",
    arm: "Arm",
    framework_app: "框架与应用",
    database: "数据库",
    lang: "语言",
    other: "其他",
  },

  filters: "筛选镜像",
  search: "搜索镜像",
  categoryLabel: "分类",
  visibility: "类型",
  name: "镜像名称",
  account: "账号",
  tags: "版本数",

  upload: "页面上传",
  clientUpload: "客户端上传",
  create: "创建镜像",

  emptyTitle: "暂无镜像",
  emptyText: "请使用 docker 客户端上传，或在页面上传 docker save 制作的镜像压缩包。",
  emptyPublicTitle: "暂无公开镜像",
  emptyPublicText: "各账号设为公开的镜像会显示在这里。",

  pushTitle: "客户端上传镜像",
  pushLogin: "登录镜像仓库，每台机器只需一次。",
  pushLoginLink: "获取登录指令",
  pushTag: "为本地镜像设置版本（docker tag）。",
  pushPush: "上传镜像至镜像仓库。",
  pushNewOrganization: "组织不存在时，上传会自动创建。",
  pushNeedsOrganization: "您还没有可以上传镜像的组织。",
  pushCreateOrganization: "请先创建组织",
  yourOrganization: "组织名称",

  sharedBy: {
    account: "共享给",
    emptyTitle: "您还没有共享镜像",
    emptyText: "打开一个私有镜像，在“共享”页签中共享给其他账号。",
  },
  sharedWith: {
    account: "共享者",
    emptyTitle: "还没有其他账号共享镜像给您",
    emptyText: "请将您的账号名称 {{account}} 告知对方，以便共享。",
  },
  until: "截止日期",
  note: "描述",
  since: "共享时间",
  status: "状态",

  createTitle: "创建镜像",
  organization: "组织",
  organizationRule: "需要具备该组织的编辑权限。",
  organizationUnknown: "请从列表中选择组织。",
  imageName: "镜像名称",
  imageNameRule: "小写字母和数字，中间可使用 . _ -，最多 128 个字符，可用 / 分级。",
  privateHint: "仅被授权的用户和被共享的账号可以下载。",
  publicHint: "所有用户都可以下载。",
  description: "描述",
  descriptionHint: "支持 Markdown，最多 30,000 个字符。",
  created: "镜像 {{name}} 已创建。",
  nameTaken: "该组织中已有同名镜像。",
  nameInvalid: "镜像名称不符合命名规范。",
};

export default images;
