/**
 * The English sentences of all reasons, by their codes: for the API, the command line and the console. `{{…}}` is a value.
 * The Chinese ones are in `console/i18n/zh/reasons.ts`.
 */
import { EARLY_REASONS } from "./early-reasons.ts";
import type { RegistryError } from "./errors.ts";
import { fillIn, type Reason, reason, refuseBy } from "./reasons.ts";

/** What becomes of a job of synchronization. */
const OF_SYNCHRONIZATION = {
  COPIED: "copied",
  THERE_ALREADY: "it was there already",
  COMPANIONS_KEPT: "left as they are there: {{tags}}",
  REFERRERS_LEFT_OUT: "not all that refers to it: there is too much",
  TAG_DIFFERS: "{{tag}} is there already, as {{digest}}",
  TAG_DIFFERS_SOMEHOW: "{{tag}} is there already, as another image",

  DELETED: "deleted",
  NOT_THERE: "it was not there",
  DELETION_DIFFERS: "{{tag}} is there as {{digest}}, and stays",
  DELETION_DIFFERS_SOMEHOW: "{{tag}} is there as another image, and stays",

  CANCELLED: "{{user}} cancelled it",
  SUPERSEDED: "a newer push of the tag took its place",
  RULE_DELETED: "its rule was deleted",
  REMOTE_GONE: "{{remote}} is gone",
  MANIFEST_GONE: "{{digest}} is no longer in the image",
  CONTENT_MISSING: "{{message}}",
  ADDRESS_REFUSED: "{{message}}",

  REFUSED: "{{host}} answered {{status}}: {{message}}",
  NO_ANSWER: "{{message}}",
  NOTHING_TAKEN: "the target took nothing in {{minutes}} minutes",
  UPLOAD_LOST: "{{message}}",
  CONTENT_DIFFERS: "{{message}}",
  PROTOCOL_VIOLATED: "{{message}}",
  OVERLOADED: "{{message}}",
  IMPOSSIBLE: "{{message}}",
  REGISTRY_FAILED: "the registry failed to do it",
  MANIFEST_LEFT: "manifest {{digest}} is no longer in {{repository}}",
  MANIFEST_UNREADABLE: "manifest {{digest}} cannot be read",
  BLOB_LEFT: "blob {{digest}} is no longer in {{repository}}",
  BYTES_LOST: "the bytes of {{digest}} are lost: push it again",

  GIVEN_UP_AFTER_TRIES: "given up after {{tries}} tries",
  GIVEN_UP_AFTER_DAYS: "given up after {{days}} days",
} as const;

/** Why an address cannot be called, or does not answer. */
const OF_CALLS = {
  ADDRESS_REFUSED_OF: "{{address}} cannot be called: {{why}}",
  ADDRESS_REFUSED_SOMEHOW: "the address cannot be called: {{why}}",
  SCHEME_UNKNOWN: "its scheme is {{scheme}} and not https:",
  SCHEME_NOT_HTTPS: "its scheme is not https:",
  ADDRESS_WITH_LOGIN: "it has a user name or a password in it",
  ADDRESS_IS_OWN: "it is this registry itself",
  ADDRESS_LOOPBACK: "{{host}} is an address that is the machine's own",
  ADDRESS_LINK_LOCAL: "{{host}} is an address that is link-local",
  ADDRESS_PRIVATE: "{{host}} is an address that is private",
  ADDRESS_SHARED: "{{host}} is an address that is shared behind a provider's translation",
  ADDRESS_MULTICAST: "{{host}} is an address that is a multicast group",
  ADDRESS_RESERVED: "{{host}} is an address that is not public",
  ADDRESS_NOT_PUBLIC: "{{host}} is not a public address",
  NAME_NOT_PUBLIC: "{{host}} is not a public name",
  TOO_MANY_CALLS: "too many requests were sent to {{host}}, or for this account, just now: try again in a minute",

  NOT_REACHED: "{{host}} cannot be reached: {{why}}",
  NOT_REACHED_SOMEHOW: "{{host}} cannot be reached",
  CONNECTION_LOST: "the connection was refused or lost",
  UNKNOWN_OR_SILENT: "its name is unknown, nothing speaks http there",
  UNKNOWN_OR_UNTRUSTED:
    "its name is unknown, nothing speaks https there, or its certificate is not one that everybody trusts",
  NO_WHOLE_ANSWER: "no whole answer within {{seconds}} s",
  ANSWER_LOST: "the connection was lost",

  API_SERVER: "the API server at {{host}}",
  SILENT_WITHIN: "{{server}} did not answer within {{seconds}} s",
  SERVER_NOT_REACHED: "{{server}} cannot be reached: {{why}}",
  SERVER_FAILED: "{{server}} {{why}}",
  CERTIFICATE_REFUSED: "the certificate of {{server}} {{why}}",
  CERTIFICATE_REFUSED_WITHOUT_AUTHORITY:
    "the certificate of {{server}} {{why}}: give the cluster its certificate authority",
} as const;

/** What is wrong with a server's TLS, in words that follow "the server …" or "the certificate …". */
const OF_TLS = {
  TLS_ALERT: "refused the connection (alert {{alert}})",
  TLS_CLOSED: "closed the connection during the handshake",
  TLS_ABSENT: "does not speak TLS",
  TLS_TOO_OLD: "does not speak TLS 1.3",
  TLS_KEY_EXCHANGE: "wants a key exchange other than X25519 and P-256",
  TLS_UNOFFERED: "chose what was not offered",
  TLS_SIGNATURE_UNOFFERED: "signed with an algorithm that was not offered",
  TLS_KEY_WRONG: "does not have the key of its certificate",
  TLS_VIOLATED: "{{message}}",

  CERTIFICATE_UNREADABLE: "cannot be read",
  CERTIFICATE_CHAIN_TOO_LONG: "comes with too many others",
  CERTIFICATE_MISSING: "is missing",
  CERTIFICATE_NOT_FOR_SERVERS: "is not one for servers",
  CERTIFICATE_OF_AUTHORITY: "is an authority's, which is to sign others and not to be a server's",
  CERTIFICATE_MAY_NOT_SIGN: "is for a key that may not sign, as a server has to (digitalSignature)",
  CERTIFICATE_NOT_TRUSTED: "is not signed by an authority that everybody trusts",
  CERTIFICATE_OF_ANOTHER_AUTHORITY: "is not signed by the cluster's certificate authority",
  CERTIFICATE_FOR_OTHERS: "is not for {{host}} but for {{names}}",
  CERTIFICATE_FOR_NOBODY: "is not for {{host}} but for no name at all",
  CERTIFICATE_EXPIRED: "{{about}}expired on {{time}}",
  CERTIFICATE_NOT_YET_VALID: "{{about}}is not valid before {{time}}",
  CERTIFICATE_EXTENSION_UNKNOWN: "{{about}}has a critical extension that is not understood ({{oid}})",
  CERTIFICATE_KEY_TOO_SHORT: "{{about}}has an RSA key of fewer than {{bits}} bits",
  CERTIFICATE_SIGNATURE_WEAK: "{{about}}has a weak or unknown signature",
  CERTIFICATE_ISSUER_MAY_NOT_SIGN: "is signed by one that may not sign others ({{subject}})",
  CERTIFICATE_ISSUER_NOT_FOR_SERVERS: "is signed by one that is not for servers ({{subject}})",
  CERTIFICATE_CHAIN_DEEPER_THAN_ALLOWED: "has more intermediates than {{subject}} allows",
  CERTIFICATE_ISSUER_LIMITED: "has an issuer that is limited to some names ({{subject}}), which is not supported",

  HTTP_CLOSED: "closed the connection before the end of its answer",
  HTTP_TOO_LARGE: "sent an answer of more than {{bytes}} bytes",
  HTTP_ABSENT: "does not speak HTTP/1.1",
  HTTP_VIOLATED: "{{message}}",
} as const;

/** What became of a delivery. */
const OF_DELIVERIES = {
  DELIVERY_FAILED: "the registry failed to deliver it",
  RECEIVER_GONE_BEFORE: "the receiver has said before that it is gone",
  ANSWERED: "answered {{status}}",
  ANSWERED_IN_PART: "answered {{status}}, but not to the end: {{why}}",
  ANSWERED_GONE: "answered {{status}}: it is gone for good, so the trigger was switched off",
  REDIRECTED: "answered {{status}}: redirects are not followed",
  REDIRECTED_TO: "answered {{status}} to {{location}}: redirects are not followed",

  CLUSTER_GONE: "the trigger's cluster does not exist any more",
  NAMESPACE_OUTSIDE: "cluster {{cluster}} is for namespace {{namespaces}}, and not for {{namespace}}",
  NAMESPACE_OUTSIDE_SOME: "cluster {{cluster}} is for namespaces {{namespaces}}, and not for {{namespace}}",
  WORKLOAD: "{{kind}} {{name}} in namespace {{namespace}}",
  WORKLOAD_NEED:
    "it takes edit on organization {{organization}}, or a container that runs image {{repository}} already",
  CONTAINER_OF_ANOTHER_IMAGE:
    "container {{container}} of {{workload}} runs another image, and the user who set the trigger may not change that: {{need}}",
  CONTAINER_MISSING: "{{workload}} has no container {{container}}",
  CONTAINER_MISSING_BY_NOW: "{{workload}} has no container {{container}} any more: the rollout was not complete",
  IMAGE_UNUSED: "no container of {{workload}} uses an image of {{repository}}",
  IMAGE_UNUSED_BY_NOW:
    "no container of {{workload}} uses an image of {{repository}} any more: the rollout was not complete",
  NO_WORKLOAD: "the API server answered with something that is no workload for {{workload}}",
  CLUSTER_REFUSED: "the API server answered {{status}} for {{workload}}: {{message}}",
  CLUSTER_REDIRECTED: "the API server answered {{status}} for {{workload}}: {{message}}; redirects are not followed",

  IMAGE_TRIED: "tried out only: container {{containers}} of {{workload}} can be set to {{image}}",
  IMAGE_SET: "container {{containers}} of {{workload}} was set to {{image}}",
  IMAGE_SET_FOR_NEXT_JOB: "container {{containers}} of {{workload}} was set to {{image}}: the next job uses it",
  IMAGE_SET_ALREADY: "{{workload}} has {{image}} already: {{rollout}}",
  IMAGE_WAS_SET: "{{workload}} was set to {{image}}: {{rollout}}",
  IMAGE_REPLACED: "container {{container}} of {{workload}} was set to {{image}} before the rollout was complete",

  ROLLOUT_UNWATCHED: "the rollout cannot be watched: {{why}}",
  ROLLOUT_TOO_LONG: "the rollout did not complete within {{minutes}} minutes: {{why}}",
  ROLLOUT_STALLED: "the rollout exceeded its progress deadline",
  ROLLOUT_FAILED: "{{message}}",
  ROLLOUT_NOT_BEGUN: "the rollout has not begun",
  ROLLOUT_BY_NEXT_JOB: "the next job uses it",
  ROLLOUT_ON_DELETE: "its pods are replaced when somebody deletes them (OnDelete)",
  ROLLOUT_PAUSED: "its rollout is paused, and goes on when somebody resumes it",
  POD_UPDATED: "its pod is updated",
  PODS_UPDATED: "all {{pods}} pods are updated",
  POD_UPDATED_OF: "{{part}} of {{whole}} pod is updated",
  PODS_UPDATED_OF: "{{part}} of {{whole}} pods are updated",
  PODS_UPDATED_BY_PARTITION: "{{part}} of {{whole}} pods are updated, as its partition says",
  POD_UPDATED_BY_PARTITION: "{{part}} of {{whole}} pod is updated, as its partition says",
  POD_READY_OF: "{{part}} of {{whole}} pod is ready",
  PODS_READY_OF: "{{part}} of {{whole}} pods are ready",
  UPDATED_POD_AVAILABLE_OF: "{{part}} of {{whole}} updated pod is available",
  UPDATED_PODS_AVAILABLE_OF: "{{part}} of {{whole}} updated pods are available",
  OLD_POD_LEFT: "1 old pod has still to end",
  OLD_PODS_LEFT: "{{pods}} old pods have still to end",
} as const;

/** What is wrong with a field of a request, in words that may follow the name of the field and a colon. */
const OF_FIELDS = {
  FIELD_WRONG: "{{field}}: {{why}}",
  REQUIRED: "is required",
  INVALID: "is not valid",
  MUST_BE_TEXT: "must be a text",
  MUST_BE_NUMBER: "must be a number",
  MUST_BE_WHOLE_NUMBER: "must be a whole number",
  MUST_BE_BOOLEAN: "must be true or false",
  MUST_BE_LIST: "must be a list",
  MUST_BE_OBJECT: "must be an object",
  MUST_BE_TIME: "must be a time such as 2026-12-31T00:00:00Z",
  MUST_NOT_BE_EMPTY: "must not be empty",
  TOO_SHORT: "must have at least {{min}} characters",
  TOO_LONG: "must have at most {{max}} characters",
  TOO_FEW: "must have at least {{min}} entries",
  TOO_MANY: "must have at most {{max}} entries",
  TOO_SMALL: "must be at least {{min}}",
  TOO_LARGE: "must be at most {{max}}",
  NOT_ONE_OF: "must be one of {{options}}",
  FORM_WRONG: "does not have the right form",
  UNKNOWN_FIELD: "{{names}} is no field of the request",
  NOTHING_TO_CHANGE: "nothing is to be changed",
  PERSON_NAME_FORM: "must have 1 to 64 letters, digits, dots, underscores and hyphens, the first a letter",
  PASSWORD_OF_PERSONS: "a person has a password, and a robot has none",
  ROBOT_IS_MEMBER: "a robot is a member: what it may do is granted to it",
} as const;

/** What is wrong with a pattern, with the place in it. */
const OF_PATTERNS = {
  PATTERN_WRONG_AT: "{{why}} at position {{position}}",
  GLOB_NOT_OPENED: 'there is a "}" without a "{"',
  GLOB_NOT_CLOSED: 'a "{" is not closed',
  GLOB_ENDS_IN_BACKSLASH: "a backslash has nothing to take",
  GLOB_WITH_TOO_MANY_OPTIONS: "there are more than {{max}} options in braces",
  GLOB_LENGTH: "the glob must have 1 to {{max}} characters",
  CHARACTER_OF_NO_NAME: "no name has this character",

  EXPRESSION_TOO_COMPLEX: "the regular expression is too complex: repeat less",
  EXPRESSION_CLASS_RANGE: "invalid character class range",
  EXPRESSION_ESCAPE: "invalid escape sequence",
  EXPRESSION_NAMED_GROUP: "invalid named capture",
  EXPRESSION_SYNTAX: "invalid or unsupported Perl syntax",
  EXPRESSION_REPEATED_TWICE: "invalid nested repetition operator",
  EXPRESSION_REPEAT_COUNT: "invalid repeat count",
  EXPRESSION_MISSING_BRACKET: "missing closing ]",
  EXPRESSION_MISSING_PARENTHESIS: "missing closing )",
  EXPRESSION_NOTHING_TO_REPEAT: "missing argument to repetition operator",
  EXPRESSION_TRAILING_BACKSLASH: "trailing backslash at end of expression",
  EXPRESSION_NAME_TWICE: "duplicate capture group name",
  EXPRESSION_UNEXPECTED_PARENTHESIS: "unexpected )",
  EXPRESSION_TOO_DEEP: "expression nests too deeply",
  EXPRESSION_TOO_LARGE: "expression too large",
  EXPRESSION_LOOKBEHIND: "invalid capture in lookbehind",
  EXPRESSION_FAULTY: "{{message}}",

  TAG_PATTERN_LENGTH: 'pattern: "{{pattern}}" has {{length}} characters: expected 1 to {{max}}',
  TAG_PATTERN_WRONG: 'pattern: "{{pattern}}": character {{position}}, "{{character}}", {{why}}',
  BRACKET_NOT_OPENED: "closes no bracket",
  BRACKET_NOT_CLOSED: "opens a bracket that is not closed",
  BRACKET_EMPTY: "opens an empty bracket",
  CHARACTER_OF_NO_TAG: "is neither a character of tags nor one of * ? [ ]",
  CHARACTER_OF_NO_TAG_IN_BRACKET: "is no character of tags, as those in brackets must be",
  RANGE_BACKWARDS: "begins a range that ends before it",
} as const;

/** What is wrong with a trigger or a cluster. */
const OF_TRIGGERS = {
  TRIGGER_NAME_FORM:
    'the name must have 1 to {{max}} letters, digits, "_" and "-", begin with a letter, and have single "_" or "-" between letters or digits only',
  CONDITION_TOO_LONG: "the condition has more than {{max}} characters",
  CONDITION_WITH_CONTROL_CHARACTERS: "the condition has control characters in it",
  CONDITION_EMPTY: "the condition is empty",
  CONDITION_NO_TAG: '"{{tag}}" is not a tag',
  CONDITION_WRONG: "the condition is not valid: {{why}}",
  GLOB_BEGINS_WITH_DOT: 'no tag begins with "."; a regular expression begins with "^" or ends with "$":',
  GLOB_OF_NO_TAG: 'no tag has a "{{character}}" in it; a regular expression begins with "^" or ends with "$":',
  CONDITION_NOT_MET: "tag {{tag}} does not meet the trigger's condition any more",
  TRIGGER_EXISTS: "trigger {{name}} exists already",
  TRIGGER_LIMIT: "an image has at most {{max}} triggers, and an account {{ofAccount}}",
  TRIGGER_DELETED: "the trigger was deleted meanwhile",
  CLUSTER_DELETED: "the cluster was deleted meanwhile",
  CLUSTER_REQUIRED: "a cluster must be named",
  WORKLOAD_NAME_FORM:
    '{{field}} must have 1 to {{max}} lower-case letters, digits, "-" and ".", the first and the last a letter or digit, as names in Kubernetes do',
  LABEL_FORM:
    '{{field}} must have 1 to {{max}} lower-case letters, digits and "-", the first and the last a letter or digit, as names in Kubernetes do',
  MAY_NOT_SET: "you do not have the permission: {{user}} may not let pushes set {{workload}}: {{need}}",
  MAY_NOT_SET_UNKNOWN:
    "you do not have the permission: {{user}} may not let pushes set {{workload}}: {{need}}; whether one does could not be found out: {{why}}",
  URL_TOO_LONG: "the url has more than {{max}} characters",
  URL_FORM: "the url is not an address such as {{example}}",
  URL_WITH_FRAGMENT: "the url has a fragment, which is never sent",
  URL_WITH_LOGIN: "the url has a user name or a password in it",
  URL_WITH_QUERY: "the url has a query or a fragment",
  URL_WITH_PATH: "the url has a path: what comes after the host belongs to a rule",
  URL_TAKES_SECRETS_ANEW: "another url takes its secret and authorization anew, or null to do without",
  SECRET_LENGTH: "the secret must have 1 to {{max}} characters",
  SECRET_NOT_BASE64: 'what follows "{{prefix}}" in the secret must be base64',
  AUTHORIZATION_LENGTH: "the authorization must have 1 to {{max}} characters",
  AUTHORIZATION_FORM: "the authorization must consist of printable ASCII characters and not begin or end with a space",

  CLUSTER_NAME_FORM:
    'the name must have 1 to {{max}} letters, digits, ".", "_" and "-", the first and the last a letter or digit',
  CLUSTER_EXISTS: "cluster {{name}} exists already",
  CLUSTER_LIMIT: "an organization has at most {{max}} clusters, and an account {{ofAccount}}",
  NAMESPACE_FORM: '"{{name}}" is not the name of a namespace',
  TOO_MANY_NAMESPACES: "a cluster is for at most {{max}} namespaces, or for all",
  SERVER_TOO_LONG: "the server has more than {{max}} characters",
  SERVER_FORM: "the server is not an address such as https://cluster.example.com:6443",
  SERVER_WITH_LOGIN: "the server has a user name or a password in it",
  SERVER_WITH_QUERY: "the server has a query or a fragment",
  SERVER_TAKES_TOKEN_ANEW: "another server takes the token anew",
  AUTHORITY_TOO_LARGE: "the certificate authority has more than {{max}} bytes",
  AUTHORITY_HOLDS_OTHER: "the certificate authority holds a {{what}}, and only certificates belong there",
  AUTHORITY_NOT_PEM: "the certificate authority is not a certificate in PEM (-----BEGIN CERTIFICATE-----)",
  AUTHORITY_NO_CERTIFICATE: "the certificate authority is not a certificate",
  AUTHORITY_NO_CERTIFICATE_AT: "the certificate authority is not a certificate (number {{number}})",
  TOKEN_FORM: "the token must have 1 to {{max}} printable ASCII characters without spaces",
  TOKEN_REFUSED: "the API server does not accept the token: {{message}}",
  TEST_REFUSED: "the API server answered {{status}} to the test: {{message}}",
  API_SERVER_ANSWERED: "the API server answered {{status}}",
  TOKEN_WITHOUT_RIGHTS:
    "the token's account may not {{verbs}} {{workloads}} in namespace {{namespace}}: if its role names single workloads, name one as application",
  TOKEN_WITHOUT_RIGHTS_TO_ONE:
    "the token's account may not {{verbs}} {{workloads}} {{name}} in namespace {{namespace}}",
  MAY_NOT_LIST: "the token's account may not list {{workloads}} in all namespaces",
  MAY_NOT_LIST_IN: "the token's account may not list {{workloads}} in namespace {{namespace}}",
  LISTING_REFUSED: "the API server answered {{status}} to the list of {{workloads}}: {{message}}",
  LIST_CUT: "the cluster has more workloads than are looked at",
  LIST_CUT_BY_TIME: "the cluster did not list all of its workloads within {{seconds}} seconds",
  SAID: "{{message}}",
} as const;

/** What is wrong with registries elsewhere, rules of synchronization, upstreams, trust rules and their issuers. */
const OF_OTHERS = {
  REMOTE_NAME_FORM:
    'the name must have 1 to {{max}} letters, digits, ".", "_" and "-", and begin and end with a letter or digit',
  REMOTE_EXISTS: "remote registry {{name}} exists already",
  REMOTE_LOGIN_HALF: "a user name takes a password, and a password a user name",
  REMOTE_USERNAME_FORM: "the user name must have at most {{max}} characters, no colon and no control characters",
  REMOTE_PASSWORD_FORM: "the password must have at most {{max}} characters and no control characters",
  REMOTE_TAKES_PASSWORD_ANEW: "another address, or another user name, takes the password anew",
  REMOTE_REFUSES_LOGIN: "{{host}} does not take the user name and password",
  REMOTE_WANTS_LOGIN: "{{host}} wants a user name and a password",
  REMOTE_SILENT: "{{host}} gave no answer within {{seconds}} s",
  REMOTE_NO_REGISTRY: "{{host}} is no registry: {{message}}",

  SYNC_IMAGES_FIXED: "images: the rule of an image is for that image",
  REMOTE_ORGANIZATION_FORM:
    '"{{name}}" is no organization of a registry: expected lower-case letters and digits, with ".", "_", "-" and "/" between them, and at most {{max}} characters',
  SYNC_RULE_EXISTS: "there is a rule of synchronization to {{remote}} already",
  SYNC_RULE_EXISTS_TO: "there is a rule of synchronization to {{organization}} in {{remote}} already",
  UPSTREAM_MISSING: "{{name}} is not there: {{why}}",
  UPSTREAM_REFUSED:
    "{{name}} was refused: {{why}}. It does not exist there, or the credentials of remote registry {{remote}} do not suffice",
  UPSTREAM_BUSY: "too many requests: {{why}}",
  UPSTREAM_MAKES_NO_SENSE: "{{host}} answers for {{name}} what makes no sense: {{message}}",
  UPSTREAM_SILENT: "{{host}} gave no answer about {{name}} in time",
  UPSTREAM_UNREACHABLE: "{{host}} cannot be reached: {{message}}",
  UPSTREAM_MANIFEST: "the manifest that {{host}} has is not one for this registry: {{why}}",
  UPSTREAM_PATH_FORM:
    "path: expected what names of images begin with there, such as team/images, of at most {{max}} characters",

  TRUST_RULE_EXISTS: "there is a trust rule {{name}} already",
  TRUST_NAME_FORM: "must have 1 to {{max}} letters, digits, dots, underscores and hyphens, the first a letter",
  TRUST_LENGTH: "must have 1 to {{max}} characters",
  TRUST_LIFETIME: "must be {{min}} to {{max}} seconds",
  TRUST_CONDITIONS: "there must be 1 to {{max}}",
  TRUST_SHARED_ISSUER:
    "{{issuer}} signs for everybody: one of {{claims}} must say whose jobs these are, such as {{example}}",
  TRUST_WILDCARDS_ONLY: "one of them must be more than wildcards",
  TRUST_NO_IMAGE: "your account has no image {{name}}",
  TRUST_NO_ORGANIZATION: "your account has no organization {{name}}",
  TRUST_TARGET_TWICE: "{{name}} is named twice",
  TRUST_NO_CLAIM: '"{{claim}}" cannot be the name of a claim',
  TRUST_CLAIM_CHECKED: "{{claim}} is checked anyway",
  ISSUER_FORM: "must be the address that its tokens have as iss, such as https://gitlab.com",
  ISSUER_WITH_QUERY: "an issuer's address has neither a query nor a fragment",
  ISSUER_WRITTEN: "is written {{address}}",
  ISSUER_KEYS: "the keys of {{issuer}} cannot be had: {{why}}",
  ISSUER_WITHOUT_KEYS: "it has no key that signatures can be checked with",
  ISSUER_OF_ANOTHER_NAME: "{{address}} calls itself {{name}}",
  ISSUER_WITHOUT_NAME: "{{address}} has no issuer",
  ISSUER_WITHOUT_KEY_ADDRESS: "{{address}} does not say where the keys are (jwks_uri)",
  ISSUER_ANSWERED: "{{address}} answered {{status}}",
  ISSUER_REDIRECTED: "{{address}} answered {{status}}: redirects are not followed",
  ISSUER_NOT_ASKED: "{{host}} cannot be asked: {{why}}",
  ISSUER_NO_JSON: "{{address}} did not answer with a JSON object",
  ISSUER_TOO_LARGE: "{{address}} answered more than {{size}} KiB",
  ISSUER_UNASKED: "it could not be asked",
} as const;

/** What is wrong with rules and properties of images, and with their shares. */
const OF_IMAGES = {
  AGING_AMOUNT: "{{field}} must be a whole number from 1 to {{max}}",
  AGING_EXEMPTIONS: "a rule has at most {{max}} exemptions",
  AGING_NO_TAG:
    'a label is the whole name of a tag: "{{tag}}" is not a tag: expected 1 to {{max}} letters, digits, "_", "." or "-", the first no "." or "-"',
  AGING_EXPRESSION_TOO_LONG: 'the regular expression "{{pattern}}" has more than {{max}} characters',
  AGING_EXPRESSIONS_TOO_COMPLEX:
    'the regular expressions are together too complex, "{{pattern}}" most of all: repeat less',
  AGING_EXPRESSION_WRONG: 'the regular expression "{{pattern}}" is not valid: {{why}} at position {{position}}',
  AGING_EXPRESSION_EMPTY: "it is empty",
  AGING_EXPRESSION_LENGTH: "it has more than {{max}} characters",

  PLATFORM_FORM: 'platform: "{{platform}}" is not of the form os/architecture or os/architecture/variant',
  PLATFORM_OF_NO_INDEX: "platform: this is one image and no index: leave it out",
  PLATFORM_ABSENT: "platform: there is no {{platform}} in the index",
  CATEGORY_UNKNOWN: 'category must be one of {{categories}}, not "{{category}}"',
  DESCRIPTION_TOO_LONG: "the description of an image may have at most {{max}} characters",
  NOTE_TOO_LONG: "the description of a share may have at most {{max}} characters",
  DEADLINE_FORM: 'deadline: "{{deadline}}" is neither "forever" nor a date such as 2026-12-31 or 2026-12-31T00:00:00Z',
  DEADLINE_PAST: 'deadline: "{{deadline}}" is in the past',
  SHARE_WITH_OWNER: "image {{image}} belongs to account {{account}}: share it with another",
  SHARE_OF_PUBLIC: "image {{image}} is public: only private images are shared",
  SHARE_EXISTS: "image {{image}} is shared with account {{account}} already: change that",
  SHARE_ACCOUNT_UNKNOWN: "account {{account}} does not exist",
  SHARE_LIMIT: "an image may be shared with at most {{max}} accounts, ended shares counted: delete one first",
  SHARE_LIMIT_OF_ACCOUNT:
    "account {{account}} may receive at most {{max}} images of yours, ended shares counted: delete one first",
  USER_NAMED_TWICE: "a user may be named only once",
  NOT_OF_ACCOUNT: "there is no user {{user}} in your account",

  ORGANIZATION_EXISTS: "organization {{name}} exists already, perhaps in another account: choose another name",
  ORGANIZATION_NAME_RESTS:
    "organization {{name}} was another account's until a moment ago: choose another name, or try again later",
} as const;

export const REASONS = {
  ...EARLY_REASONS,
  ...OF_SYNCHRONIZATION,
  ...OF_CALLS,
  ...OF_TLS,
  ...OF_DELIVERIES,
  ...OF_FIELDS,
  ...OF_PATTERNS,
  ...OF_TRIGGERS,
  ...OF_OTHERS,
  ...OF_IMAGES,
} as const;

/** The English sentence of a reason. */
export function describeReason(why: Reason): string {
  return fillIn(REASONS, why);
}

/** The English sentence of several, as jobs and deliveries have them. */
export function describeReasons(reasons: readonly Reason[]): string {
  return reasons.map(describeReason).join("; ");
}

/** Why something was refused, as a part of another reason, or as the outcome of something. */
export function reasonOf({ problems, message }: RegistryError): Reason {
  const [first, ...others] = problems;
  return first?.reason && others.length === 0 ? first.reason : reason("SAID", { message });
}

/** Makes a refusal with a reason. Modules that pushes and pulls load have `earlyRefusal`. */
export const refusal = refuseBy(REASONS);
