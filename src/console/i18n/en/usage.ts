/** What images and organizations took up on each day. */
const usage = {
  title: "Usage by day",
  date: "Day (UTC)",
  period: "Period",
  days_one: "{{count}} day",
  days_other: "{{count}} days",
  stored: "Stored",
  pulledBytes: "Pulled",
  tags: "Tags",
  pulls: "Pulls",
  atEnd: "At the end of each day, in UTC",
  perDay: "Per day, in UTC",
};

export default usage;
