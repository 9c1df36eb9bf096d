/** The `Range` of an upload that has so many bytes, as clients expect it: an empty one says `0-0` as well. */
export function uploadRange(offset: number): string {
  return `0-${Math.max(offset - 1, 0)}`;
}
