import type { ReactNode } from "react";

/** Icons are drawn on a grid of 16, in the colour of the text around them, and never carry meaning alone. */
export interface IconProps {
  /** Width and height in CSS pixels. */
  size?: 16 | 20;
}

export type Icon = (props: IconProps) => ReactNode;

function icon(shape: ReactNode): Icon {
  return function StrokeIcon({ size = 16 }: IconProps) {
    return (
      <svg
        width={size}
        height={size}
        viewBox="0 0 16 16"
        fill="none"
        stroke="currentColor"
        strokeWidth={size === 20 ? 1.3 : 1.5}
        strokeLinecap="round"
        strokeLinejoin="round"
        aria-hidden="true"
        focusable="false"
      >
        {shape}
      </svg>
    );
  };
}

export const IconPlus = /* @__PURE__ */ icon(<path d="M8 3v10M3 8h10" />);
export const IconMinus = /* @__PURE__ */ icon(<path d="M3 8h10" />);
export const IconClose = /* @__PURE__ */ icon(<path d="m4 4 8 8m0-8-8 8" />);
export const IconCheck = /* @__PURE__ */ icon(<path d="m3 8.5 3.5 3.5L13 4.5" />);
export const IconSearch = /* @__PURE__ */ icon(<path d="M7 12A5 5 0 1 0 7 2a5 5 0 0 0 0 10Zm3.6-1.4L14 14" />);
export const IconCopy = /* @__PURE__ */ icon(
  <path d="M6.5 5.5h6a1 1 0 0 1 1 1v6a1 1 0 0 1-1 1h-6a1 1 0 0 1-1-1v-6a1 1 0 0 1 1-1Zm-3 5a1 1 0 0 1-1-1v-6a1 1 0 0 1 1-1h6a1 1 0 0 1 1 1" />,
);
export const IconMore = /* @__PURE__ */ icon(<path d="M3 8h.01M8 8h.01M13 8h.01" strokeWidth={2} />);
export const IconMenu = /* @__PURE__ */ icon(<path d="M2.5 4h11M2.5 8h11M2.5 12h11" />);
export const IconChevronDown = /* @__PURE__ */ icon(<path d="m4 6 4 4 4-4" />);
export const IconChevronUp = /* @__PURE__ */ icon(<path d="m4 10 4-4 4 4" />);
export const IconChevronStart = /* @__PURE__ */ icon(<path d="m10 4-4 4 4 4" />);
export const IconChevronEnd = /* @__PURE__ */ icon(<path d="m6 4 4 4-4 4" />);
export const IconArrowUp = /* @__PURE__ */ icon(<path d="M8 13V3M4 7l4-4 4 4" />);
export const IconArrowDown = /* @__PURE__ */ icon(<path d="M8 3v10M4 9l4 4 4-4" />);
export const IconSort = /* @__PURE__ */ icon(<path d="m5 6 3-3 3 3M5 10l3 3 3-3" />);
export const IconExternal = /* @__PURE__ */ icon(
  <path d="M9.5 2.5h4v4m0-4L7.5 8.5M6.5 3.5h-3a1 1 0 0 0-1 1v8a1 1 0 0 0 1 1h8a1 1 0 0 0 1-1v-3" />,
);
export const IconTrash = /* @__PURE__ */ icon(
  <path d="M2.5 4.5h11M6 4.5v-2h4v2m-6.5 0 .6 8.1a1 1 0 0 0 1 .9h5.8a1 1 0 0 0 1-.9l.6-8.1M6.5 7.5v3m3-3v3" />,
);
export const IconEdit = /* @__PURE__ */ icon(<path d="m2.5 13.5.7-3L10.7 3l2.3 2.3-7.5 7.5-3 .7ZM9 4.7 11.3 7" />);
export const IconDownload = /* @__PURE__ */ icon(<path d="M8 2v8M4.5 7 8 10.5 11.5 7M2.5 13.5h11" />);
export const IconUpload = /* @__PURE__ */ icon(<path d="M8 10.5v-8M4.5 5.5 8 2l3.5 3.5M2.5 13.5h11" />);
export const IconRefresh = /* @__PURE__ */ icon(<path d="M13.5 8a5.5 5.5 0 1 1-1.6-3.9l1.6 1.6m0-3.2v3.2h-3.2" />);
export const IconFilter = /* @__PURE__ */ icon(<path d="M2.5 4h11M4.5 8h7M6.5 12h3" />);
export const IconCalendar = /* @__PURE__ */ icon(
  <path d="M3.5 3.5h9a1 1 0 0 1 1 1v8a1 1 0 0 1-1 1h-9a1 1 0 0 1-1-1v-8a1 1 0 0 1 1-1Zm-1 3h11M5.5 2v3m5-3v3" />,
);
export const IconClock = /* @__PURE__ */ icon(<path d="M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12Zm0-9.5V8l2.5 1.5" />);
export const IconInfo = /* @__PURE__ */ icon(<path d="M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12Zm0-6.5V11M8 5h.01" />);
export const IconHelp = /* @__PURE__ */ icon(
  <path d="M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12ZM6.2 6.2a1.8 1.8 0 1 1 2.6 1.6c-.5.3-.8.6-.8 1.2v.2M8 11.3h.01" />,
);
export const IconSuccess = /* @__PURE__ */ icon(
  <path d="M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12ZM5.5 8.2l1.8 1.8 3.2-3.7" />,
);
export const IconWarning = /* @__PURE__ */ icon(
  <path d="M7.1 2.7 1.6 12a1 1 0 0 0 .9 1.5h11a1 1 0 0 0 .9-1.5L8.9 2.7a1 1 0 0 0-1.8 0ZM8 6.5v3m0 2h.01" />,
);
export const IconDanger = /* @__PURE__ */ icon(<path d="M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12Zm0-9v3.5M8 11h.01" />);
export const IconUser = /* @__PURE__ */ icon(
  <path d="M8 8a2.75 2.75 0 1 0 0-5.5A2.75 2.75 0 0 0 8 8Zm-5.5 5.5c0-2 2.2-3.2 5.5-3.2s5.5 1.2 5.5 3.2" />,
);
export const IconUsers = /* @__PURE__ */ icon(
  <path d="M6 8a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5Zm-4.5 5c0-1.8 1.8-2.8 4.5-2.8s4.5 1 4.5 2.8M10.5 3.2a2.5 2.5 0 0 1 0 4.6m1.6 2.7c1.5.4 2.4 1.2 2.4 2.5" />,
);
export const IconOrganization = /* @__PURE__ */ icon(
  <path d="M2.5 13.5v-10a1 1 0 0 1 1-1h4a1 1 0 0 1 1 1v10m0-7h4a1 1 0 0 1 1 1v6m-12 0h13M5 5.5h1M5 8h1m-1 2.5h1m5-1.5h0m0 2h0" />,
);
export const IconImage = /* @__PURE__ */ icon(
  <path d="m8 1.8 5.5 3v6.4l-5.5 3-5.5-3V4.8l5.5-3Zm0 6.4 5.5-3.3M8 8.2 2.5 4.9M8 8.2v6" />,
);
export const IconLayers = /* @__PURE__ */ icon(<path d="m8 2 6 3-6 3-6-3 6-3Zm6 6-6 3-6-3m12 3-6 3-6-3" />);
export const IconTag = /* @__PURE__ */ icon(
  <path d="M2.5 2.5h5l6 6a1 1 0 0 1 0 1.4l-3.6 3.6a1 1 0 0 1-1.4 0l-6-6v-5Zm3 3h.01" />,
);
export const IconKey = /* @__PURE__ */ icon(
  <path d="M5 14a3 3 0 1 0 0-6 3 3 0 0 0 0 6Zm2.2-5.2L13 3m-2.5 2.5 2 2M9 7l1.5 1.5" />,
);
export const IconLock = /* @__PURE__ */ icon(
  <path d="M4 7.5h8a1 1 0 0 1 1 1V13a1 1 0 0 1-1 1H4a1 1 0 0 1-1-1V8.5a1 1 0 0 1 1-1Zm1.5 0V5a2.5 2.5 0 0 1 5 0v2.5" />,
);
export const IconGlobe = /* @__PURE__ */ icon(
  <path d="M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12ZM2 8h12M8 2c2 1.8 2.6 3.8 2.6 6S10 12.2 8 14c-2-1.8-2.6-3.8-2.6-6S6 3.8 8 2Z" />,
);
export const IconShare = /* @__PURE__ */ icon(
  <path d="M4 10a2 2 0 1 0 0-4 2 2 0 0 0 0 4Zm8-4a2 2 0 1 0 0-4 2 2 0 0 0 0 4Zm0 8a2 2 0 1 0 0-4 2 2 0 0 0 0 4ZM5.8 7.1l4.4-2.2M5.8 8.9l4.4 2.2" />,
);
export const IconBolt = /* @__PURE__ */ icon(<path d="M9 1.8 3 9h4.2L6.6 14.2 13 6.6H8.6L9 1.8Z" />);
export const IconHistory = /* @__PURE__ */ icon(
  <path d="M2.5 8a5.5 5.5 0 1 0 1.6-3.9L2.5 5.7m0-3.2v3.2h3.2M8 5v3l2 1.5" />,
);
export const IconUndo = /* @__PURE__ */ icon(<path d="M5.5 3 2.5 6l3 3m-3-3h7a4 4 0 0 1 0 8H6" />);
export const IconCompare = /* @__PURE__ */ icon(
  <path d="M5 2.5 2.5 5 5 7.5M2.5 5h11M11 8.5l2.5 2.5-2.5 2.5m2.5-2.5h-11" />,
);
export const IconChart = /* @__PURE__ */ icon(<path d="M2.5 2.5v11h11M5.5 11V8.5M8.5 11V5.5M11.5 11V7" />);
export const IconAudit = /* @__PURE__ */ icon(
  <path d="M4 1.8h5.5L13 5.3v7.9a1 1 0 0 1-1 1H4a1 1 0 0 1-1-1V2.8a1 1 0 0 1 1-1ZM5.5 7.5h5m-5 3h5M9.5 2v3.5H13" />,
);
export const IconRecycle = /* @__PURE__ */ icon(
  <path d="M2.5 4.5h11v2h-11v-2Zm1 2v6a1 1 0 0 0 1 1h7a1 1 0 0 0 1-1v-6M6.5 9h3" />,
);
export const IconHome = /* @__PURE__ */ icon(<path d="m2.5 7.5 5.5-5 5.5 5v6h-4v-4h-3v4h-4v-6Z" />);
export const IconTerminal = /* @__PURE__ */ icon(
  <path d="M3 2.5h10a1 1 0 0 1 1 1v9a1 1 0 0 1-1 1H3a1 1 0 0 1-1-1v-9a1 1 0 0 1 1-1ZM4.5 6l2 2-2 2m4 0h3" />,
);
export const IconCode = /* @__PURE__ */ icon(<path d="M5 4 1.5 8 5 12m6-8 3.5 4-3.5 4" />);
export const IconStar = /* @__PURE__ */ icon(
  <path d="m8 2 1.8 3.8 4.2.6-3 2.9.7 4.2L8 11.5l-3.7 2 .7-4.2-3-2.9 4.2-.6L8 2Z" />,
);
export const IconEye = /* @__PURE__ */ icon(
  <path d="M1.5 8S3.8 3.5 8 3.5 14.5 8 14.5 8 12.2 12.5 8 12.5 1.5 8 1.5 8ZM8 10a2 2 0 1 0 0-4 2 2 0 0 0 0 4Z" />,
);
export const IconEyeOff = /* @__PURE__ */ icon(
  <path d="M6.2 3.8A6 6 0 0 1 8 3.5c4.2 0 6.5 4.5 6.5 4.5a12 12 0 0 1-1.7 2.3M4 5a11 11 0 0 0-2.5 3S3.8 12.5 8 12.5c1.2 0 2.2-.3 3-.8M2.5 2.5l11 11M6.6 6.6a2 2 0 0 0 2.8 2.8" />,
);
export const IconSettings = /* @__PURE__ */ icon(
  <path d="M2.5 4.5h6m4 0h1m-11 7h1m4 0h6M10.5 6a1.5 1.5 0 1 0 0-3 1.5 1.5 0 0 0 0 3Zm-5 7a1.5 1.5 0 1 0 0-3 1.5 1.5 0 0 0 0 3Z" />,
);
export const IconSignOut = /* @__PURE__ */ icon(
  <path d="M6 13.5H3.5a1 1 0 0 1-1-1v-9a1 1 0 0 1 1-1H6m4.5 8.5L13.5 8l-3-3m3 3H6" />,
);
export const IconSun = /* @__PURE__ */ icon(
  <path d="M8 10.8a2.8 2.8 0 1 0 0-5.6 2.8 2.8 0 0 0 0 5.6ZM8 1.5v1m0 11v1M1.5 8h1m11 0h1M3.4 3.4l.7.7m7.8 7.8.7.7m0-9.2-.7.7m-7.8 7.8-.7.7" />,
);
export const IconMoon = /* @__PURE__ */ icon(<path d="M13.5 9.3A5.8 5.8 0 0 1 6.7 2.5a5.8 5.8 0 1 0 6.8 6.8Z" />);
export const IconLanguage = /* @__PURE__ */ icon(
  <path d="M2 3.5h7M5.5 2v1.5m2.2 0C7 6.2 5 8.3 2.3 9.3M3.8 5.5c.7 1.6 2 2.9 3.7 3.7m.5 4.8 3-7.5 3 7.5m-5-2.5h4" />,
);
export const IconServer = /* @__PURE__ */ icon(
  <path d="M3 2.5h10a.5.5 0 0 1 .5.5v4a.5.5 0 0 1-.5.5H3a.5.5 0 0 1-.5-.5V3a.5.5 0 0 1 .5-.5Zm0 6h10a.5.5 0 0 1 .5.5v4a.5.5 0 0 1-.5.5H3a.5.5 0 0 1-.5-.5V9a.5.5 0 0 1 .5-.5ZM5 5h.01M5 11h.01" />,
);
export const IconPause = /* @__PURE__ */ icon(<path d="M5.5 3v10m5-10v10" />);
export const IconPlay = /* @__PURE__ */ icon(<path d="m4.5 2.5 8.5 5.5-8.5 5.5v-11Z" />);
