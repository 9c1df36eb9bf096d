/** The guides that people who use a registry read: files of `docs/` in English, and of `docs/zh/` in Chinese. */

/** Each by the name of its file, with what it is called in either language. */
export const GUIDE_TITLES = {
  clients: { en: "Clients: pushing and pulling", zh: "客户端：上传与下载" },
  ci: { en: "CI without a stored secret", zh: "CI 免密登录" },
  troubleshooting: { en: "Questions and failures", zh: "常见问题" },
  management: { en: "Managing a registry", zh: "管理镜像仓库" },
  "signed-images": { en: "Signed images", zh: "镜像签名" },
  triggers: { en: "Triggers", zh: "触发器" },
  kubernetes: { en: "Triggers for Kubernetes", zh: "Kubernetes 触发器" },
  synchronization: { en: "Synchronization", zh: "镜像同步" },
  "pull-through": { en: "Pull-through caches", zh: "拉取缓存" },
  aging: { en: "Aging rules", zh: "镜像老化" },
  quotas: { en: "Quotas", zh: "配额" },
  "garbage-collection": { en: "Garbage collection", zh: "垃圾回收" },
  "large-layers": { en: "Large layers", zh: "超大镜像层" },
  cli: { en: "The command line tool", zh: "命令行工具" },
  security: { en: "Security", zh: "安全" },
} as const;

export type Guide = keyof typeof GUIDE_TITLES;

/** In the order of the lists that name them. */
export const GUIDES = Object.keys(GUIDE_TITLES).filter(isGuide);

export function isGuide(name: string): name is Guide {
  return Object.hasOwn(GUIDE_TITLES, name);
}

/** What all guides are called in a language. */
export function guideTitles(language: "en" | "zh"): Record<Guide, string> {
  return {
    clients: GUIDE_TITLES.clients[language],
    ci: GUIDE_TITLES.ci[language],
    troubleshooting: GUIDE_TITLES.troubleshooting[language],
    management: GUIDE_TITLES.management[language],
    "signed-images": GUIDE_TITLES["signed-images"][language],
    triggers: GUIDE_TITLES.triggers[language],
    kubernetes: GUIDE_TITLES.kubernetes[language],
    synchronization: GUIDE_TITLES.synchronization[language],
    "pull-through": GUIDE_TITLES["pull-through"][language],
    aging: GUIDE_TITLES.aging[language],
    quotas: GUIDE_TITLES.quotas[language],
    "garbage-collection": GUIDE_TITLES["garbage-collection"][language],
    "large-layers": GUIDE_TITLES["large-layers"][language],
    cli: GUIDE_TITLES.cli[language],
    security: GUIDE_TITLES.security[language],
  };
}

/** What the guides call the registry: readers see its own address in its place. */
export const EXAMPLE_HOST = "registry.example.com";

/** What GitHub makes of a heading for links to it, as the guides link to each other. */
export function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
    .replaceAll(" ", "-");
}
