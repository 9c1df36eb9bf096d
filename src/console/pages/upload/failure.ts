/** What went wrong with an archive, in a sentence that says what to do (guide 7.3.3). */
import i18next, { type TFunction } from "i18next";
import { formatBytes } from "../../ui/index.ts";
import type { UploadFailure } from "./worker-protocol.ts";

/** @param organization where the images were to go. */
export function describeFailure(failure: UploadFailure, organization: string, t: TFunction<"upload">): string {
  switch (failure.kind) {
    case "archive": {
      const { code, message, particulars } = failure;
      const { limit, ...names } = particulars;
      const values = { ...names, ...(limit !== undefined && { limit: formatBytes(limit), count: limit }) };
      // English has the sentences of the module that finds the errors.
      return i18next.exists(code, { ns: "archiveErrors" })
        ? i18next.t(code, { ...values, ns: "archiveErrors" })
        : message;
    }
    case "refused":
      if (failure.status === 401) return t("failedSignedOut");
      // To whom has no right at all the organization does not exist.
      if (failure.status === 403 || failure.code === "ORGANIZATION_UNKNOWN") return t("failedDenied", { organization });
      return t("failedRefused", { message: failure.message });
    case "network":
      return t("failedNetwork");
    case "other":
      return t("failedOther", { message: failure.message });
    default:
      return failure satisfies never;
  }
}
