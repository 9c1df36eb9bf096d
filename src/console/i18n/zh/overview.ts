import type en from "../en/overview.ts";

const overview: typeof en = {
  title: "总览",
  account: "账号 {{name}}",
  upload: "页面上传",
  loginCommand: "登录指令",

  organizations: "组织",
  images: "镜像",
  tags: "镜像版本",
  stored: "存储量",
  pulled: "下载流量",
  pulledNote: "最近 30 天",

  pulledChart: "下载流量",
  storedChart: "存储量",
  quotas: "账号配额",
  perDay: "按天统计（UTC）",

  firstTitle: "上传第一个镜像",
  firstUpload: "如果本机没有 Docker，可以上传镜像压缩包：",

  pushes: "最近上传",
  noPushes: "最近没有上传镜像。",
  failing: "执行失败的触发器",
  failedSyncs: "未能同步到远端仓库的版本",
  deliveries: "最近的触发记录",
  noDeliveries: "最近没有触发器被触发。可在镜像详情页添加触发器。",
  by: "由 {{name}} 上传",
  status: {
    pending: "等待中",
    rolling: "部署中",
    success: "成功",
    failed: "失败",
    superseded: "已被取代",
    dead: "已放弃",
  },
};

export default overview;
