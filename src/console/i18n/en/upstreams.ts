/** The registry elsewhere that an organization stands for. */
const upstreams = {
  title: "Pull-through cache",
  intro: "An organization can stand for another registry: what is pulled from it comes from there, and is kept.",
  set: "Choose a registry",
  noneTitle: "This organization stands for no other registry",
  noneText:
    "Choose one, such as Docker Hub, and pull its images through this organization. Nothing can be pushed to it then.",
  noneFull: "Only an organization without images can stand for another registry.",
  formTitle: "Registry that {{name}} stands for",
  saved: "The registry that {{name}} stands for was saved.",

  remote: "Remote registry",
  remoteHint: "One of your account's. Its address and credentials are kept there.",
  fixedHint: "It cannot be changed while the organization has images.",
  noRemotes: "Your account has no remote registries",
  noRemotesText: "An administrator of the account can add one.",
  path: "Part of it",
  pathHint: "What names of images begin with there. Leave it empty for all.",
  tagLifetime: "Tags are believed for",
  tagLifetimeHint: "After that a pull asks the registry whether a tag has moved. What a digest names never changes.",
  seconds: "{{number}} seconds",
  secondsUnit: "seconds",
  retention: "Unpulled tags go after",
  retentionHint: "Leave it empty to keep them for ever. They come again when somebody pulls them.",
  keptForever: "Never",
  days: "{{number}} days",
  daysUnit: "days",
  visibility: "Who may pull",
  isPublic: "Everybody may pull",
  isPrivate: "Who may read the organization",
  publicHint: "Holds for all images of the organization.",
  answered: "Last answer",
  never: "None yet",
  rateLimit: "Pulls left there",
  limitOf: "{{left}} of {{limit}}",
  failed: "The registry failed last",

  pullTitle: "Pulling through it",
  pullText: "Name the image as at the registry, below this organization.",
  copyPull: "Copy command",

  remove: "Stand for itself",
  removeTitle: "Let {{name}} stand for itself?",
  removeText: "Images can be pushed to it then, and come from nowhere else.",
  removed: "{{name}} stands for itself.",
};

export default upstreams;
