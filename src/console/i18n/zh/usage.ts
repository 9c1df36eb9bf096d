import type en from "../en/usage.ts";

const usage: typeof en = {
  title: "每日用量",
  date: "日期 (UTC)",
  period: "时间范围",
  days_one: "最近 {{count}} 天",
  days_other: "最近 {{count}} 天",
  stored: "存储量",
  pulledBytes: "下载流量",
  tags: "镜像版本数",
  pulls: "下载次数",
  atEnd: "每天结束时（UTC）",
  perDay: "按天统计（UTC）",
};

export default usage;
