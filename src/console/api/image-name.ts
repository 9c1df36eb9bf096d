/** An image as paths of the API name it. */
export interface ImageName {
  organization: string;
  /** Without its organization; it may contain slashes. */
  image: string;
}
