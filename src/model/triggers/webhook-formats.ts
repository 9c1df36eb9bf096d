/** One push event in the forms that different receivers read. */
import { imageOf, type PushEvent } from "./push-event.ts";
import { imageOf as imageNameOf, organizationOf } from "../../kernel/reference.ts";
import type { WebhookFormat } from "./trigger-targets.ts";

/** What is sent, before it is signed. */
export interface RenderedWebhook {
  contentType: string;
  body: string;
}

const JSON_TYPE = "application/json";

/**
 * Renders an event.
 *
 * @param id the delivery's: the same however often it is sent.
 */
export function renderWebhook(format: WebhookFormat, id: string, event: PushEvent): RenderedWebhook {
  const { contentType = JSON_TYPE, content } = RENDERINGS[format](event, id);
  return { contentType, body: JSON.stringify(content) };
}

type Rendering = (event: PushEvent, id: string) => { contentType?: string; content: object };

const RENDERINGS: Record<WebhookFormat, Rendering> = {
  cloudevents: renderCloudEvent,
  distribution: renderDistribution,
  harbor: renderHarbor,
  dockerhub: renderDockerHub,
  keel: renderKeel,
  text: renderText,
};

/** CloudEvents 1.0 in structured mode. Argo CD Image Updater reads it at `/webhook?type=cloudevents`. */
function renderCloudEvent(event: PushEvent, id: string) {
  const { repository, tag, digest, mediaType, size, user, isTest } = event;
  return {
    contentType: "application/cloudevents+json; charset=utf-8",
    content: {
      specversion: "1.0",
      // The updater wants "image" or "container" in it.
      type: "berth.image.pushed",
      source: event.registry,
      subject: `${repository}:${tag}`,
      id,
      time: event.at,
      datacontenttype: JSON_TYPE,
      data: {
        registry: hostOf(event),
        repository,
        tag,
        digest,
        image: `${imageOf(event)}:${tag}`,
        mediaType,
        size,
        user,
        ...(isTest === true && { test: true }),
      },
    },
  };
}

/** The envelope of distribution's notifications (its `notifications/event.go`). Keel reads it, at `registry`. */
function renderDistribution(event: PushEvent, id: string) {
  const { repository, tag, digest, mediaType, size, user, registry } = event;
  const target = {
    mediaType,
    size,
    digest,
    length: size,
    repository,
    url: `${registry}/v2/${repository}/manifests/${digest}`,
    tag,
  };
  return {
    contentType: "application/vnd.docker.distribution.events.v2+json",
    content: {
      events: [
        {
          id,
          timestamp: event.at,
          action: "push",
          target,
          request: { id, host: hostOf(event), method: "PUT", useragent: "" },
          actor: { name: user },
          source: { addr: hostOf(event) },
        },
      ],
    },
  };
}

/** Harbor's PUSH_ARTIFACT in its default format (its `src/pkg/notifier/model/event.go`). */
function renderHarbor(event: PushEvent) {
  const { repository, tag, digest, user } = event;
  return {
    content: {
      type: "PUSH_ARTIFACT",
      occur_at: secondsOf(event),
      operator: user,
      event_data: {
        resources: [{ digest, tag, resource_url: `${imageOf(event)}:${tag}` }],
        repository: {
          name: imageNameOf(repository),
          namespace: organizationOf(repository),
          repo_full_name: repository,
        },
      },
    },
  };
}

/** Docker Hub's. The repository's name is what `docker pull` takes, as it is there: here with the registry's host. */
function renderDockerHub(event: PushEvent) {
  const { repository, tag, user, registry } = event;
  return {
    content: {
      push_data: { pushed_at: secondsOf(event), pusher: user, tag, images: [] },
      repository: {
        name: imageNameOf(repository),
        namespace: organizationOf(repository),
        owner: organizationOf(repository),
        repo_name: imageOf(event),
        repo_url: `${registry}/${repository}`,
        status: "Active",
      },
    },
  };
}

/** Keel's own, at `native`. */
function renderKeel(event: PushEvent) {
  return { content: { name: imageOf(event), tag: event.tag, digest: event.digest } };
}

/** A line that people read: `text` is for Slack and what imitates it, the rest for Feishu and Lark. */
function renderText(event: PushEvent) {
  const start = event.isTest === true ? "Test: " : "";
  const text = `${start}${imageOf(event)}:${event.tag} was pushed by ${event.user} (${event.digest})`;
  return { content: { text, msg_type: "text", content: { text } } };
}

function hostOf({ registry }: PushEvent): string {
  return new URL(registry).host;
}

function secondsOf({ at }: PushEvent): number {
  return Math.floor(Date.parse(at) / 1000);
}
