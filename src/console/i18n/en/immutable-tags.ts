/** Rules that keep tags from being overwritten and deleted. */
const immutableTags = {
  title: "Immutable tags",
  intro: "Nobody can overwrite or delete tags that match a pattern, administrators included, until the rule is lifted.",
  pattern: "Pattern",
  createdBy: "Created by",
  userGone: "A user who is gone",
  created: "Created",
  add: "Add pattern",
  addTitle: "Make tags immutable",
  hint: "At most 50 characters. Upper and lower case differ.",
  submit: "Make immutable",
  added: "Tags that match {{pattern}} are immutable now.",
  lift: "Lift the rule {{pattern}}",
  liftTitle: "Lift the rule {{pattern}}?",
  liftText: "Tags that only this rule keeps can be overwritten and deleted again.",
  liftConfirm: "Lift rule",
  lifted: "The rule {{pattern}} was lifted.",
  emptyTitle: "All tags can be moved and deleted",
  emptyText: "Add a pattern for the tags that are to stay as they are, such as releases.",
  syntax: "How patterns are written",
  syntaxAny: "any characters",
  syntaxOne: "one character",
  syntaxSet: "one of these characters",
  syntaxNotSet: "one character other than these",
  syntaxExact: "this tag only",
};

export default immutableTags;
