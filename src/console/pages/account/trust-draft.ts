/** A trust rule as its form has it, and the jobs' files that log in by it. */
import { DEFAULT_TRUST_LIFETIME_S } from "../../../kernel/field-limits.ts";
import type { TrustGrant, TrustRule, TrustTerms } from "../../api/trust-rules.ts";
import { githubLogin, type JobLogin } from "../images/ci-snippets.ts";

export const GITHUB = "https://token.actions.githubusercontent.com";
export const GITLAB = "https://gitlab.com";

export type IssuerKind = "github" | "gitlab" | "other";

/** A row of the form for a condition. Rows have ids, so that one can be taken out. */
export interface ConditionDraft {
  id: number;
  claim: string;
  kind: "value" | "glob";
  text: string;
}

export interface GrantDraft {
  id: number;
  /** An organization, or an image with its organization. */
  target: string;
  level: TrustGrant["level"];
}

export interface TrustDraft {
  name: string;
  issuerKind: IssuerKind;
  /** Of an issuer that is neither of the two. */
  issuer: string;
  /** Empty: the registry's own host. */
  audience: string;
  conditions: readonly ConditionDraft[];
  grants: readonly GrantDraft[];
  minutes: number | undefined;
}

/** What conditions usually begin with, by the issuer. */
const FIRST_CONDITION: Readonly<Record<IssuerKind, Omit<ConditionDraft, "id">>> = {
  github: { claim: "sub", kind: "glob", text: "repo:<owner>/<repository>:ref:refs/heads/main" },
  gitlab: { claim: "sub", kind: "glob", text: "project_path:<group>/<project>:ref_type:branch:ref:main" },
  other: { claim: "sub", kind: "value", text: "" },
};

/** The form of a rule; of a new one when there is none yet. */
export function draftOf(rule: TrustRule | undefined): TrustDraft {
  if (!rule) {
    return {
      name: "",
      issuerKind: "github",
      issuer: "",
      audience: "",
      conditions: [{ id: 0, ...FIRST_CONDITION.github }],
      grants: [{ id: 0, target: "", level: "edit" }],
      minutes: DEFAULT_TRUST_LIFETIME_S / 60,
    };
  }
  const { name, issuer, audience, conditions, grants, lifetime } = rule;
  return {
    name,
    issuerKind: issuerKindOf(issuer),
    issuer,
    audience,
    conditions: conditions.map((condition, id) => ({
      id,
      claim: condition.claim,
      ...("glob" in condition
        ? { kind: "glob" as const, text: condition.glob }
        : { kind: "value" as const, text: condition.value }),
    })),
    grants: grants.map((grant, id) => ({
      id,
      target: "image" in grant ? grant.image : grant.organization,
      level: grant.level,
    })),
    minutes: Math.round(lifetime / 60),
  };
}

export function issuerKindOf(issuer: string): IssuerKind {
  return issuer === GITHUB ? "github" : issuer === GITLAB ? "gitlab" : "other";
}

/** The form for another issuer: a condition that nobody has changed becomes that issuer's. */
export function withIssuer(draft: TrustDraft, issuerKind: IssuerKind): TrustDraft {
  const untouched = FIRST_CONDITION[draft.issuerKind];
  const conditions = draft.conditions.map((condition) =>
    condition.text === untouched.text && condition.claim === untouched.claim
      ? { id: condition.id, ...FIRST_CONDITION[issuerKind] }
      : condition,
  );
  return { ...draft, issuerKind, conditions };
}

/** A list with one row more. */
export function withRow<T extends { id: number }>(
  rows: readonly T[],
  row: Omit<T, "id">,
): (Omit<T, "id"> & { id: number })[] {
  return [...rows, { ...row, id: Math.max(-1, ...rows.map(({ id }) => id)) + 1 }];
}

/** What the registry is told. */
export function termsOf({ issuerKind, issuer, audience, conditions, grants, minutes }: TrustDraft): TrustTerms {
  const wanted = audience.trim();
  return {
    issuer: issuerKind === "github" ? GITHUB : issuerKind === "gitlab" ? GITLAB : issuer.trim(),
    ...(wanted !== "" && { audience: wanted }),
    conditions: conditions.map(({ claim, kind, text }) =>
      kind === "glob" ? { claim: claim.trim(), glob: text.trim() } : { claim: claim.trim(), value: text.trim() },
    ),
    grants: grants.map(({ target, level }) =>
      target.includes("/") ? { image: target.trim(), level } : { organization: target.trim(), level },
    ),
    lifetime: (minutes ?? DEFAULT_TRUST_LIFETIME_S / 60) * 60,
  };
}

/** A workflow of GitHub Actions that logs docker in. */
export function githubWorkflow(login: JobLogin): string {
  const { host } = login;
  return `permissions:
  contents: read
  id-token: write # lets the job ask for its token

jobs:
  image:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
${githubLogin(login)}      - run: |
          docker build -t ${host}/<organization>/<image>:latest .
          docker push ${host}/<organization>/<image>:latest
`;
}

/** A job of GitLab CI that logs docker in. */
export function gitlabJob({ host, account, audience }: JobLogin): string {
  return `image:
  image: docker:28
  services: [docker:28-dind]
  id_tokens:
    REGISTRY_TOKEN:
      aud: ${audience}
  script:
    - echo "$REGISTRY_TOKEN" | docker login ${host} -u oidc/${account} --password-stdin
    - docker build -t ${host}/<organization>/<image>:latest .
    - docker push ${host}/<organization>/<image>:latest
`;
}
