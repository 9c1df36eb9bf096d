import type { Icon } from "./icons.tsx";
import { IconDanger, IconInfo, IconSuccess, IconWarning } from "./icons.tsx";

/** What kind of news something is. Colour never says it alone: each has an icon. */
export type Tone = "info" | "success" | "warning" | "danger";

export const TONE_ICONS: Record<Tone, Icon> = {
  info: IconInfo,
  success: IconSuccess,
  warning: IconWarning,
  danger: IconDanger,
};
