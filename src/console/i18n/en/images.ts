/** Lists of images, and new images. */
const images = {
  title: "My images",
  tabs: { own: "Own", sharedByMe: "Shared by me", sharedWithMe: "Shared with me", public: "Public" },
  category: {
    app_server: "Application server",
    linux: "Linux",
    windows: "Windows",
    arm: "Arm",
    framework_app: "Framework and application",
    database: "Database",
    lang: "Language",
    other: "Other",
  },

  filters: "Filter images",
  search: "Search images",
  categoryLabel: "Category",
  visibility: "Visibility",
  name: "Name",
  account: "Account",
  tags: "Tags",

  upload: "Upload",
  clientUpload: "Push with docker",
  create: "Create image",

  emptyTitle: "No images yet",
  emptyText: "Push the first one with docker, or upload an archive made by docker save.",
  emptyPublicTitle: "No public images",
  emptyPublicText: "Images that their owners make public appear here, whatever their account.",

  pushTitle: "Push an image with docker",
  pushLogin: "Log docker in, once per machine.",
  pushLoginLink: "Get a login command",
  pushTag: "Give the local image a name of the registry.",
  pushPush: "Push it.",
  pushNewOrganization: "An organization that does not exist yet is created by the push.",
  pushNeedsOrganization: "You may not push into any organization yet.",
  pushCreateOrganization: "Create one first",
  yourOrganization: "your-organization",

  sharedBy: {
    account: "Shared with",
    emptyTitle: "You share no images",
    emptyText: "Open a private image, then “Sharing”, to let another account pull it.",
  },
  sharedWith: {
    account: "Shared by",
    emptyTitle: "Nobody shares images with your account",
    emptyText: "Give others the name of your account, {{account}}, so that they can share with it.",
  },
  until: "Until",
  note: "Description",
  since: "Shared",
  status: "Status",

  createTitle: "Create an image",
  organization: "Organization",
  organizationRule: "One that you may edit.",
  organizationUnknown: "Choose an organization from the list.",
  imageName: "Image name",
  imageNameRule: "Lower-case letters and digits, with . _ - between them, at most 128 characters. Slashes make a path.",
  privateHint: "Only who has a permission, and accounts it is shared with, may pull it.",
  publicHint: "Everybody may pull it.",
  description: "Description",
  descriptionHint: "Markdown, at most 30,000 characters.",
  created: "{{name}} has been created.",
  nameTaken: "This organization has an image of this name.",
  nameInvalid: "This is not a valid image name.",
};

export default images;
