/** Login commands. */
const login = {
  title: "Login command",
  kinds: "Kinds of login command",
  temporary: "Temporary",
  permanent: "Permanent",
  client: "Client",
  copyCommand: "Copy the command",
  insecure: "This registry is not reached over https. Docker needs this in /etc/docker/daemon.json, and a restart:",

  temporaryText:
    "Works for 24 hours, on any number of machines. It pushes and pulls what you may, and cannot manage anything.",
  make: "Make a login command",
  expires: "It expires on {{time}}. Anyone who has it can use it: do not pass it on.",

  permanentText:
    "Works until its access key is deleted, on any number of machines. Temporary login commands go on working beside it.",
  stepKey: "Choose or create an access key",
  accessKey: "Access key",
  keyCreated: "Created on {{date}}",
  makeKey: "Create an access key",
  keyLimit_one: "You have {{count}} access key, and may have no more.",
  keyLimit_other: "You have {{count}} access keys, and may have no more.",
  manageKeys: "Manage access keys",
  secretTitle: "Keep the secret key (SK) now",
  secretText: "It is shown only this once. Anyone who has it can do everything in your name.",
  copySecret: "Copy the secret key",
  stepScript: "Compute the login key, on your own machine",
  scriptAsks: "The script asks for the secret key (SK) and prints the login key.",
  scriptHasSecret: "The script holds the secret key (SK). It prints the login key.",
  copyScript: "Copy the script",
  stepLogin: "Log in",
  placeholderText: "Put what the script printed in place of [login key].",
  loginKeyPlaceholder: "[login key]",
  finishedText: "The login key has been computed in your browser already. The secret key cannot be computed from it.",
  stepHistory: "Remove the traces from your shell",
  permanentEnds: "To end it, delete the access key.",
};

export default login;
