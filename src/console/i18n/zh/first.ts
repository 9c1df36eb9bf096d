/** The areas of texts that the first view needs; `index.ts` has all. */
import common from "./common.ts";
import errors from "./errors.ts";
import kit from "./kit.ts";
import overview from "./overview.ts";
import session from "./session.ts";

export default { common, errors, kit, overview, session };
