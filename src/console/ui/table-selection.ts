/**
 * The selection after a row's check box was pressed. With Shift the rows between the last one pressed and this one all
 * take the new state of this one, as in a file manager.
 * @param order keys of the rows on screen, from top to bottom
 * @param anchor the row pressed before, if any
 */
export function toggleRow(
  selected: ReadonlySet<string>,
  order: readonly string[],
  key: string,
  { anchor, isRange }: { anchor: string | undefined; isRange: boolean },
): Set<string> {
  const next = new Set(selected);
  const isOn = !selected.has(key);
  const from = isRange && anchor !== undefined ? order.indexOf(anchor) : -1;
  const to = order.indexOf(key);
  const touched = from === -1 || to === -1 ? [key] : order.slice(Math.min(from, to), Math.max(from, to) + 1);
  for (const each of touched) {
    if (isOn) next.add(each);
    else next.delete(each);
  }
  return next;
}

/** Everything on screen, or nothing of it when all of it was selected; what is on other pages stays as it was. */
export function toggleAll(selected: ReadonlySet<string>, order: readonly string[]): Set<string> {
  const next = new Set(selected);
  const isOn = !order.every((key) => selected.has(key));
  for (const key of order) {
    if (isOn) next.add(key);
    else next.delete(key);
  }
  return next;
}
