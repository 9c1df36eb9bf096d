import { useQuery } from "@tanstack/react-query";
import { type MouseEvent, useEffect } from "react";
import { useTranslation } from "react-i18next";
import { useLocation, useParams } from "wouter";
import { EXAMPLE_HOST, type Guide, GUIDES } from "../../../kernel/guides.ts";
import { apiPageFor, guideFolder } from "../../guides.ts";
import { currentLanguage, type Language } from "../../i18n/index.ts";
import { guidePath } from "../../paths.ts";
import { NotFound } from "../../shell/no-page.tsx";
import { Card, ErrorNotice, Link, Page, Skeleton } from "../../ui/index.ts";
import { MarkdownView } from "../image/description-editor.tsx";
import styles from "./help.module.css";

/** The text of each guide in each language, which is fetched when somebody reads it. */
const TEXTS = import.meta.glob<string>(
  "../../../../docs/{,zh/}{clients,ci,troubleshooting,management,signed-images,triggers,kubernetes,synchronization,pull-through,aging,quotas,garbage-collection,large-layers,cli,security}.md",
  { query: "?raw", import: "default" },
);

/** `/help/:guide`: a guide of the registry, with this one's address in its examples. */
export default function HelpPage() {
  const { guide } = useParams<{ guide: string }>();
  const known = GUIDES.find((each) => each === guide);
  return known ? <GuidePage key={known} guide={known} /> : <NotFound />;
}

function GuidePage({ guide }: { guide: Guide }) {
  const { t } = useTranslation("help");
  const language = currentLanguage();
  const text = useQuery({
    queryKey: ["guide", guide, language],
    queryFn: () => loadGuide(guide, language),
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
  });
  return (
    <Page title={t(`guide.${guide}`)}>
      <div className={styles.columns}>
        <Card>
          {text.isPending && <Skeleton lines={12} />}
          {text.isError && <ErrorNotice error={text.error} onRetry={() => void text.refetch()} />}
          {text.data !== undefined && <GuideText text={text.data} />}
        </Card>
        <nav aria-label={t("guides")} className={styles.guides}>
          <h2>{t("guides")}</h2>
          <ul>
            {GUIDES.map((each) => (
              <li key={each}>
                <Link href={guidePath(each)} {...(each === guide && { "aria-current": "page" })}>
                  {t(`guide.${each}`)}
                </Link>
              </li>
            ))}
          </ul>
          <p>
            <Link href={apiPageFor(guide, language)} isFile>
              {t("operations")}
            </Link>
          </p>
        </nav>
      </div>
    </Page>
  );
}

/** Without its title, which the page has. */
async function loadGuide(guide: Guide, language: Language): Promise<string> {
  const load = TEXTS[`../../../../docs/${guideFolder(language)}${guide}.md`];
  if (!load) throw new Error(`the console has no guide ${guide}`);
  const text = await load();
  return text.replace(/^# .*\n/, "").replaceAll(EXAMPLE_HOST, location.host);
}

function GuideText({ text }: { text: string }) {
  const [, navigate] = useLocation();

  // The heading that the address names is there only now.
  useEffect(() => {
    const find = () => document.getElementById(decodeURIComponent(location.hash.slice(1)))?.scrollIntoView();
    const frame = requestAnimationFrame(find);
    return () => cancelAnimationFrame(frame);
  }, [text]);

  /** Links between guides need no new document. */
  function follow(event: MouseEvent) {
    const link = event.target instanceof Element ? event.target.closest("a") : null;
    const href = link?.getAttribute("href") ?? "";
    const isModified = event.ctrlKey || event.metaKey || event.shiftKey || event.altKey;
    if (!href.startsWith("/help/") || isModified) return;
    event.preventDefault();
    navigate(href);
  }

  return (
    // The links within have the keyboard.
    <div onClick={follow}>
      <MarkdownView text={text} isGuide />
    </div>
  );
}
