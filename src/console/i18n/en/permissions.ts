/** Rights on organizations and images: guide 6. */
const permissions = {
  user: "User",
  right: "Right",
  you: "you",
  readMeans: "Pull images, and nothing else.",
  editMeans: "Also push images, change their properties and create triggers.",
  manageMeans: "Also delete images and tags, grant rights, share images and set rules.",

  grant: "Add users",
  grantTitle: "Add users",
  findUser: "User",
  findUserHint: "Type a part of the name. Users who already have a right here are left out.",
  administrator: "Account administrator: manages everything already",
  chosen: "Users to add",
  noneChosen: "No user chosen yet",
  leaveOut: "Leave {{name}} out",
  rightOf: "Right of {{name}}",
  submit_one: "Add {{count}} user",
  submit_other: "Add {{count}} users",
  granted_one: "{{count}} user was added.",
  granted_other: "{{count}} users were added.",

  changed: "{{name}} has this right now: {{level}}.",
  undo: "Undo",
  revoke: "Remove",
  revokeOf: "Remove {{name}}",
  revokeTitle: "Remove {{name}}?",
  revokeText: "{{name}} loses this right within five minutes. Rights from elsewhere stay.",
  revoked: "{{name}} was removed.",
  more: "{{level}} by the organization",

  ofImage: "Rights on this image",
  ofImageNote: "They count where they are higher than those by the organization. Your own right: {{level}}.",
  ofImageEmpty: "Nobody else has a right on this image alone",
  ofImageEmptyText: "Add users who are to pull or push this image only.",
  ofOrganization: "Rights by the organization",
  ofOrganizationNote:
    "On all images of {{organization}}. Administrators of the account manage everything without being listed.",
  ofOrganizationHidden: "You have a right to this image only, so those by the organization are not shown to you.",
  ofOrganizationEmpty: "Nobody else has a right by the organization",
  changeThere: "Change in the organization",
};

export default permissions;
