import type en from "../en/lists.ts";

const lists: typeof en = {
  clear: "清除筛选",
  everything: "{{label}}：全部",
  noMatchTitle: "没有匹配的结果",
  noMatchText: "请更换搜索内容或减少筛选条件。",
};

export default lists;
