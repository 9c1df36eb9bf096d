// Before the first paint, so that a chosen theme does not flash. `shell/theme.ts` writes what is read here.
try {
  const theme = localStorage.getItem("berth.theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
} catch {
  // A browser may forbid storage: the system's theme it is.
}
