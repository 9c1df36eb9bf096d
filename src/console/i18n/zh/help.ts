import { guideTitles } from "../../../kernel/guides.ts";
import type en from "../en/help.ts";

const help: typeof en = {
  guides: "使用指南",
  guide: guideTitles("zh"),
  operations: "相关 API 接口",
};

export default help;
