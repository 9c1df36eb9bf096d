/** The image centre: public images of all accounts. */
const centre = {
  title: "Image centre",
  description: "Public images of all accounts.",
  filters: "Filter public images",
  search: "Search public images",
  architecture: "Architecture",
  sort: "Order",
  sortUpdated: "Updated last",
  sortName: "By name",
  sortTags: "Most tags",
  results: "Public images",
  architectures: "Architectures",
  tags_one: "{{number}} tag",
  tags_other: "{{number}} tags",
  pulls_one: "{{number}} pull",
  pulls_other: "{{number}} pulls",
  noDescription: "No description.",
  emptyTitle: "No public images yet",
  emptyText: "Images that their owners make public appear here. Open one of yours, then “Edit”, to make it public.",
};

export default centre;
