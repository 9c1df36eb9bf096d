/** All Chinese texts, by area. A text that English has and this does not is a type error. */
import type english from "../en/index.ts";
import account from "./account.ts";
import aging from "./aging.ts";
import archiveErrors from "./archive-errors.ts";
import centre from "./centre.ts";
import clusters from "./clusters.ts";
import common from "./common.ts";
import errors from "./errors.ts";
import fieldNames from "./field-names.ts";
import help from "./help.ts";
import image from "./image.ts";
import images from "./images.ts";
import immutableTags from "./immutable-tags.ts";
import kit from "./kit.ts";
import lists from "./lists.ts";
import login from "./login.ts";
import operations from "./operations.ts";
import organizations from "./organizations.ts";
import overview from "./overview.ts";
import permissions from "./permissions.ts";
import quotas from "./quotas.ts";
import reasons from "./reasons.ts";
import remotes from "./remotes.ts";
import search from "./search.ts";
import session from "./session.ts";
import sharing from "./sharing.ts";
import sync from "./sync.ts";
import triggers from "./triggers.ts";
import upload from "./upload.ts";
import upstreams from "./upstreams.ts";
import usage from "./usage.ts";

const chinese: typeof english = {
  account,
  aging,
  archiveErrors,
  centre,
  clusters,
  common,
  errors,
  fieldNames,
  help,
  image,
  images,
  immutableTags,
  kit,
  lists,
  login,
  operations,
  organizations,
  overview,
  permissions,
  quotas,
  reasons,
  remotes,
  search,
  session,
  sharing,
  sync,
  triggers,
  upload,
  upstreams,
  usage,
};

export default chinese;
