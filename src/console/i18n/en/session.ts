/** Signing in and out, and passwords. */
const session = {
  title: "Sign in",
  name: "User name",
  password: "Password",
  submit: "Sign in",
  wrongPassword: "The user name or the password is wrong.",
  tooManyAttempts: "Too many attempts. Wait a minute and try again.",
  ended: "Your session has ended. Sign in again to go on.",
  lookAround: "Look around without signing in:",
  imageCentre: "public images",

  endedTitle: "Your session has ended",
  endedText: "Sign in again to go on. What you have typed is still there.",
  somebodyElse: "Leave this page and sign in as somebody else",

  changeTitle: "Change password",
  changeDescription:
    "Ends your other logins, of container tools as well, and your temporary login commands. Access keys stay.",
  current: "Current password",
  new: "New password",
  rules: "8 to 128 characters.",
  repeat: "New password again",
  change: "Change password",
  changed: "The password has been changed.",
  currentWrong: "The current password is wrong.",
  tooShort: "At least 8 characters.",
  tooLong: "At most 128 characters.",
  different: "The two new passwords differ.",
  same: "This is the current password.",
};

export default session;
