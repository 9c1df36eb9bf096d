/**
 * A number with what is counted, as a sentence has it: "1 pod", "2 pods".
 *
 * @param one the word for one of them, whose plural takes an s.
 */
export function counted(count: number, one: string): string {
  return `${count} ${count === 1 ? one : `${one}s`}`;
}
