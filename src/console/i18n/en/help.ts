/** Guides. */
const help = {
  guides: "Guides",
  english: "This guide is in English.",
  guide: {
    clients: "Clients: pushing and pulling",
    ci: "CI without a stored secret",
    troubleshooting: "Questions and failures",
    management: "Managing a registry",
    "signed-images": "Signed images",
    triggers: "Triggers",
    kubernetes: "Triggers for Kubernetes",
    synchronization: "Synchronization",
    "pull-through": "Pull-through caches",
    aging: "Aging rules",
    quotas: "Quotas",
    "garbage-collection": "Garbage collection",
    "large-layers": "Large layers",
    cli: "The command line tool",
    security: "Security",
  },
};

export default help;
