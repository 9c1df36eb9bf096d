/** The overview. */
const overview = {
  title: "Overview",
  account: "Account {{name}}",
  upload: "Upload images",
  loginCommand: "Login command",

  organizations: "Organizations",
  images: "Images",
  tags: "Tags",
  stored: "Stored",
  pulled: "Pulled",
  pulledNote: "in 30 days",

  pulledChart: "Pulled",
  storedChart: "Stored",
  quotas: "Quotas of the account",
  perDay: "Per day, in UTC",

  firstTitle: "Push your first image",
  firstUpload: "Without docker on this machine, upload an archive instead:",

  pushes: "Recent pushes",
  noPushes: "Nothing has been pushed lately.",
  failing: "Triggers that fail",
  failedSyncs: "Tags that did not arrive at a remote registry",
  deliveries: "Recent trigger deliveries",
  noDeliveries: "No trigger has fired lately. Triggers are set on an image's page.",
  by: "by {{name}}",
  status: {
    pending: "Pending",
    rolling: "Rolling out",
    success: "Delivered",
    failed: "Failed",
    superseded: "Superseded",
    dead: "Given up",
  },
};

export default overview;
