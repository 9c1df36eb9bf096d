/** The search from anywhere. */
const search = {
  title: "Search",
  placeholder: "Images, tags, organizations, pages and actions",
  hint: "image:tag finds tags of an image. A whole reference can be pasted.",
  hintWithin: "image:tag finds tags of an image. On an image's pages, its tags are found by their names alone.",
  pages: "Pages",
  actions: "Actions",
  images: "Images",
  tags: "Tags",
  organizations: "Organizations",
  digest: "Digest",
  results: "What was found",
  count_one: "One result",
  count_other: "{{count}} results",
  searching: "Searching…",
  nothing: "Nothing was found.",
  failed: "Some of it could not be searched: {{reason}}",
  showAll: "All images with “{{text}}”",
  action: {
    temporaryLogin: "Temporary login command",
    permanentLogin: "Long-term login command",
    createImage: "Create image",
    pushSteps: "Push an image with a client",
    createOrganization: "Create organization",
    addUser: "Add user",
    theme_system: "Theme: as the system",
    theme_light: "Theme: light",
    theme_dark: "Theme: dark",
    language: "Language: {{name}}",
  },
};

export default search;
