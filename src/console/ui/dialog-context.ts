import { createContext } from "react";

/** Whether something is shown in a dialog; a form's buttons stand elsewhere there. */
export const InDialogContext = /* @__PURE__ */ createContext(false);
