/** Something that the user can mend: the message says all there is to say. */
export class Explained extends Error {}
