/** Examples of pushing an image: by hand, and by jobs of CI services, which log in with tokens of their own (docs/ci.md). */

/** The image that README and `npm start` push first. */
export const EXAMPLE_IMAGE = "nginx:1";

/** Services whose jobs can log in without a stored secret. */
export const CI_SERVICES = ["github", "gitlab"] as const;
export type CiService = (typeof CI_SERVICES)[number];

export interface CiTarget {
  /** Of the registry, with its port. */
  host: string;
  account: string;
  organization: string;
}

/** A job that logs in with its own token, builds an image and pushes it: a file for the service, in YAML. */
export function ciSnippet(service: CiService, target: CiTarget): string {
  return SNIPPETS[service](target);
}

/** What a job gives the registry to be let in by its own token. */
export interface JobLogin {
  /** Of the registry, with its port. */
  host: string;
  account: string;
  /** Whom the token is for. */
  audience: string;
}

/** The step of a workflow of GitHub Actions that logs docker in. */
export function githubLogin({ host, account, audience }: JobLogin): string {
  return `      - name: Log in without a secret
        run: |
          curl -sSf -H "Authorization: bearer $ACTIONS_ID_TOKEN_REQUEST_TOKEN" \\
            "$ACTIONS_ID_TOKEN_REQUEST_URL&audience=${encodeURIComponent(audience)}" |
            jq -r .value |
            docker login ${host} -u oidc/${account} --password-stdin
`;
}

const SNIPPETS: Readonly<Record<CiService, (target: CiTarget) => string>> = {
  github: ({ host, account, organization }) => `# .github/workflows/image.yml
on:
  push:
    branches: [main]

permissions:
  contents: read
  id-token: write # lets the job ask for its token

jobs:
  image:
    runs-on: ubuntu-latest
    env:
      IMAGE: ${host}/${organization}/\${{ github.event.repository.name }}
    steps:
      - uses: actions/checkout@v4
${githubLogin({ host, account, audience: host })}      - run: |
          docker build -t "$IMAGE:$GITHUB_SHA" .
          docker push "$IMAGE:$GITHUB_SHA"
`,
  gitlab: ({ host, account, organization }) => `# .gitlab-ci.yml
image:
  image: docker:28
  services: [docker:28-dind]
  id_tokens:
    REGISTRY_TOKEN:
      aud: ${host}
  variables:
    IMAGE: ${host}/${organization}/$CI_PROJECT_NAME
  script:
    - echo "$REGISTRY_TOKEN" | docker login ${host} -u oidc/${account} --password-stdin
    - docker build -t "$IMAGE:$CI_COMMIT_SHA" .
    - docker push "$IMAGE:$CI_COMMIT_SHA"
`,
};
