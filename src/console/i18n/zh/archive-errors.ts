import type { ArchiveErrorCode } from "../../../client/archive/archive-error.ts";
import type en from "../en/archive-errors.ts";

const archiveErrors: typeof en = {
  "not-an-archive": "这不是镜像压缩包。请使用 `docker save -o image.tar 镜像名称:版本` 制作后再上传。",
  empty: "文件为空。请重新保存镜像后上传新文件。",
  "unsupported-compression": "不支持 {{name}} 压缩格式。请解压，或改用 gzip 或 zstd 压缩后再上传。",
  "unsupported-layer":
    "文件中的镜像层 {{path}} 使用了 {{name}} 压缩格式，此处无法解压。请用 docker 或 podman 加载后重新保存镜像，再上传新文件。",
  "no-manifest":
    "文件中没有镜像：缺少 manifest.json、index.json 和 repositories。请使用 docker save（不是 docker export）制作。",
  "no-image": "文件中没有任何镜像。请使用 `docker save -o image.tar 镜像名称:版本` 重新保存。",
  "bad-manifest": "文件已损坏：无法读取 {{path}}。请重新保存镜像。",
  "bad-config": "文件已损坏：无法读取镜像配置 {{path}}。请重新保存镜像。",
  "unsupported-schema": "{{path}} 的格式已不再使用。请使用 1.11.2 及以上版本的容器引擎重新保存镜像。",
  "bad-name":
    "“{{name}}”不能作为镜像名称。只能使用小写字母和数字，中间可用单个点、一到两个下划线或中划线，最多 128 个字符。",
  "bad-tag": "“{{name}}”不能作为镜像版本。只能使用 1 到 128 个字母、数字、下划线、点或中划线，且不能以点或中划线开头。",
  "too-large": "文件过大：含解压后不得超过 {{limit}}。更大的镜像请使用 docker 或 berth push 上传。",
  "too-many-files": "文件中的条目超过 {{count}} 个。请上传 docker save 制作的镜像压缩包。",
  "file-too-large": "文件中的 {{path}} 过大（超过 {{limit}}）。请重新保存镜像。",
  "nested-too-deeply": "文件中的镜像索引嵌套超过 {{count}} 层，无法读取 {{path}}。请单独保存其中的镜像。",
  "cut-short": "文件不完整，在中间结束。请重新复制或保存，并核对文件大小。",
  damaged: "文件已损坏。请重新复制或保存。",
  "damaged-layer": "文件已损坏：镜像层 {{path}} 与镜像不符。请重新保存镜像。",
  "missing-file": "文件不完整：缺少 {{path}}。请重新保存镜像。",
  "bad-link": "文件已损坏：链接 {{path}} 指向不存在或文件之外的位置。请重新保存镜像。",
  "same-target": "文件中有两个镜像将上传为 {{name}}，只会保留后上传的一个。请使用不同的镜像版本，或只上传其中一个。",
  sparse: "{{path}} 是稀疏文件，镜像压缩包中不会出现。请使用 docker save 重新保存镜像。",
  "source-changed": "文件在读取过程中被修改或移走。请重新选择。",
} satisfies Record<ArchiveErrorCode, string>;

export default archiveErrors;
