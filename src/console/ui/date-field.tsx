import { use } from "react";
import { type CalendarDate, parseDate } from "@internationalized/date";
import { Button } from "react-aria-components/Button";
import {
  Calendar,
  CalendarCell,
  CalendarGrid,
  CalendarGridBody,
  CalendarGridHeader,
  CalendarHeaderCell,
} from "react-aria-components/Calendar";
import { DateInput, DatePicker, type DatePickerProps, DateSegment } from "react-aria-components/DatePicker";
import { Dialog } from "react-aria-components/Dialog";
import { Group } from "react-aria-components/Group";
import { Heading } from "react-aria-components/Heading";
import { Popover } from "react-aria-components/Popover";
import { useTranslation } from "react-i18next";
import type { Day } from "../../kernel/day.ts";
import { IconButton } from "./button.tsx";
import { classNames } from "./class-names.ts";
import styles from "./date-field.module.css";
import fieldStyles from "./fields.module.css";
import { FieldDescription, FieldErrorText, FieldLabel, type FieldProps } from "./fields.tsx";
import { TouchContext } from "./form.tsx";
import { IconCalendar, IconChevronEnd, IconChevronStart } from "./icons.tsx";
import popoverStyles from "./list-box.module.css";

export type DateFieldProps = FieldProps &
  Pick<DatePickerProps<CalendarDate>, "isRequired" | "isDisabled"> & {
    value: Day | undefined;
    /** Undefined: the field was emptied. */
    onChange: (value: Day | undefined) => void;
    /** The first day that may be chosen. */
    min?: Day | undefined;
    /** The last day that may be chosen. */
    max?: Day | undefined;
  };

/** A day: typed part by part, or picked from a calendar. */
export function DateField({
  label,
  description,
  error,
  isLabelHidden,
  value,
  onChange,
  min,
  max,
  ...props
}: DateFieldProps) {
  const { t } = useTranslation("kit");
  const touch = use(TouchContext);
  return (
    <DatePicker
      {...props}
      data-field={props.name}
      {...(error ? { isInvalid: true } : {})}
      {...(min && { minValue: parseDate(min) })}
      {...(max && { maxValue: parseDate(max) })}
      value={value ? parseDate(value) : null}
      onChange={(day) => {
        touch();
        onChange(day?.toString());
      }}
      className={fieldStyles.field ?? ""}
    >
      <FieldLabel isRequired={props.isRequired} isHidden={isLabelHidden}>
        {label}
      </FieldLabel>
      <FieldDescription>{description}</FieldDescription>
      <Group className={classNames(fieldStyles.control, fieldStyles.short)}>
        <DateInput className={classNames(fieldStyles.input, styles.input)}>
          {(segment) => <DateSegment segment={segment} className={styles.segment ?? ""} />}
        </DateInput>
        <Button className={fieldStyles.inner ?? ""} aria-label={t("pickDate")}>
          <IconCalendar />
        </Button>
      </Group>
      <FieldErrorText error={error} />
      <Popover className={classNames(popoverStyles.popover, styles.popover)} offset={4}>
        <Dialog className={styles.dialog ?? ""}>
          <Calendar>
            <header className={styles.header}>
              <IconButton slot="previous" label={t("previousMonth")} icon={<IconChevronStart />} />
              <Heading className={styles.month ?? ""} />
              <IconButton slot="next" label={t("nextMonth")} icon={<IconChevronEnd />} />
            </header>
            <CalendarGrid className={styles.grid ?? ""}>
              <CalendarGridHeader>
                {(day) => <CalendarHeaderCell className={styles.weekday ?? ""}>{day}</CalendarHeaderCell>}
              </CalendarGridHeader>
              <CalendarGridBody>{(date) => <CalendarCell date={date} className={styles.day ?? ""} />}</CalendarGridBody>
            </CalendarGrid>
          </Calendar>
        </Dialog>
      </Popover>
    </DatePicker>
  );
}
