/** One field of a form is wrong: a Form shows the message at the field of that name, and puts the focus there. */
export class FieldError extends Error {
  override readonly name = "FieldError";
  readonly code = "FIELD";
  readonly detail: { field: string };

  /**
   * @param field the `name` of the field.
   * @param message for people, in their language.
   */
  constructor(field: string, message: string, cause?: unknown) {
    super(message, { cause });
    this.detail = { field };
  }
}
