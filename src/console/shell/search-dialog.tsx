/** The search from anywhere: images, tags, organizations, pages, and things to do. */
import { type KeyboardEvent, type ReactNode, useEffect, useId, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link, useLocation } from "wouter";
import { type Found, useSearch } from "../api/search.ts";
import { type Self, useSelf, useSignOut } from "../api/session.ts";
import { useSettled } from "../api/use-settled.ts";
import { currentLanguage, type Language, LANGUAGES, setLanguage } from "../i18n/index.ts";
import type { ImageName } from "../../kernel/reference.ts";
import {
  decodePart,
  dialogPath,
  imageListPath,
  imagePath,
  imagesNamedPath,
  loginCommandPath,
  organizationPath,
  PATHS,
  tagPath,
} from "../paths.ts";
import {
  Dialog,
  errorText,
  IconBolt,
  IconImage,
  IconOrganization,
  IconSearch,
  IconTag,
  IconUpload,
  Name,
  toast,
} from "../ui/index.ts";
import { isFor } from "./audience.ts";
import { useSectionGroups } from "./navigation.tsx";
import { readSearchText } from "./search-text.ts";
import styles from "./search-dialog.module.css";
import { THEMES, useTheme } from "./theme.ts";

/** The longest text: an image's name, its tag and a digest with the registry's address in front. */
const MAX_LENGTH = 512;
/** The longest name that the registry searches images by. */
const MAX_NAME_LENGTH = 193;

/** Somewhere to go, or something to do. */
interface Target {
  id: string;
  label: string;
  icon: ReactNode;
  /** Either a page of the console … */
  href?: string;
  /** … or what is done. */
  onAction?: () => void;
}

interface Group {
  id: "pages" | "actions" | "images" | "tags" | "organizations" | "digest";
  targets: readonly Target[];
}

/** Opens over any page. The arrow keys choose while one types, Enter goes there. */
export function SearchDialog({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation("search");
  return (
    <Dialog title={t("title")} isOpen onClose={onClose}>
      <SearchPanel onClose={onClose} />
    </Dialog>
  );
}

function SearchPanel({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation("search");
  const [text, setText] = useState("");
  const settled = useSettled(text);
  const current = useCurrentImageName();
  const { name, tag, digest } = readSearchText(settled, location.host);
  const found = useSearch({
    name: digest === undefined ? name.slice(0, MAX_NAME_LENGTH) : "",
    tag,
    within: current && digest === undefined ? withinOf(current, settled, name, tag) : undefined,
  });
  const local = useLocalTargets();
  const isSearching = settled !== text || found.isPending;
  const groups = [
    ...(digest === undefined
      ? foundGroups(found, t("showAll", { text: name }), name)
      : digestGroup(name, digest, current)),
    ...local.map(({ id, targets }) => ({ id, targets: targets.filter((target) => answers(target, text)) })),
  ].filter(({ targets }) => targets.length > 0);

  return (
    <div className={styles.panel}>
      <ResultList text={text} onType={setText} groups={groups} onClose={onClose} isSearching={isSearching} />
      {found.error && (
        <p className={styles.note} role="alert">
          {t("failed", { reason: errorText(found.error) })}
        </p>
      )}
      <p className={styles.hint}>{t(current ? "hintWithin" : "hint")}</p>
    </div>
  );
}

interface ResultListProps {
  text: string;
  onType: (text: string) => void;
  groups: readonly Group[];
  /** There may be more soon. */
  isSearching: boolean;
  onClose: () => void;
}

/**
 * The field and what is found: a combobox whose list is always open (WAI-ARIA APG, "Combobox"). One target is always chosen,
 * the first until the arrow keys say otherwise. React Aria's Autocomplete chooses only while somebody types, and so
 * nothing that comes later.
 */
function ResultList({ text, onType, groups, isSearching, onClose }: ResultListProps) {
  const { t } = useTranslation("search");
  const listId = useId();
  const [wanted, setWanted] = useState<string>();
  const targets = groups.flatMap((group) => group.targets);
  const at = Math.max(
    0,
    targets.findIndex(({ id }) => id === wanted),
  );
  const active = targets[at];
  const activeId = active && `${listId}-${at}`;

  useEffect(() => {
    if (activeId !== undefined) document.getElementById(activeId)?.scrollIntoView({ block: "nearest" });
  }, [activeId]);

  function press(event: KeyboardEvent) {
    if (event.nativeEvent.isComposing) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined) setWanted(targets[(at + step + targets.length) % targets.length]?.id);
    else if (event.key === "Enter" && activeId !== undefined) document.getElementById(activeId)?.click();
    else return;
    event.preventDefault();
  }

  return (
    <>
      <div className={styles.field}>
        <IconSearch />
        <input
          type="text"
          role="combobox"
          aria-label={t("title")}
          aria-autocomplete="list"
          aria-expanded={targets.length > 0}
          aria-controls={listId}
          aria-activedescendant={activeId}
          // The dialog was opened to type into it.
          autoFocus
          autoComplete="off"
          autoCapitalize="off"
          spellCheck={false}
          dir="auto"
          maxLength={MAX_LENGTH}
          placeholder={t("placeholder")}
          value={text}
          onChange={({ target }) => {
            setWanted(undefined);
            onType(target.value);
          }}
          onKeyDown={press}
        />
      </div>
      <div id={listId} role="listbox" aria-label={t("results")} className={styles.list}>
        {groups.map((group) => (
          <div key={group.id} role="group" aria-labelledby={`${listId}-${group.id}`} className={styles.section}>
            <div id={`${listId}-${group.id}`} role="presentation" className={styles.heading}>
              {t(group.id)}
            </div>
            {group.targets.map((target) => {
              const position = targets.indexOf(target);
              return (
                <Option
                  key={target.id}
                  id={`${listId}-${position}`}
                  target={target}
                  isActive={position === at}
                  onPoint={() => setWanted(target.id)}
                  onClose={onClose}
                />
              );
            })}
          </div>
        ))}
      </div>
      {targets.length === 0 && <p className={styles.note}>{isSearching ? t("searching") : t("nothing")}</p>}
      <span className="visually-hidden" role="status">
        {isSearching ? t("searching") : t("count", { count: targets.length })}
      </span>
    </>
  );
}

interface OptionProps {
  id: string;
  target: Target;
  isActive: boolean;
  onPoint: () => void;
  onClose: () => void;
}

function Option({ id, target: { label, icon, href, onAction }, isActive, onPoint, onClose }: OptionProps) {
  const shared = {
    id,
    role: "option",
    tabIndex: -1,
    "aria-selected": isActive,
    className: styles.target,
    onPointerMove: onPoint,
  };
  const content = (
    <>
      {icon}
      <Name>{label}</Name>
    </>
  );
  // A real link, which Ctrl and a click open beside this page.
  if (href !== undefined) {
    return (
      <Link href={href} {...shared} onClick={onClose}>
        {content}
      </Link>
    );
  }
  return (
    <button
      type="button"
      {...shared}
      onClick={() => {
        onAction?.();
        onClose();
      }}
    >
      {content}
    </button>
  );
}

/** The image whose pages are on screen. */
function useCurrentImageName(): ImageName | undefined {
  const [path] = useLocation();
  const [, organization, image] = /^\/images\/([^/]+)\/([^/]+)(?:\/|$)/.exec(path) ?? [];
  if (organization === undefined || image === undefined) return undefined;
  return { organization: decodePart(organization), image: decodePart(image) };
}

/** What is looked for among the tags of the image on screen: all that was typed, or what follows a colon alone. */
function withinOf(current: ImageName, text: string, name: string, tag: string | undefined) {
  if (tag === undefined) return name === "" || name.includes("/") ? undefined : { ...current, tag: text.trim() };
  return name === "" ? { ...current, tag } : undefined;
}

/** @param all what leads to all images whose names have this in them. */
function foundGroups({ images, hasMoreImages, tags, organizations }: Found, all: string, name: string): Group[] {
  const more = { id: "more images", label: all, icon: <IconSearch />, href: imagesNamedPath(name) };
  return [
    {
      id: "tags",
      targets: tags.map(({ organization, image, tag }) => ({
        id: `tag ${organization}/${image}:${tag}`,
        label: `${organization}/${image}:${tag}`,
        icon: <IconTag />,
        href: tagPath({ organization, image }, tag),
      })),
    },
    {
      id: "images",
      targets: [
        ...images.map(({ organization, image }) => ({
          id: `image ${organization}/${image}`,
          label: `${organization}/${image}`,
          icon: <IconImage />,
          href: imagePath({ organization, image }),
        })),
        ...(hasMoreImages ? [more] : []),
      ],
    },
    {
      id: "organizations",
      targets: organizations.map((organization) => ({
        id: `organization ${organization}`,
        label: organization,
        icon: <IconOrganization />,
        href: organizationPath(organization),
      })),
    },
  ];
}

/** A manifest by its digest, of the image that the text names or else of the one on screen. */
function digestGroup(name: string, digest: string, current: ImageName | undefined): Group[] {
  const slash = name.indexOf("/");
  const image = slash > 0 ? { organization: name.slice(0, slash), image: name.slice(slash + 1) } : current;
  if (!image) return [];
  const label = `${image.organization}/${image.image}@${digest}`;
  return [{ id: "digest", targets: [{ id: "digest", label, icon: <IconTag />, href: tagPath(image, digest) }] }];
}

/** Whether a page or an action is meant: its label has all the words, or its name in addresses has. */
function answers({ id, label }: Target, text: string): boolean {
  const searched = `${label} ${id}`.toLowerCase();
  return text
    .toLowerCase()
    .split(/\s+/)
    .every((word) => searched.includes(word));
}

/** Pages and actions, as far as the user may go there. */
function useLocalTargets(): Group[] {
  const { t } = useTranslation(["search", "common", "images"]);
  const user = useSelf();
  const actions = useActions(user);
  const sections = useSectionGroups().flatMap((group) => group.sections);
  const pages: Target[] = [
    ...sections.map(({ page, icon: SectionIcon }) => ({
      id: PATHS[page],
      label: t(`common:${page}`),
      icon: <SectionIcon />,
      href: PATHS[page],
    })),
    { id: PATHS.upload, label: t("common:upload"), icon: <IconUpload />, href: PATHS.upload },
    ...(["shared-by-me", "shared-with-me", "public"] as const).map((list) => ({
      id: imageListPath(list),
      label: t(`images:tabs.${LIST_LABELS[list]}`),
      icon: <IconImage />,
      href: imageListPath(list),
    })),
  ];
  return [
    { id: "pages", targets: pages },
    { id: "actions", targets: actions },
  ];
}

const LIST_LABELS = { "shared-by-me": "sharedByMe", "shared-with-me": "sharedWithMe", public: "public" } as const;

function useActions(user: Self): Target[] {
  const { t } = useTranslation(["search", "common"]);
  const [, navigate] = useLocation();
  const [theme, setTheme] = useTheme();
  const signOut = useSignOut();
  const language = currentLanguage();
  const icon = <IconBolt />;
  const leadTo = (id: string, label: string, href: string): Target => ({ id, label, icon, href });
  const languages = Object.entries(LANGUAGES) as [Language, { name: string }][];
  return [
    leadTo("temporary login", t("action.temporaryLogin"), loginCommandPath("temporary")),
    leadTo("permanent login", t("action.permanentLogin"), loginCommandPath("permanent")),
    leadTo("create image", t("action.createImage"), dialogPath("images", "create")),
    leadTo("push", t("action.pushSteps"), dialogPath("images", "push")),
    leadTo("create organization", t("action.createOrganization"), dialogPath("organizations", "create")),
    ...(isFor("administrator", user) ? [leadTo("add user", t("action.addUser"), dialogPath("users", "create"))] : []),
    leadTo("password", t("common:changePassword"), PATHS.password),
    ...THEMES.filter((other) => other !== theme).map((other) => ({
      id: `theme ${other}`,
      label: t(`action.theme_${other}`),
      icon,
      onAction: () => setTheme(other),
    })),
    ...languages
      .filter(([other]) => other !== language)
      .map(([other, { name }]) => ({
        id: `language ${other}`,
        label: t("action.language", { name }),
        icon,
        onAction: () => void setLanguage(other),
      })),
    {
      id: "sign out",
      label: t("common:signOut"),
      icon,
      // What is given to `mutate` is forgotten with this dialog, which closes first.
      onAction: () => void signOut.mutateAsync().then(() => navigate(PATHS.signIn), tellFailure),
    },
  ];
}

function tellFailure(error: unknown): void {
  toast(errorText(error), { tone: "danger" });
}
