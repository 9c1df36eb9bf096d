/** Searching and filtering of lists. */
const lists = {
  clear: "Clear filters",
  everything: "{{label}}: all",
  noMatchTitle: "Nothing matches",
  noMatchText: "Try another search, or fewer filters.",
};

export default lists;
