import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useLocation } from "wouter";
import { MAX_DESCRIPTION_LENGTH, MAX_IMAGE_LENGTH } from "../../../kernel/field-limits.ts";
import { CATEGORIES } from "../../../kernel/image-categories.ts";
import { ApiError, FieldError } from "../../api/client.ts";
import { type Category, useCreateImage } from "../../api/images.ts";
import { useOrganizationNames } from "../../api/organization-names.ts";
import { ComboBox, Dialog, Form, RadioGroup, Select, TextArea, TextField, toast } from "../../ui/index.ts";
import { imagePath } from "../../paths.ts";

/** What can be wrong with the two names. */
const NAME_TAKEN = "REPOSITORY_EXISTS";
const NAME_INVALID = "NAME_INVALID";
const ORGANIZATION_ERRORS = ["ORGANIZATION_UNKNOWN", "ORGANIZATION_INVALID", "DENIED"];

/** Creates an image without tags, and leads to its page. */
export function CreateImageDialog({ isOpen, onClose }: { isOpen: boolean; onClose: () => void }) {
  const { t } = useTranslation("images");
  return (
    <Dialog title={t("createTitle")} isOpen={isOpen} onClose={onClose}>
      <CreateImageForm onClose={onClose} />
    </Dialog>
  );
}

function CreateImageForm({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation(["images", "common"]);
  const [, navigate] = useLocation();
  const create = useCreateImage();
  const [organization, setOrganization] = useState("");
  const [image, setImage] = useState("");
  const [isPublic, setPublic] = useState(false);
  const [category, setCategory] = useState<Category>("other");
  const [description, setDescription] = useState("");
  const names = useOrganizationNames(organization, "edit");

  async function submit() {
    const name = { organization: organization.trim(), image: image.trim() };
    try {
      await create.mutateAsync({ ...name, isPublic, category, description });
    } catch (error) {
      const code = error instanceof ApiError ? error.code : "";
      if (code === NAME_TAKEN) throw new FieldError("image", t("nameTaken"), { cause: error });
      if (code === NAME_INVALID) throw new FieldError("image", t("nameInvalid"), { cause: error });
      if (ORGANIZATION_ERRORS.includes(code)) {
        throw new FieldError("organization", t("organizationUnknown"), { cause: error });
      }
      throw error;
    }
    onClose();
    toast(t("created", { name: `${name.organization}/${name.image}` }));
    navigate(imagePath(name));
  }

  return (
    <Form onSubmit={submit} submitLabel={t("common:create")} onCancel={onClose}>
      <ComboBox
        label={t("organization")}
        description={t("organizationRule")}
        name="organization"
        items={(names.data ?? []).map((name) => ({ id: name, label: name }))}
        inputValue={organization}
        onInputChange={setOrganization}
        onSelect={({ id }) => setOrganization(id)}
        allowsCustom
        isFiltered
        isLoading={names.isPending}
        isRequired
      />
      <TextField
        label={t("imageName")}
        description={t("imageNameRule")}
        name="image"
        value={image}
        onChange={setImage}
        maxLength={MAX_IMAGE_LENGTH}
        isRequired
        isMonospace
        autoComplete="off"
        spellCheck="false"
      />
      <RadioGroup
        label={t("visibility")}
        name="public"
        options={[
          { value: "private", label: t("common:private"), description: t("privateHint") },
          { value: "public", label: t("common:public"), description: t("publicHint") },
        ]}
        value={isPublic ? "public" : "private"}
        onChange={(value) => setPublic(value === "public")}
      />
      <Select
        label={t("categoryLabel")}
        name="category"
        options={CATEGORIES.map((value) => ({ value, label: t(`category.${value}`) }))}
        value={category}
        onChange={setCategory}
      />
      <TextArea
        label={t("description")}
        name="description"
        description={t("descriptionHint")}
        value={description}
        onChange={setDescription}
        maxLength={MAX_DESCRIPTION_LENGTH}
      />
    </Form>
  );
}
