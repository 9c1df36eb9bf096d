/**
 * What the receivers make of each format: their own rules, restated from the sources that are named. Go's decoder leaves
 * out what it does not know and what is missing, and refuses another type.
 */
import { describe, it } from "vitest";
import { z } from "zod";
import type { Digest } from "../../kernel/digest.ts";
import type { PushEvent } from "./push-event.ts";
import type { RepositoryName, Tag } from "../../kernel/reference.ts";
import { WEBHOOK_FORMATS } from "./trigger-targets.ts";
import { renderWebhook } from "./webhook-formats.ts";

const EVENT: PushEvent = {
  repository: "team/web/nginx" as RepositoryName,
  tag: "v1.2" as Tag,
  digest: `sha256:${"a".repeat(64)}` as Digest,
  mediaType: "application/vnd.oci.image.manifest.v1+json",
  size: 1234,
  user: "ada",
  at: "2026-11-24T12:34:56.789Z",
  registry: "https://registry.example.com:8443",
};
const ID = "0123456789abcdef0123456789abcdef";
const HOST = "registry.example.com:8443";

const bodyOf = (format: (typeof WEBHOOK_FORMATS)[number], event = EVENT) => renderWebhook(format, ID, event).body;

// A field of a Go struct: absent means its zero value.
const text = z.string().default("");
const integer = z.int().default(0);
const strings = z.array(z.unknown()).default([]);

/** argoproj-labs/argocd-image-updater, `pkg/webhook/cloudevents.go`: Validate, parseEvent. */
function readByArgo(contentType: string, body: string) {
  if (!contentType.includes("application/json") && !contentType.includes("application/cloudevents+json")) {
    throw new Error(`invalid content type: ${contentType}`);
  }
  const payload = z
    .object({
      specversion: text,
      type: text,
      source: text,
      subject: text,
      data: z.record(z.string(), z.unknown()).default({}),
    })
    .parse(JSON.parse(body));
  if (payload.specversion === "" || payload.type === "") throw new Error("missing attribute");
  if (payload.type.startsWith("com.amazon.ecr.")) throw new Error("taken for ECR's");
  if (!payload.type.includes("container") && !payload.type.includes("image")) throw new Error("unsupported type");
  const colon = payload.subject.indexOf(":");
  const of = (...names: string[]) => {
    const found = names.map((name) => payload.data[name]).find((value) => typeof value === "string" && value !== "");
    return typeof found === "string" ? found : undefined;
  };
  const event = {
    registry: of("registryUrl", "registry") ?? payload.source.split("/")[2],
    repository: of("repositoryName", "repository") ?? payload.subject.slice(0, colon),
    tag: of("imageTag", "tag") ?? payload.subject.slice(colon + 1),
    digest: of("imageDigest", "digest") ?? "",
  };
  if (!event.registry || !event.repository || !event.tag) throw new Error("not found in CloudEvents payload");
  return event;
}

describe("cloudevents", () => {
  it("is CloudEvents 1.0 in structured mode", ({ expect }) => {
    const { contentType, body } = renderWebhook("cloudevents", ID, EVENT);
    expect(contentType).toBe("application/cloudevents+json; charset=utf-8");
    // cloudevents/spec, `cloudevents/formats/json-format.md` and `spec.md`, "Required attributes".
    const event = z
      .strictObject({
        specversion: z.literal("1.0"),
        type: z.string().min(1),
        source: z.url(),
        subject: z.string().min(1),
        id: z.literal(ID),
        time: z.iso.datetime(),
        datacontenttype: z.literal("application/json"),
        data: z.record(z.string(), z.unknown()),
      })
      .parse(JSON.parse(body));
    expect(event.data).toEqual({
      registry: HOST,
      repository: "team/web/nginx",
      tag: "v1.2",
      digest: EVENT.digest,
      image: `${HOST}/team/web/nginx:v1.2`,
      mediaType: EVENT.mediaType,
      size: 1234,
      user: "ada",
    });
  });

  it("is read by Argo CD Image Updater", ({ expect }) => {
    const { contentType, body } = renderWebhook("cloudevents", ID, EVENT);
    const expected = { registry: HOST, repository: "team/web/nginx", tag: "v1.2", digest: EVENT.digest };
    expect(readByArgo(contentType, body)).toEqual(expected);
    // It would find the same in the attributes alone.
    const { data: _, ...attributes } = JSON.parse(body) as Record<string, unknown>;
    expect(readByArgo(contentType, JSON.stringify(attributes))).toEqual({ ...expected, digest: "" });
  });

  it("says when it is a test", ({ expect }) => {
    expect(JSON.parse(bodyOf("cloudevents", { ...EVENT, isTest: true }))).toMatchObject({ data: { test: true } });
    expect(bodyOf("cloudevents")).not.toContain("test");
  });
});

describe("distribution", () => {
  /** distribution/distribution, `notifications/event.go`, and the order and names of `event_test.go`. */
  it("is the envelope of distribution's notifications", ({ expect }) => {
    const { contentType, body } = renderWebhook("distribution", ID, EVENT);
    expect(contentType).toBe("application/vnd.docker.distribution.events.v2+json");
    expect(JSON.parse(body)).toEqual({
      events: [
        {
          id: ID,
          timestamp: "2026-11-24T12:34:56.789Z",
          action: "push",
          target: {
            mediaType: EVENT.mediaType,
            digest: EVENT.digest,
            size: 1234,
            length: 1234,
            repository: "team/web/nginx",
            url: `https://${HOST}/v2/team/web/nginx/manifests/${EVENT.digest}`,
            tag: "v1.2",
          },
          request: { id: ID, host: HOST, method: "PUT", useragent: "" },
          actor: { name: "ada" },
          source: { addr: HOST },
        },
      ],
    });
  });

  /** keel-hq/keel, `pkg/http/registry_notifications.go`: registryNotificationHandler. */
  it("is read by Keel", ({ expect }) => {
    const Notification = z.object({
      events: z
        .array(
          z.object({
            id: text,
            // Go's time.Time: RFC 3339.
            timestamp: z.iso.datetime({ offset: true }),
            action: text,
            target: z.object({
              mediaType: text,
              size: integer,
              digest: text,
              length: integer,
              repository: text,
              url: text,
              tag: text,
            }),
            request: z.object({ id: text, addr: text, host: text, method: text, useragent: text }),
            actor: z.object({ name: text }),
            source: z.object({ addr: text, instanceID: text }),
          }),
        )
        .default([]),
    });
    const { events } = Notification.parse(JSON.parse(bodyOf("distribution")));
    const found = events
      .filter(({ action, target }) => action === "push" && target.tag !== "")
      .map(({ request, target: { repository, tag, digest } }) => ({
        name: `${request.host}/${repository}`,
        tag,
        digest,
      }));
    expect(found).toEqual([{ name: `${HOST}/team/web/nginx`, tag: "v1.2", digest: EVENT.digest }]);
  });
});

describe("harbor", () => {
  const Payload = z.object({
    type: text,
    occur_at: integer,
    operator: text,
    event_data: z.object({
      resources: z.array(z.object({ digest: text, tag: text, resource_url: text })).default([]),
      repository: z.object({
        date_created: integer,
        name: text,
        namespace: text,
        repo_full_name: text,
        repo_type: text,
      }),
    }),
  });

  it("has the names of Harbor's own", ({ expect }) => {
    // goharbor/harbor, `src/pkg/notifier/model/event.go`: Payload, EventData, Resource, Repository.
    const { contentType, body } = renderWebhook("harbor", ID, EVENT);
    expect(contentType).toBe("application/json");
    expect(JSON.parse(body)).toEqual({
      type: "PUSH_ARTIFACT",
      occur_at: 1795523696,
      operator: "ada",
      event_data: {
        resources: [{ digest: EVENT.digest, tag: "v1.2", resource_url: `${HOST}/team/web/nginx:v1.2` }],
        repository: { name: "web/nginx", namespace: "team", repo_full_name: "team/web/nginx" },
      },
    });
  });

  /** argoproj-labs/argocd-image-updater, `pkg/webhook/harbor.go`: Validate, Parse. */
  it("is read by Argo CD Image Updater", ({ expect }) => {
    const { contentType, body } = renderWebhook("harbor", ID, EVENT);
    expect(contentType).toContain("application/json");
    const payload = Payload.parse(JSON.parse(body));
    expect(payload.type).toBe("PUSH_ARTIFACT");
    const [resource] = payload.event_data.resources;
    expect(resource?.tag).toBe("v1.2");
    expect(resource?.digest).toBe(EVENT.digest);
    expect(payload.event_data.repository.repo_full_name).toBe("team/web/nginx");
    // It puts https:// before it and takes the host.
    expect(new URL(`https://${resource?.resource_url}`).host).toBe(HOST);
  });

  /** keel-hq/keel, `pkg/http/harbor_webhook_trigger.go`: harborHandler, which parses the image's reference. */
  it("is read by Keel", ({ expect }) => {
    const { type, event_data } = Payload.parse(JSON.parse(bodyOf("harbor")));
    expect(["pushImage", "PUSH_ARTIFACT"]).toContain(type);
    const images = event_data.resources.map(({ resource_url }) => /^(.+):([^:/]+)$/.exec(resource_url)?.slice(1));
    expect(images).toEqual([[`${HOST}/team/web/nginx`, "v1.2"]]);
  });
});

describe("dockerhub", () => {
  /** keel-hq/keel, `pkg/http/dockerhub_webhook_trigger.go`: dockerHubWebhook, dockerHubHandler. */
  it("is read by Keel, which takes the name as it is", ({ expect }) => {
    const flag = z.boolean().default(false);
    const { push_data, repository } = z
      .object({
        push_data: z.object({ pushed_at: integer, images: strings, tag: text, pusher: text }),
        callback_url: text,
        repository: z.object({
          status: text,
          description: text,
          is_trusted: flag,
          repo_url: text,
          owner: text,
          is_official: flag,
          is_private: flag,
          name: text,
          namespace: text,
          star_count: integer,
          comment_count: integer,
          date_created: integer,
          repo_name: text,
        }),
      })
      .parse(JSON.parse(bodyOf("dockerhub")));
    expect(repository.repo_name).toBe(`${HOST}/team/web/nginx`);
    expect(push_data).toMatchObject({ tag: "v1.2", pusher: "ada", pushed_at: 1795523696 });
  });

  /** fluxcd/notification-controller, `internal/server/receiver_handlers.go`: DockerHubReceiver. */
  it("is read by Flux", ({ expect }) => {
    const payload = z
      .object({ push_data: z.object({ tag: text }), repository: z.object({ repo_url: text }) })
      .parse(JSON.parse(bodyOf("dockerhub")));
    expect(payload).toEqual({
      push_data: { tag: "v1.2" },
      repository: { repo_url: `https://${HOST}/team/web/nginx` },
    });
  });
});

describe("keel", () => {
  /** keel-hq/keel, `types/types.go`: Repository; `pkg/http/native_webhook_trigger.go`: nativeHandler. */
  it("is Keel's own", ({ expect }) => {
    const repository = z
      .object({ host: text, name: z.string().min(1), tag: z.string().min(1), digest: text })
      .parse(JSON.parse(bodyOf("keel")));
    expect(repository).toEqual({ host: "", name: `${HOST}/team/web/nginx`, tag: "v1.2", digest: EVENT.digest });
  });
});

describe("text", () => {
  it("is a line for Slack and for Feishu", ({ expect }) => {
    const line = `${HOST}/team/web/nginx:v1.2 was pushed by ada (${EVENT.digest})`;
    expect(JSON.parse(bodyOf("text"))).toEqual({ text: line, msg_type: "text", content: { text: line } });
  });

  it("says when it is a test", ({ expect }) => {
    const { text: line } = JSON.parse(bodyOf("text", { ...EVENT, isTest: true })) as { text: string };
    expect(line).toMatch(/^Test: /);
  });
});

it.for(WEBHOOK_FORMATS)("%s is the same each time that it is sent", (format, { expect }) => {
  expect(renderWebhook(format, ID, EVENT)).toEqual(renderWebhook(format, ID, { ...EVENT }));
});
