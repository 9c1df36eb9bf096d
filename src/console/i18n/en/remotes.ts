/** Registries elsewhere, by the names that an account has for them. */
const remotes = {
  title: "Remote registries",
  description: "Registries elsewhere that images of account {{account}} are synchronized to, and fetched from.",
  add: "Add registry",
  addTitle: "Add a remote registry",
  editTitle: "Remote registry {{name}}",
  emptyTitle: "No remote registries yet",
  emptyText: "Add one to copy images there after each push, or to serve what it has from an organization here.",

  name: "Name",
  nameRules: "Letters, digits, dots, underscores and hyphens. It cannot be changed later. SWR's API calls it a region.",
  url: "Address",
  urlHint: "Over HTTPS and reachable from this registry. docker.io is Docker Hub.",
  username: "User name",
  usernameHint: "Leave it empty if nobody logs in there.",
  password: "Password or access token",
  passwordHint: "Stored encrypted, and never shown again.",
  passwordKeep: "Leave it empty to keep the present one. Another address or user name takes it anew.",
  test: "Test the connection before saving",
  testHint: "The registry must answer and take the credentials. Nothing changes there.",
  anonymous: "None (anonymous)",
  updated: "Changed",
  added: "Remote registry {{name}} was added.",
  saved: "Remote registry {{name}} was saved.",
  actionsOf: "Actions for {{name}}",

  tryOut: "Test",
  works: "{{name}} answers and takes the credentials.",
  fails: "{{name}} does not work",

  deleteTitle: "Delete remote registry {{name}}?",
  deleteText:
    "Its address and credentials are forgotten here. Nothing changes there. It cannot be deleted while a rule or an organization uses it.",
  deleteConfirm: "Delete registry",
  deleted: "Remote registry {{name}} was deleted.",
};

export default remotes;
