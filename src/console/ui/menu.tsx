import type { ReactElement, ReactNode } from "react";
import { Menu as AriaMenu, MenuItem, MenuTrigger } from "react-aria-components/Menu";
import { Popover } from "react-aria-components/Popover";
import { Button } from "./button.tsx";
import { classNames } from "./class-names.ts";
import { IconCheck, IconChevronDown } from "./icons.tsx";
import styles from "./list-box.module.css";

export interface MenuEntry {
  id: string;
  label: string;
  description?: string;
  icon?: ReactNode;
  /** Red, for what destroys something. */
  tone?: "danger";
  isDisabled?: boolean;
  /** Either this … */
  onAction?: () => void;
  /** … or a place to go. */
  href?: string;
}

export interface MenuProps {
  /** The text of the button; with `trigger`, the name of the menu. */
  label: string;
  /** A Button or IconButton in place of the usual one. */
  trigger?: ReactElement;
  items: readonly MenuEntry[];
  /** Where the entries are states to choose from: the id of the one that holds. It gets a check mark. */
  selected?: string;
}

/** A button that opens a list of things to do. */
export function Menu({ label, trigger, items, selected }: MenuProps) {
  return (
    <MenuTrigger>
      {trigger ?? <Button endIcon={<IconChevronDown />}>{label}</Button>}
      <Popover className={styles.popover ?? ""} offset={4}>
        <AriaMenu
          className={styles.list ?? ""}
          aria-label={label}
          items={items}
          {...(selected !== undefined && { selectionMode: "single", selectedKeys: [selected] })}
        >
          {({ id, label: text, description, icon, tone, isDisabled = false, onAction, href }) => (
            <MenuItem
              id={id}
              textValue={text}
              isDisabled={isDisabled}
              {...(onAction && { onAction })}
              {...(href !== undefined && { href })}
              className={classNames(styles.option, tone === "danger" && styles.danger)}
            >
              {icon}
              <span className={styles.texts}>
                {text}
                {description && <span className={styles.optionDescription}>{description}</span>}
              </span>
              {id === selected && (
                <span className={styles.check}>
                  <IconCheck />
                </span>
              )}
            </MenuItem>
          )}
        </AriaMenu>
      </Popover>
    </MenuTrigger>
  );
}
