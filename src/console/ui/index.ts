/** The console's UI kit: what pages are made of. Imports of what a page does not use are dropped by the bundler. */
export { Badge, type BadgeProps } from "./badge.tsx";
export { BarChart, type BarChartProps, type ChartPoint } from "./bar-chart.tsx";
export {
  Button,
  IconButton,
  LinkButton,
  type ButtonProps,
  type ButtonVariant,
  type IconButtonProps,
  type LinkButtonProps,
} from "./button.tsx";
export { Bytes } from "./bytes.tsx";
export { Card, type CardProps } from "./card.tsx";
export { Checkbox, type CheckboxProps } from "./checkbox.tsx";
export { Chips, type Chip, type ChipsProps } from "./chips.tsx";
export { CodeBlock, type CodeBlockProps } from "./code-block.tsx";
export { ComboBox, type ComboBoxItem, type ComboBoxProps } from "./combo-box.tsx";
export { ConfirmDialog, type ConfirmDialogProps } from "./confirm-dialog.tsx";
export { CopyButton, type CopyButtonProps } from "./copy-button.tsx";
export { copyText } from "./copy-text.ts";
export { DateField, type DateFieldProps } from "./date-field.tsx";
export { DescriptionList, type DescriptionItem } from "./description-list.tsx";
export { Dialog, Drawer, type DialogProps, type DrawerProps } from "./dialog.tsx";
export { Digest, type DigestProps } from "./digest.tsx";
export { Disclosure, type DisclosureProps } from "./disclosure.tsx";
export { Empty, type EmptyProps } from "./empty.tsx";
export { errorField, errorText } from "./error-text.ts";
export { FileDrop, type FileDropProps } from "./file-drop.tsx";
export { Form, type FormProps } from "./form.tsx";
export {
  formatBytes,
  formatDate,
  formatNumber,
  formatPercent,
  formatRelative,
  shortDigest,
  type DateDetail,
} from "./format.ts";
export * from "./icons.tsx";
export { ExternalLink, Link, type ExternalLinkProps, type LinkProps } from "./link.tsx";
export { LoadMore, type LoadMoreProps } from "./load-more.tsx";
export { Menu, type MenuEntry, type MenuProps } from "./menu.tsx";
export { Name } from "./name.tsx";
export { ErrorNotice, Notice, type ErrorNoticeProps, type NoticeProps } from "./notice.tsx";
export { NumberField, type NumberFieldProps } from "./number-field.tsx";
export { Page, type Breadcrumb, type PageProps } from "./page.tsx";
export { Meter, Progress, type MeterProps, type ProgressProps } from "./progress.tsx";
export { RadioGroup, type RadioGroupProps } from "./radio-group.tsx";
export { SearchField, type SearchFieldProps } from "./search-field.tsx";
export { Select, type Choice, type SelectProps } from "./select.tsx";
export { Skeleton, type SkeletonProps } from "./skeleton.tsx";
export { Spinner, type SpinnerProps } from "./spinner.tsx";
export { Switch, type SwitchProps } from "./switch.tsx";
export { Table, type TableColumn, type TableProps, type TableSelection, type TableSort } from "./table.tsx";
export { Tabs, type TabItem, type TabsProps } from "./tabs.tsx";
export { TextArea, TextField, type TextAreaProps, type TextFieldProps } from "./text-field.tsx";
export { Time, type TimeProps } from "./time.tsx";
export { ToastRegion } from "./toast.tsx";
export { toast, type ToastOptions } from "./toast-queue.ts";
export type { Tone } from "./tone.ts";
export { Tooltip, type TooltipProps } from "./tooltip.tsx";
