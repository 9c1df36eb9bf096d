import { createRoute, createRouter, json, z } from "../openapi.ts";
import { ProjectParams } from "./params.ts";

/**
 * Which of SWR's optional features Berth has. Scanning and the rest belong to other services of
 * Huawei's cloud.
 */
const GATES = {
  enable_authorization_token: true,
  enable_cci_service: false,
  enable_experience: false,
  enable_hss_service: false,
  enable_image_label: false,
  enable_image_quota: true,
  enable_image_scan: false,
  enable_image_sync: true,
  enable_list_v3: true,
  enable_pipeline: false,
  enable_resource: false,
  enable_sm3: false,
};

const gate = (about: string) => z.boolean().openapi({ description: about });

const FeatureGates = z
  .object({
    enable_authorization_token: gate("Login commands from `utils/authorizationtoken`."),
    enable_cci_service: gate("Triggers for Cloud Container Instance."),
    enable_experience: gate("The experience centre."),
    enable_hss_service: gate("Host Security Service."),
    enable_image_label: gate("Labels of images."),
    enable_image_quota: gate("Quotas of images: `image` of `quotas`."),
    enable_image_scan: gate("Scanning of images."),
    enable_image_sync: gate("Synchronization with other registries, which SWR calls regions."),
    enable_list_v3: gate("Lists of API v3."),
    enable_pipeline: gate("Pipelines."),
    enable_resource: gate("The image centre, as SWR's API has it."),
    enable_sm3: gate("Signatures with SM3."),
  })
  .openapi("FeatureGates");

const showShareFeatureGates = createRoute({
  method: "get",
  path: "/projects/{project_id}/feature-gates",
  operationId: "showShareFeatureGates",
  tags: ["Overview"],
  summary: "List optional features",
  request: { params: ProjectParams },
  responses: { 200: json(FeatureGates, "The parts by name.") },
});

export const featureGates = createRouter().openapi(showShareFeatureGates, (c) => c.json(GATES, 200));
