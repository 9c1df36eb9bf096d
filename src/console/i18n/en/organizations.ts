/** Organizations: guide 5. */
const organizations = {
  title: "Organizations",
  intro: "An organization keeps the images of a company or department together.",
  label: "Organizations",
  filters: "Filter organizations",
  search: "Search organizations",
  name: "Name",
  right: "My right",
  singleImages: "Single images",
  singleImagesHint: "You have a right to some of its images, but not to all.",
  images: "Images",
  users: "Users",
  createdBy: "Created by",
  userGone: "A user who is gone",
  created: "Created",

  emptyTitle: "No organizations yet",
  emptyText: "Create one to push images into.",
  nothingFound: "No organization has this in its name",

  create: "Create organization",
  createName: "Name",
  createRules:
    "1 to 64 lower-case letters, digits, dots, underscores and hyphens: the first a letter, the last a letter or digit, and separators single (or two underscores). Unique in the whole registry.",
  quota: "You have created {{used}} of {{limit}} organizations.",
  quotaFull:
    "You have created {{limit}} organizations, which is as many as you may. Delete one, or ask the operator for more.",
  createdToast: "Organization {{name}} was created.",

  tabImages: "Images",
  tabMembers: "Users and rights",
  tabSync: "Synchronization",
  tabClusters: "Clusters",
  tabUpstream: "Pull-through cache",
  tabUsage: "Usage",
  facts: "Created by {{name}}",
  missingTitle: "There is no such organization",
  missingText: "It may have been deleted, or you have no right to it.",
  backToList: "To the organizations",
  tabMissing: "There is no such part of this page, or not for you.",

  delete: "Delete",
  deleteTitle: "Delete organization {{name}}?",
  deleteText:
    "Its rights, clusters and settings go with it. For ten minutes no other account can take the name. This cannot be undone.",
  deleteConfirm: "Delete organization",
  deleted: "Organization {{name}} was deleted.",
  notEmptyTitle: "Organization {{name}} still has images",
  notEmpty: "An organization can be deleted once it has no images. Delete its images first.",
  showImages: "Show its images",

  searchImages: "Search images",
  imageName: "Image",
  tags: "Tags",
  size: "Size",
  updated: "Updated",
  openInImages: "Open in My images",
  noImagesTitle: "No images yet",
  noImagesRead: "Images that are pushed into this organization appear here.",
  noImagesPush: "Push the first one:",
  copyPush: "Copy commands",
  noImageFound: "No image has this in its name",

  membersTitle: "Users with rights to all its images",
  membersNote: "Administrators of the account manage every organization without being listed here.",

  imageBytes: "Size of all images",
  imageBytesHint: "What two images have in common counts twice.",
  quotas: "Quotas",
};

export default organizations;
