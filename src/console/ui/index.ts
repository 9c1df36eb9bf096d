/** The console's UI kit: what pages are made of. Imports of what a page does not use are dropped by the bundler. */
export {
  Button,
  IconButton,
  LinkButton,
  Spinner,
  Tooltip,
  type ButtonProps,
  type ButtonVariant,
  type IconButtonProps,
  type LinkButtonProps,
  type SpinnerProps,
  type TooltipProps,
} from "./button.tsx";
export {
  BarChart,
  Meter,
  Progress,
  type BarChartProps,
  type ChartPoint,
  type MeterProps,
  type ProgressProps,
} from "./charts.tsx";
export { Checkbox, RadioGroup, Switch, type CheckboxProps, type RadioGroupProps, type SwitchProps } from "./choice.tsx";
export { DateField, type DateFieldProps } from "./date-field.tsx";
export {
  ConfirmDialog,
  ConfirmRowDialog,
  Dialog,
  Drawer,
  RowDialog,
  type ConfirmDialogProps,
  type ConfirmRowDialogProps,
  type DialogProps,
  type DrawerProps,
  type RowDialogProps,
  type RowDialogState,
} from "./dialog.tsx";
export { useDraft } from "./draft.ts";
export { errorText, isChangedMeanwhile } from "./error-text.ts";
export {
  FieldGroup,
  NumberField,
  SearchField,
  TextArea,
  TextField,
  type FieldGroupProps,
  type NumberFieldProps,
  type SearchFieldProps,
  type TextAreaProps,
  type TextFieldProps,
} from "./fields.tsx";
export { detailText, reasonText } from "./reason-text.ts";
export { FileChooser, FileDrop, type FileChooserProps, type FileDropProps } from "./file-drop.tsx";
export { ConflictNotice, Form, type FormProps, type Submission } from "./form.tsx";
export { useLoss } from "./leaving.ts";
export {
  formatBytes,
  formatDate,
  formatDay,
  formatList,
  formatNumber,
  formatPercent,
  formatRelative,
  shortDigest,
  type DateDetail,
} from "./format.ts";
export {
  Card,
  DescriptionList,
  Disclosure,
  Empty,
  Page,
  Skeleton,
  type Breadcrumb,
  type CardProps,
  type DescriptionItem,
  type DisclosureProps,
  type EmptyProps,
  type PageProps,
  type SkeletonProps,
} from "./layout.tsx";
export {
  ExternalLink,
  Link,
  Tabs,
  type ExternalLinkProps,
  type LinkProps,
  type TabItem,
  type TabsProps,
} from "./link.tsx";
export { Menu, type MenuEntry, type MenuProps } from "./menu.tsx";
export {
  ErrorNotice,
  Notice,
  toast,
  ToastRegion,
  type ErrorNoticeProps,
  type NoticeProps,
  type ToastOptions,
  type Tone,
} from "./messages.tsx";
export { ComboBox, Select, type Choice, type ComboBoxItem, type ComboBoxProps, type SelectProps } from "./select.tsx";
export { Table, type TableColumn, type TableProps, type TableSelection, type TableSort } from "./table.tsx";
export type { CsvColumn } from "./csv.ts";
export { TableDownload, type TableDownloadProps } from "./table-download.tsx";
export { hasPager, Pager, type PagerProps } from "./pager.tsx";
export { Selection, useSelectedKeys, useSelection } from "./selection.ts";
export { useIsInView } from "./use-is-in-view.ts";
export {
  Badge,
  Bytes,
  Chips,
  CodeBlock,
  CopyButton,
  copyText,
  Day,
  Digest,
  Marked,
  Name,
  Time,
  type BadgeProps,
  type Chip,
  type ChipsProps,
  type CodeBlockProps,
  type CopyButtonProps,
  type DigestProps,
  type TimeProps,
} from "./values.tsx";
export * from "./icons.tsx";
