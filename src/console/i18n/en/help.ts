import { guideTitles } from "../../../kernel/guides.ts";
/** Guides. */
const help = {
  guides: "Guides",
  guide: guideTitles("en"),
  operations: "Operations of the API for this",
};

export default help;
