import type en from "../en/help.ts";

const help: typeof en = {
  guides: "使用指南",
  english: "本指南目前只有英文版。",
  guide: {
    clients: "客户端：上传与下载",
    ci: "CI 免密登录",
    troubleshooting: "常见问题",
    management: "管理镜像仓库",
    "signed-images": "镜像签名",
    triggers: "触发器",
    kubernetes: "Kubernetes 触发器",
    synchronization: "镜像同步",
    "pull-through": "拉取缓存",
    aging: "镜像老化",
    quotas: "配额",
    "garbage-collection": "垃圾回收",
    "large-layers": "超大镜像层",
    cli: "命令行工具",
    security: "安全",
  },
};

export default help;
