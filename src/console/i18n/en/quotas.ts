/** Quotas of accounts and organizations. */
const quotas = {
  title: "Quotas",
  description: "What accounts and organizations may have of what all of them share.",
  storedBytes: "Stored bytes",
  manifestBytes: "Bytes of manifests",
  images: "Images",
  tags: "Tags",
  openUploads: "Uploads under way",
  comma: ", ",
  unlimited: "Unlimited",
  full: "Used up: {{names}}. Pushes that need more are refused. Delete what is not needed, or ask the operator for more.",
  nearlyFull: "More than 80 % used: {{names}}.",
  organizationHint: "Each layer counts once. The account's quotas hold as well.",
  accountHint: "Over all organizations of the account.",

  change: "Change limits",
  changeTitle: "Limits of {{name}}",
  changed: "The limits of {{name}} were changed.",
  default: "Default: {{limit}}",
  limited: "At most",
  limitOf: "Limit: {{name}}",

  defaults: "Defaults",
  defaultsHint: "For all that have no limit of their own.",
  resource: "Quota",
  each: { organization: "Each organization", account: "Each account" },
  changeDefaults: { organization: "For organizations", account: "For accounts" },
  defaultsTitle: { organization: "Default limits of organizations", account: "Default limits of accounts" },
  defaultsChanged: "The default limits were changed.",

  one: "One account or organization",
  oneHint: "Of any account of the registry.",
  kind: "Kind",
  kinds: { organization: "Organization", account: "Account" },
  name: "Name",
  show: "Show",
  titleOf: { organization: "Organization {{name}}", account: "Account {{name}}" },
};

export default quotas;
