/** Whether a text has more characters than that. A character outside of Unicode's first plane counts once. */
export function isLongerThan(text: string, max: number): boolean {
  if (text.length <= max) return false;
  return text.length > 2 * max || Array.from(text).length > max;
}
