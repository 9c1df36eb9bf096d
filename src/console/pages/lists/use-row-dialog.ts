import { useState } from "react";

/** A dialog about one thing of many. */
export interface RowDialog<T> {
  /** What it is about; it stays while the dialog fades. Undefined before it was first opened. */
  row: T | undefined;
  isOpen: boolean;
  open: (row: T) => void;
  close: () => void;
}

/** Remembers about which row of a list a dialog is. */
export function useRowDialog<T>(): RowDialog<T> {
  const [row, setRow] = useState<T>();
  const [isOpen, setOpen] = useState(false);
  return {
    row,
    isOpen,
    open: (next) => {
      setRow(next);
      setOpen(true);
    },
    close: () => setOpen(false),
  };
}
