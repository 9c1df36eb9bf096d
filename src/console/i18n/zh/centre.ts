import type en from "../en/centre.ts";

const centre: typeof en = {
  title: "镜像中心",
  description: "所有账号的公开镜像。",
  filters: "筛选公开镜像",
  search: "搜索公开镜像",
  architecture: "架构",
  sort: "排序",
  sortUpdated: "最近更新",
  sortName: "按名称",
  sortTags: "版本最多",
  results: "公开镜像",
  architectures: "支持的架构",
  tags_one: "{{number}} 个版本",
  tags_other: "{{number}} 个版本",
  pulls_one: "下载 {{number}} 次",
  pulls_other: "下载 {{number}} 次",
  noDescription: "暂无描述。",
  emptyTitle: "暂无公开镜像",
  emptyText: "设为公开的镜像会显示在这里。打开您的镜像，单击“编辑”即可设为公开。",
};

export default centre;
