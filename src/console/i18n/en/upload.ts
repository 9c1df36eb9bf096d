/** The page for archives (guide 4.3 and 7.3.3). */
const upload = {
  title: "Upload images",
  description: "Send archives made by docker save from this browser, without docker.",
  organization: "Organization",
  organizationRule: "You need the right to edit or manage the organization. A right to single images does not do.",
  noOrganization: "No organization to upload to",
  noOrganizationText:
    "Uploading takes the right to edit or manage an organization. Create one, or ask somebody who manages one.",
  toOrganizations: "Organizations",
  drop: "Image archives",
  dropRules_one:
    "One archive of docker save or an OCI layout, as .tar, .tar.gz or .tar.zst, of at most {{size}}, unpacked as well.",
  dropRules_other:
    "Up to {{count}} archives of docker save or OCI layouts, as .tar, .tar.gz or .tar.zst, of at most {{size}} each, unpacked as well.",
  tooMany_one: "Only one archive can be uploaded at a time.",
  tooMany_other: "Only {{count}} archives can be uploaded at a time. The rest was left out.",
  files: "Archives",
  state: {
    interrupted: "Interrupted",
    waiting: "Waiting",
    reading: "Checking",
    ready: "Ready",
    queued: "In line",
    sending: "Uploading",
    done: "Uploaded",
    failed: "Failed",
    refused: "Cannot be uploaded",
  },
  reading: "Checking the archive",
  preparing: "Preparing the first layer",
  sending: "Uploading",
  progress: "{{done}} of {{total}}",
  speed: "{{speed}}/s",
  quiet: "Nothing has left for a while. The upload tries again by itself and goes on where it was.",
  offline: "This device is offline. The upload goes on where it was once the network is back.",
  staysOpen:
    "You can look at other pages meanwhile, but keep this window open. After a reload the upload goes on once you choose the file again.",
  interrupted: "Uploaded so far",
  interruptedText:
    "The window was closed or reloaded in the middle. Choose the same file again: what has arrived is not sent again.",
  interruptedTargets: "It goes to {{names}}.",
  chooseAgain: "Choose the file again",
  layers: "Layers: {{ended}} of {{all}}",
  layer: { waiting: "waiting", sending: "uploading", sent: "uploaded", present: "there already" },
  isWanted: "Upload this image",
  name: "Image name",
  tag: "Tag",
  nameRule:
    "Lower-case letters and digits, with single dots, one or two underscores or hyphens only between them; parts may be separated by slashes.",
  nameMissing: "The archive has no name for this image. Enter one.",
  tagRule: "1 to 128 letters, digits, underscores, dots and hyphens; the first is no dot and no hyphen.",
  tagMissing: "Enter a tag.",
  tagTaken:
    "Another image in this list is uploaded as {{name}} as well, and only the later one would stay. Change one of them, or leave one out.",
  joinedPlatforms_one: "the archive lists {{number}} platform by itself, which becomes an index",
  joinedPlatforms_other: "the archive lists {{number}} platforms one by one, which become one index",
  missingPlatforms_one: "{{number}} platform is not in the archive",
  missingPlatforms_other: "{{number}} platforms are not in the archive",
  replaces: "A tag that exists already is replaced.",
  start_one: "Start the upload",
  start_other: "Upload {{count}} archives",
  clear: "Clear the list",
  checkedFirst: "You can start once all archives are checked: two images might have one name.",
  chooseOrganization: "Choose an organization first.",
  remove: "Remove {{name}}",
  goOn: "Go on",
  copyPull: "Copy the pull command",
  failedSignedOut: "Your session ended. Sign in again, then choose “Go on”: what has arrived is not sent again.",
  failedDenied:
    "You have no right (any more) to upload to {{organization}}. Ask somebody who manages it for the right to edit, then choose “Go on”.",
  failedRefused: "The registry refused it: {{message}}.",
  failedNetwork:
    "The registry cannot be reached. Check the network, then choose “Go on”: what has arrived is not sent again.",
  failedOtherFile:
    "This is not the file whose upload was interrupted. Choose {{name}} as it was then, or remove it from the list.",
  failedOther: "The upload failed: {{message}}. Choose “Go on” to try again.",
};

export default upload;
